/**
 * The connection of a pod, from the service account that Kubernetes mounts into it. Read here with nothing but
 * node:fs, so that a process in a cluster loads no library for it.
 */
import { readFile as readFileWithCallback } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../clock.ts'
import type { Connection } from './connection.ts'
import { ConnectionConfigError } from './connection-config-error.ts'
import { createCredentialSource } from './credentials.ts'
import { type Environment, proxyFor } from './proxy.ts'

/** `node:fs/promises` would bring modules of 0.75 MB that nothing else in a pod needs. */
const readFile = promisify(readFileWithCallback)

/** As often as client-go looks: the kubelet replaces a token when a fifth of its life, at least two minutes, is left. */
const maxAgeMs = 60_000

/** Token and CA are read again when older than 60 s, or when the server did not accept them. */
export async function serviceAccountConnection(
  directory: string,
  env: Environment,
  clock: Clock,
): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const namespace = await readFile(join(directory, 'namespace'), 'utf8').catch(() => undefined)
  const source = createCredentialSource(
    async () => {
      const [token, ca] = await Promise.all([readText(directory, 'token'), readText(directory, 'ca.crt')])
      return { headers: { authorization: `Bearer ${token}` }, tls: { ca, rejectUnauthorized: true } }
    },
    { clock, maxAgeMs },
  )
  await source.credentials()
  return { server, namespace: namespace?.trim(), proxy: proxyFor(server, env), ...source }
}

async function readText(directory: string, name: string): Promise<string> {
  const path = join(directory, name)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConnectionConfigError(
      `The service account's ${path} cannot be read: ${String(error)}; does the pod mount its service account token?`,
      error,
    )
  })
  if (text.trim() === '') throw new ConnectionConfigError(`The service account's ${path} is empty.`)
  return text.trim()
}
