/**
 * Logging in by a provider of a kubeconfig (`auth-provider`: OIDC, ...), by `KubeConfig` of @kubernetes/client-node. It
 * weighs more than the rest of this process, so it is loaded when a user needs it; and it sends no request to the API
 * server.
 */
import type { RequestOptions } from 'node:https'
import { ConnectionConfigError } from '../connection-config-error.ts'
import type { LoginCredentials } from './exec.ts'
import type { Fields, KubeconfigChoice } from './files.ts'

/** Asks the provider at each call; it renews what has expired. Throws a ConnectionConfigError. */
export async function providerLogin(
  { files, context, server }: KubeconfigChoice,
  provider: Fields,
): Promise<() => Promise<LoginCredentials>> {
  const config = await kubeConfigFor(server, { 'auth-provider': provider })
  return async () => {
    try {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      return credentialsIn(options)
    } catch (error) {
      throw new ConnectionConfigError(
        `${files}: logging in with the provider "${String(provider['name'])}" of context "${context}" failed: ${firstLine(error)}.`,
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
      'Logging in with a provider needs the package @kubernetes/client-node, which cannot be loaded here; ' +
        `use a context with a certificate, a token or an exec plugin. (${firstLine(error)})`,
      error,
    )
  }
}

function credentialsIn({ headers }: RequestOptions): LoginCredentials {
  const { Authorization: authorization } = (headers ?? {}) as { readonly Authorization?: string }
  if (!authorization) throw new Error('it gave no token; log in again')
  return { authorization: authorization.trim() }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n')
  return line || 'it gave no reason'
}
