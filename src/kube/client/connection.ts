/**
 * Finds the API server and our credentials for it: a kubeconfig (kubeconfig/), or in a pod its service account
 * (service-account.ts). Sends nothing.
 */
import { access } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { ConnectionConfigError } from './connection-config-error.ts'
import type { CredentialSource } from './credentials.ts'
import type { KubeconfigFiles } from './kubeconfig/files.ts'
import type { Environment } from './proxy.ts'
import { serviceAccountConnection } from './service-account.ts'

export interface Connection extends CredentialSource {
  readonly server: URL
  /** The namespace of the context or of the pod, if it names one. */
  readonly namespace?: string | undefined
  /** URL of the HTTP proxy through which the server is reached. */
  readonly proxy?: string | undefined
}

export interface ConnectOptions {
  /** Path of a kubeconfig; goes before everything else. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly env?: Environment
  readonly clock?: Clock
  /** Ends a login that is under way, now or later. */
  readonly signal?: AbortSignal
  /** Where a pod finds its service account. */
  readonly serviceAccountDirectory?: string
}

/**
 * Looks in this order: the given kubeconfig, `$KUBECONFIG`, the service account of the pod, `~/.kube/config`. Throws a
 * ConnectionConfigError in words when there is none or it cannot be used; the first credentials are read here already.
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const { env = process.env, serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount' } =
    options
  const { context, clock = systemClock, signal } = options
  // Loaded lazily: a process in a cluster never reads one, and need not hold the code.
  async function byKubeconfig(files: KubeconfigFiles): Promise<Connection> {
    const { kubeconfigConnection } = await import('./kubeconfig/kubeconfig.ts')
    return kubeconfigConnection(files, { context, env, clock, signal })
  }
  if (options.kubeconfig) return byKubeconfig({ paths: [options.kubeconfig], mayBeAbsent: false })
  const paths = env['KUBECONFIG']?.split(delimiter).filter((path) => path !== '') ?? []
  if (paths.length > 0) return byKubeconfig({ paths, mayBeAbsent: true })
  if (env['KUBERNETES_SERVICE_HOST'] && (await exists(join(serviceAccountDirectory, 'token')))) {
    return serviceAccountConnection(serviceAccountDirectory, env, clock)
  }
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config')
  if (await exists(home)) return byKubeconfig({ paths: [home], mayBeAbsent: false })
  throw new ConnectionConfigError(
    `No cluster to talk to: there is no --kubeconfig, no KUBECONFIG, no service account and no ${home}; pass one of them.`,
  )
}

function exists(path: string): Promise<boolean> {
  return new Promise((resolve) => access(path, (error) => resolve(error === null)))
}
