/**
 * Who may speak to the API server and with which token, and the kubeconfig files made from that. Tokens are random for
 * each cluster. Every part has a user name of its own, so that the audit log tells their requests apart.
 */
import { randomBytes } from 'node:crypto'

/** A user known to the API server by a token. */
export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
  readonly token: string
}

/** The identity of each part that needs one, and of the administrator. */
export type Identities = Readonly<Record<Holder, Identity>>

type Holder = 'admin' | 'controller-manager' | 'scheduler' | 'kubelet' | 'proxy' | 'dns' | 'storage'

const MASTERS = ['system:masters']

/** Fresh identities; the administrator keeps the given token, so that the record and the files agree. */
export function makeIdentities(adminToken: string): Identities {
  return {
    admin: { user: 'admin', groups: MASTERS, token: adminToken },
    'controller-manager': fresh('system:kube-controller-manager', []),
    scheduler: fresh('system:kube-scheduler', []),
    kubelet: fresh('system:node:n1', ['system:nodes']),
    proxy: fresh('system:kube-proxy', []),
    dns: fresh('cluster:coredns', MASTERS),
    storage: fresh('cluster:storage', MASTERS),
  }
}

function fresh(user: string, groups: readonly string[]): Identity {
  return { user, groups, token: newToken() }
}

/** A token that nobody can guess. */
export function newToken(): string {
  return randomBytes(24).toString('hex')
}

/** The API server's --token-auth-file. */
export function tokenFile(identities: Identities): string {
  return Object.values(identities)
    .map(({ user, groups, token }, index) => `${token},${user},u${index},"${groups.join(',')}"\n`)
    .join('')
}

/** A kubeconfig (JSON, which is YAML) with one cluster, one user and one context named after the cluster. */
export function kubeconfig(name: string, server: string, authority: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
