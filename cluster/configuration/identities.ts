/**
 * Who may speak to the API server and with which token, and the kubeconfig files made from that. Tokens are random for
 * each cluster. Every part has a user name of its own, so that the audit log tells their requests apart.
 */
import { randomBytes } from 'node:crypto'

import { realNodes } from '../nodes.ts'
import type { Shape } from '../shape.ts'

/** A user known to the API server by a token. */
export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
  readonly token: string
}

/** Identities by the name of their kubeconfig, which is that of the part that has it, shortened. */
export type Identities = Readonly<Record<string, Identity>>

const MASTERS = ['system:masters']
const NODES = ['system:nodes']

/** Fresh identities; the administrator keeps the given token, so that the record and the files agree. */
export function makeIdentities(adminToken: string, shape: Shape): Identities {
  return {
    admin: { user: 'admin', groups: MASTERS, token: adminToken },
    'controller-manager': fresh('system:kube-controller-manager', []),
    scheduler: fresh('system:kube-scheduler', []),
    storage: fresh('cluster:storage', MASTERS),
    ...(shape.kind === 'fake' ? forFakeNodes() : forRealNodes(shape)),
  }
}

function forFakeNodes(): Identities {
  // Counted among the nodes, so that the audit log leaves its heartbeats out as it does those of kubelets.
  return { kwok: fresh('cluster:kwok', [...MASTERS, ...NODES]) }
}

function forRealNodes(shape: Shape): Identities {
  const kubelets = realNodes(shape).map(({ name, mark }) => [
    `kubelet${mark}`,
    fresh(`system:node:${name}`, NODES),
  ])
  return {
    proxy: fresh('system:kube-proxy', []),
    coredns: fresh('cluster:coredns', MASTERS),
    ...Object.fromEntries(kubelets),
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
