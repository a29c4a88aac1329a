/**
 * Reads the part of a kubeconfig that a plain client needs: the current context's server, CA and client certificate or
 * token. Credential plugins, proxies and merging of several files are refused in words rather than half done.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'

/** The configuration cannot be used; the message says what to change. */
export class ConnectionConfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ConnectionConfigError'
  }
}

export interface KubeconfigContext {
  readonly server: string
  readonly namespace?: string | undefined
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
  readonly insecure: boolean
  readonly serverName?: string | undefined
}

interface Named {
  readonly name?: string
}
type Fields = Readonly<Record<string, unknown>>
interface KubeconfigFile {
  readonly 'current-context'?: string
  readonly clusters?: readonly (Named & { readonly cluster?: Fields })[]
  readonly contexts?: readonly (Named & { readonly context?: Fields })[]
  readonly users?: readonly (Named & { readonly user?: Fields })[]
}

const unsupportedUserFields = [
  'exec',
  'auth-provider',
  'username',
  'password',
  'as',
  'as-uid',
  'as-groups',
] as const

/** Reads one file; `context` overrides its current-context. */
export async function readKubeconfig(path: string, context?: string): Promise<KubeconfigContext> {
  const file = await parseFile(path)
  const contextName = context ?? file['current-context']
  if (!contextName)
    throw new ConnectionConfigError(
      `${path} has no current-context; set one with "kubectl config use-context NAME".`,
    )
  const chosen = file.contexts?.find(({ name }) => name === contextName)?.context
  if (!chosen)
    throw new ConnectionConfigError(
      `${path} has no context "${contextName}"; "kubectl config get-contexts" lists them.`,
    )
  const cluster = file.clusters?.find(({ name }) => name === chosen['cluster'])?.cluster
  if (!cluster)
    throw new ConnectionConfigError(
      `${path}: context "${contextName}" names a cluster that the file does not describe.`,
    )
  const user = file.users?.find(({ name }) => name === chosen['user'])?.user ?? {}
  refuseUnsupported(path, contextName, user)
  const server = text(cluster, 'server')
  if (!server)
    throw new ConnectionConfigError(`${path}: the cluster of context "${contextName}" has no server.`)
  const directory = dirname(path)
  return {
    server,
    namespace: text(chosen, 'namespace'),
    ca: await pem(directory, cluster, 'certificate-authority'),
    cert: await pem(directory, user, 'client-certificate'),
    key: await pem(directory, user, 'client-key'),
    token: text(user, 'token'),
    tokenFile: absolute(directory, text(user, 'tokenFile')),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    serverName: text(cluster, 'tls-server-name'),
  }
}

async function parseFile(path: string): Promise<KubeconfigFile> {
  try {
    const parsed: unknown = parse(await readFile(path, 'utf8'))
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch (error) {
    throw new ConnectionConfigError(`The kubeconfig ${path} cannot be read: ${String(error)}`, error)
  }
  throw new ConnectionConfigError(`The kubeconfig ${path} is empty.`)
}

function refuseUnsupported(path: string, contextName: string, user: Fields): void {
  const found = unsupportedUserFields.find((field) => user[field] !== undefined)
  if (!found) return
  throw new ConnectionConfigError(
    `${path}: the user of context "${contextName}" logs in by "${found}", which is not supported yet; ` +
      'use a context with a client certificate or a token (e.g. "kubectl create token").',
  )
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function absolute(directory: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(directory, path)
}

/** `NAME-data` (base64) goes before `NAME` (a path, relative to the kubeconfig), as in kubectl. */
async function pem(directory: string, fields: Fields, name: string): Promise<string | undefined> {
  const data = text(fields, `${name}-data`)
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const path = absolute(directory, text(fields, name))
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConnectionConfigError(
      `The kubeconfig names ${name} ${path}, which cannot be read: ${String(error)}`,
      error,
    )
  }
}
