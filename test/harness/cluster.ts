/**
 * The way to the cluster under test, as its administrator. Tests run inside of the cluster's network, so pods and
 * ClusterIPs are reachable too (cluster/README.md, `exec`).
 */
import { join } from 'node:path'
import { createRest, type Rest } from '../../src/kube/client/rest.ts'
import { connect, type Connection } from '../../src/kube/client/connection.ts'
import { createTransport } from '../../src/kube/client/transport.ts'

export interface TestCluster {
  readonly connection: Connection
  readonly rest: Rest
  close(): void
}

export const repository = join(import.meta.dirname, '..', '..')

/** Name of the cluster that we are in. */
export function clusterName(): string {
  return process.env['CLUSTER_NAME'] ?? 'canary'
}

/** Connects by KUBECONFIG, which `node cluster/main.ts exec` sets. */
export async function connectToCluster(): Promise<TestCluster> {
  if (process.env['KUBECONFIG'] === undefined) {
    throw new Error(
      'These tests run inside of a test cluster: make cluster, then node cluster/main.ts exec -- npx vitest run --project cluster',
    )
  }
  const connection = await connect()
  const transport = createTransport(connection, { userAgent: 'cluster-tests' })
  return { connection, rest: createRest(transport), close: () => transport.close() }
}
