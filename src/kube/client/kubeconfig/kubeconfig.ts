/**
 * The connection that a kubeconfig describes, with what stands in it or in files that it names: certificates, tokens,
 * passwords. Logging in by a program is in exec.ts, by a provider in provider.ts.
 */
import { readFile } from 'node:fs/promises'
import type { Connection } from '../connection.ts'
import { ConnectionConfigError } from '../connection-config-error.ts'
import { type Credentials, createCredentialSource } from '../credentials.ts'
import { impersonationHeaders } from './impersonation.ts'
import { type ExecOptions, execLogin, type LoginCredentials } from './exec.ts'
import {
  type Fields,
  isFields,
  isText,
  type KubeconfigChoice,
  type KubeconfigFiles,
  readKubeconfigFiles,
} from './files.ts'
import { providerLogin } from './provider.ts'
import { type Environment, proxyFor } from '../proxy.ts'

export interface KubeconfigOptions extends ExecOptions {
  readonly context: string | undefined
}

/** Files are looked at again so often, and a plugin's credential whether it expired. */
const maxAgeMs = 10_000

/** Credentials that the server does not accept are looked for in the kubeconfig anew. Its server stays as it was. */
export async function kubeconfigConnection(
  files: KubeconfigFiles,
  options: KubeconfigOptions,
): Promise<Connection> {
  const { context, env, clock } = options
  const choice = await readKubeconfigFiles(files, context)
  const server = serverUrl(choice)
  let login = await createLogin(choice, options)
  const source = createCredentialSource(
    async (isRejected) => {
      if (isRejected) login = await createLogin(await readKubeconfigFiles(files, context), options)
      return login()
    },
    { clock, maxAgeMs },
  )
  await source.credentials()
  return { server, namespace: choice.namespace, proxy: proxyOf(choice, server, env), ...source }
}

function serverUrl({ server, files }: KubeconfigChoice): URL {
  if (URL.canParse(server) && /^https?:/.test(server)) return new URL(server)
  throw new ConnectionConfigError(`${files}: the server "${server}" is no https:// or http:// address.`)
}

function proxyOf({ cluster, files }: KubeconfigChoice, server: URL, env: Environment): string | undefined {
  const proxy = cluster['proxy-url']
  if (!isText(proxy)) return proxyFor(server, env)
  if (URL.canParse(proxy) && /^https?:/.test(proxy)) return proxy
  throw new ConnectionConfigError(
    `${files}: the proxy-url "${proxy}" cannot be used; only http:// and https:// proxies are supported.`,
  )
}

async function createLogin(
  choice: KubeconfigChoice,
  options: ExecOptions,
): Promise<() => Promise<Credentials>> {
  const { cluster, user, files, context } = choice
  const logIn = await loginOf(choice, options)
  return async () => {
    const [ca, cert, key, written] = await Promise.all([
      pem(choice, cluster, 'certificate-authority'),
      pem(choice, user, 'client-certificate'),
      pem(choice, user, 'client-key'),
      authorizationOf(choice),
    ])
    if (cert !== undefined && key === undefined) {
      throw new ConnectionConfigError(
        `${files}: the user of context "${context}" has a client-certificate without its client-key; add that.`,
      )
    }
    const { authorization = written, tls } = (await logIn?.()) ?? {}
    const servername = cluster['tls-server-name']
    return {
      headers: { ...(authorization && { authorization }), ...impersonationHeaders(user) },
      tls: {
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
        ...tls,
        ...(isText(servername) && { servername }),
        rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
      },
    }
  }
}

async function loginOf(
  choice: KubeconfigChoice,
  options: ExecOptions,
): Promise<(() => Promise<LoginCredentials>) | undefined> {
  const { exec, 'auth-provider': provider } = choice.user
  if (isFields(exec)) return execLogin(choice, exec, options)
  return isFields(provider) ? providerLogin(choice, provider) : undefined
}

/** A token file goes before a token, as in kubectl. */
async function authorizationOf(choice: KubeconfigChoice): Promise<string | undefined> {
  const { tokenFile, token, username, password } = choice.user
  if (isText(tokenFile)) return `Bearer ${(await content(choice, 'tokenFile', tokenFile)).trim()}`
  if (isText(token)) return `Bearer ${token.trim()}`
  if (!isText(username)) return undefined
  return `Basic ${Buffer.from(`${username}:${isText(password) ? password : ''}`).toString('base64')}`
}

/** `NAME-data` (base64) goes before the file `NAME`, as in kubectl. */
async function pem(choice: KubeconfigChoice, fields: Fields, name: string): Promise<string | undefined> {
  const data = fields[`${name}-data`]
  if (isText(data)) {
    if (isBase64(data)) return Buffer.from(data, 'base64').toString('utf8')
    throw new ConnectionConfigError(
      `${choice.files}: the ${name}-data of context "${choice.context}" is no base64.`,
    )
  }
  const path = fields[name]
  return isText(path) ? content(choice, name, path) : undefined
}

/** Node takes anything, and leaves out what it does not understand. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text.replaceAll(/\s/g, ''))
}

async function content({ files }: KubeconfigChoice, name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConnectionConfigError(
      `${files} names the ${name} ${path}, which cannot be read: ${String(error)}`,
      error,
    )
  }
}
