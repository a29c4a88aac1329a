/**
 * Logging in by a program (`exec`) or a provider (`auth-provider`: OIDC, ...) of a kubeconfig, by `KubeConfig` of
 * @kubernetes/client-node. It weighs more than the rest of this process, so it is loaded when a user needs it; and it sends
 * no request to the API server. What it leaves out, and what of that is added here, is told in docs/decisions/0010.
 */
import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { ConnectionConfigError } from './connection-config-error.ts'
import type { ConnectionTls } from './credentials.ts'
import { type Fields, isFields, isText, type KubeconfigChoice } from './kubeconfig-files.ts'

export interface PluginCredentials {
  readonly authorization?: string
  readonly tls?: Pick<ConnectionTls, 'cert' | 'key'>
}

/**
 * Asks the plugin at the first call, and again when its credential has expired; one that names no time is kept for ever:
 * make a new one when the server does not accept it. Undefined for a user who needs none.
 */
export async function createPlugin(
  choice: KubeconfigChoice,
): Promise<(() => Promise<PluginCredentials>) | undefined> {
  const { files, context, server, user } = choice
  const { exec, 'auth-provider': provider } = user
  if (!isFields(exec) && !isFields(provider)) return undefined
  const config = await kubeConfigFor(server, {
    ...(isFields(provider) && { 'auth-provider': provider }),
    ...(isFields(exec) && { exec: await pluginOf(choice, exec) }),
  })
  const what = isFields(exec)
    ? `exec plugin "${String(exec['command'])}"`
    : `provider "${String((provider as Fields)['name'])}"`

  return async () => {
    try {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      return credentialsIn(options)
    } catch (error) {
      throw new ConnectionConfigError(
        `${files}: logging in with the ${what} of context "${context}" failed: ${reasonOf(error)}.`,
        error,
      )
    }
  }
}

async function kubeConfigFor(server: string, user: Fields) {
  const { KubeConfig } = await library()
  const config = new KubeConfig()
  const name = 'chosen'
  config.loadFromString(
    JSON.stringify({
      'current-context': name,
      contexts: [{ name, context: { cluster: name, user: name } }],
      // It makes an agent, which nobody uses, and refuses to for http:// unless verification is off.
      clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user }],
    }),
  )
  return config
}

/** A bundle or an image may leave it out. */
async function library() {
  try {
    return await import('@kubernetes/client-node')
  } catch (error) {
    throw new ConnectionConfigError(
      'Logging in with a plugin or a provider needs the package @kubernetes/client-node, which cannot be loaded here; ' +
        `use a context with a certificate or a token. (${reasonOf(error)})`,
      error,
    )
  }
}

function credentialsIn({ headers, cert, key }: RequestOptions): PluginCredentials {
  const { Authorization: authorization } = (headers ?? {}) as { readonly Authorization?: string }
  if (!authorization && !cert) throw new Error('it gave neither a token nor a certificate; log in again')
  return {
    ...(authorization && { authorization: authorization.trim() }),
    ...(typeof cert === 'string' && typeof key === 'string' && { tls: { cert, key } }),
  }
}

/** KubeConfig does not tell a plugin which version to speak and for which cluster; some do not work without it. */
async function pluginOf({ cluster, files, context }: KubeconfigChoice, exec: Fields): Promise<Fields> {
  if (exec['interactiveMode'] === 'Always') {
    throw new ConnectionConfigError(
      `${files}: the exec plugin of context "${context}" wants to ask a person; use a context with a certificate or a token.`,
    )
  }
  const isToldCluster = exec['provideClusterInfo'] === true
  const told = {
    kind: 'ExecCredential',
    apiVersion: exec['apiVersion'],
    spec: { interactive: false, ...(isToldCluster && { cluster: await infoOf(cluster) }) },
  }
  const env = Array.isArray(exec['env']) ? (exec['env'] as readonly unknown[]) : []
  return { ...exec, env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(told) }] }
}

async function infoOf(cluster: Fields): Promise<Fields> {
  const { extensions, 'certificate-authority': path, ...rest } = cluster
  const data =
    rest['certificate-authority-data'] ?? (isText(path) ? await readFile(path, 'base64') : undefined)
  const named = Array.isArray(extensions) ? extensions.filter(isFields<unknown>) : []
  const own = named.find(({ name }) => name === 'client.authentication.k8s.io/exec')
  return { ...rest, 'certificate-authority-data': data, config: own?.['extension'] }
}

/**
 * One line. Of an answer that is no ExecCredential KubeConfig knows only that it cannot be parsed, quoting it, or that
 * something in it is undefined.
 */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof SyntaxError)
    return 'it gave nothing that is a credential'
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n')
  return line || 'it gave no reason'
}
