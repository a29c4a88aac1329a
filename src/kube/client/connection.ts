/**
 * Finds the API server and proves who we are: from a kubeconfig, or in a pod from its service account. Sends nothing.
 */
import { access, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { type Clock, systemClock } from '../clock.ts'
import { ConnectionConfigError, readKubeconfig } from './kubeconfig.ts'

export interface ConnectionTls extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

export interface Connection {
  readonly server: URL
  readonly tls: ConnectionTls
  /** The namespace of the context or of the pod, if it names one. */
  readonly namespace?: string | undefined
  /** The current bearer token; tokens from files are read again when older than 60 s, as they are rotated there. */
  token(): Promise<string | undefined>
}

export interface ConnectOptions {
  /** Path of a kubeconfig; goes before everything else. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  /** Where a pod finds its service account. */
  readonly serviceAccountDirectory?: string
}

const tokenMaxAgeMs = 60_000

/**
 * Looks in this order: the given kubeconfig, `$KUBECONFIG`, the service account of the pod, `~/.kube/config`. Throws a
 * ConnectionConfigError in words when there is none or it cannot be used.
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const { env = process.env, serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount' } =
    options
  const clock = options.clock ?? systemClock
  const kubeconfig = options.kubeconfig ?? onlyPath(env['KUBECONFIG'])
  if (kubeconfig) return fromKubeconfig(kubeconfig, options.context, clock)
  if (env['KUBERNETES_SERVICE_HOST'] && (await exists(join(serviceAccountDirectory, 'token')))) {
    return fromServiceAccount(serviceAccountDirectory, env, clock)
  }
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config')
  if (await exists(home)) return fromKubeconfig(home, options.context, clock)
  throw new ConnectionConfigError(
    `No cluster to talk to: there is no --kubeconfig, no KUBECONFIG, no service account and no ${home}; pass one of them.`,
  )
}

function onlyPath(variable: string | undefined): string | undefined {
  const paths = variable?.split(delimiter).filter((path) => path !== '') ?? []
  if (paths.length > 1) {
    throw new ConnectionConfigError(
      `KUBECONFIG lists ${paths.length} files, and they are not merged; name the one to use, e.g. with --kubeconfig.`,
    )
  }
  return paths[0]
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function fromKubeconfig(path: string, context: string | undefined, clock: Clock): Promise<Connection> {
  const found = await readKubeconfig(path, context)
  const fileToken = found.tokenFile === undefined ? undefined : createTokenFile(found.tokenFile, clock)
  return {
    server: serverUrl(found.server, path),
    namespace: found.namespace,
    tls: {
      ...(found.ca !== undefined && { ca: found.ca }),
      ...(found.cert !== undefined && { cert: found.cert }),
      ...(found.key !== undefined && { key: found.key }),
      ...(found.serverName !== undefined && { servername: found.serverName }),
      rejectUnauthorized: !found.insecure,
    },
    token: fileToken ?? (async () => found.token),
  }
}

async function fromServiceAccount(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const [ca, namespace] = await Promise.all([
    readFile(join(directory, 'ca.crt'), 'utf8'),
    readFile(join(directory, 'namespace'), 'utf8').catch(() => undefined),
  ])
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: namespace?.trim(),
    tls: { ca, rejectUnauthorized: true },
    token: createTokenFile(join(directory, 'token'), clock),
  }
}

function serverUrl(server: string, path: string): URL {
  if (URL.canParse(server) && /^https?:/.test(server)) return new URL(server)
  throw new ConnectionConfigError(`${path}: the server "${server}" is not a https:// address.`)
}

/**
 * Reads a token file at most once a minute. While the file cannot be read (it is being replaced), the last token is
 * kept: the server decides whether it is still good.
 */
function createTokenFile(path: string, clock: Clock): () => Promise<string> {
  let read: { readonly at: number; readonly token: Promise<string> } | undefined
  return async () => {
    if (read && clock.monotonic() - read.at < tokenMaxAgeMs) return read.token
    const last = read?.token
    const token = readFile(path, 'utf8').then(
      (content) => content.trim(),
      (error: unknown) => {
        if (last) return last
        read = undefined
        throw new ConnectionConfigError(`The token file ${path} cannot be read: ${String(error)}`, error)
      },
    )
    read = { at: clock.monotonic(), token }
    return token
  }
}
