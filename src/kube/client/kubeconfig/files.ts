/**
 * Finds cluster and user in kubeconfig files: merging and relative paths as kubectl does them, and what is missing said
 * in words. What the user's fields mean, and logging in with them, is in kubeconfig.ts.
 */
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { ConnectionConfigError } from '../connection-config-error.ts'

/** Fields as the file has them. */
export type Fields = Readonly<Record<string, unknown>>

export interface KubeconfigChoice {
  /** The files that were read, as one text for messages. */
  readonly files: string
  readonly context: string
  readonly namespace: string | undefined
  readonly server: string
  readonly cluster: Fields
  /** Empty where the context names no user. */
  readonly user: Fields
}

export interface KubeconfigFiles {
  readonly paths: readonly string[]
  /** Whether a file may be absent, as kubectl allows for those in KUBECONFIG as long as there is one. */
  readonly mayBeAbsent: boolean
}

interface Entry {
  readonly name?: unknown
}
interface Kubeconfig {
  readonly 'current-context'?: unknown
  readonly clusters?: readonly (Entry & { readonly cluster?: Fields })[]
  readonly contexts?: readonly (Entry & { readonly context?: Fields })[]
  readonly users?: readonly (Entry & { readonly user?: Fields })[]
}

/** Of several files the first that has an entry wins, for `current-context` too. `context` overrides that. */
export async function readKubeconfigFiles(
  { paths, mayBeAbsent }: KubeconfigFiles,
  context: string | undefined,
): Promise<KubeconfigChoice> {
  const found = await Promise.all(paths.map((path) => parseFile(path, mayBeAbsent)))
  const all = found.filter((file) => file !== undefined)
  const files = paths.join(', ')
  if (all.length === 0) throw new ConnectionConfigError(`None of the kubeconfigs ${files} exists.`)
  const name = context ?? all.map((file) => file['current-context']).find(isText)
  if (name === undefined)
    throw new ConnectionConfigError(
      `${files} has no current-context; set one with "kubectl config use-context NAME".`,
    )
  const chosen = entry(
    all.flatMap(({ contexts }) => list(contexts)),
    name,
  )?.context
  if (!isFields(chosen))
    throw new ConnectionConfigError(
      `${files} has no context "${name}"; "kubectl config get-contexts" lists them.`,
    )
  const cluster = entry(
    all.flatMap(({ clusters }) => list(clusters)),
    chosen['cluster'],
  )?.cluster
  if (!isFields(cluster))
    throw new ConnectionConfigError(`${files}: context "${name}" names a cluster that is not described.`)
  const user = entry(
    all.flatMap(({ users }) => list(users)),
    chosen['user'],
  )
  if (isText(chosen['user']) && !user)
    throw new ConnectionConfigError(
      `${files}: context "${name}" names the user "${chosen['user']}", who is not described.`,
    )
  const { server } = cluster
  const { namespace } = chosen
  if (!isText(server))
    throw new ConnectionConfigError(`${files}: the cluster of context "${name}" has no server.`)
  return {
    files,
    context: name,
    namespace: isText(namespace) ? namespace : undefined,
    server,
    cluster,
    user: isFields(user?.user) ? user.user : {},
  }
}

/** An empty file counts as an absent one. The parser is loaded when there is something to parse. */
async function parseFile(path: string, mayBeAbsent: boolean): Promise<Kubeconfig | undefined> {
  let parsed: unknown
  try {
    const [{ load }, text] = await Promise.all([import('js-yaml'), readFile(path, 'utf8')])
    parsed = text.trim() === '' ? undefined : load(text)
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new ConnectionConfigError(`The kubeconfig ${path} cannot be read: ${reason}.`, error)
  }
  if ((parsed === undefined || parsed === null) && mayBeAbsent) return undefined
  if (parsed === undefined || parsed === null)
    throw new ConnectionConfigError(`The kubeconfig ${path} is empty.`)
  if (!isFields(parsed)) throw new ConnectionConfigError(`The kubeconfig ${path} is no mapping of fields.`)
  return withAbsolutePaths(parsed, dirname(resolve(path)))
}

function withAbsolutePaths(file: Kubeconfig, directory: string): Kubeconfig {
  return {
    ...file,
    clusters: list(file.clusters).map((one) => ({
      ...one,
      cluster: absolute(one.cluster, directory, ['certificate-authority']),
    })),
    users: list(file.users).map((one) => {
      const user = absolute(one.user, directory, ['client-certificate', 'client-key', 'tokenFile'])
      const { exec } = user
      // A bare command is looked up in PATH; one with a slash belongs to the file.
      const command = isFields(exec) && isText(exec['command']) && exec['command'].includes('/')
      return { ...one, user: command ? { ...user, exec: absolute(exec, directory, ['command']) } : user }
    }),
  }
}

function absolute(fields: unknown, directory: string, names: readonly string[]): Fields {
  if (!isFields(fields)) return {}
  const paths = names.flatMap((name) => {
    const path = fields[name]
    return isText(path) && !isAbsolute(path) ? [[name, resolve(directory, path)]] : []
  })
  return { ...fields, ...Object.fromEntries(paths) }
}

function entry<T extends Entry>(entries: readonly T[], name: unknown): T | undefined {
  return entries.find((one) => isText(name) && one.name === name)
}

function list<T extends object>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isFields<T>(value: T): value is T & Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
