/**
 * Kills parts of the cluster under test and starts them again. Only for serial tests: everybody else is hurt too.
 */
import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { clusterName, repository } from './cluster.ts'
import { parentField, statOf } from './process-stat.ts'

export type Part =
  | 'kube-apiserver'
  | 'etcd'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet@n2'
  | 'n2'

/** SIGKILL; the part stays dead until it is started. */
export async function killPart(part: Part): Promise<void> {
  await run('kill', part)
}

/** Starts the part and returns when it and those that need it answer again. */
export async function startPart(part: Part): Promise<void> {
  await run('start', part)
}

/**
 * Starts the API server, and its clients anew. Left to themselves these would go on after up to a minute of back-off,
 * or end for good (the scheduler does where its cache was overtaken); in production something starts them again.
 */
export async function startApiServer(): Promise<void> {
  await startPart('kube-apiserver')
  for (const client of ['kube-controller-manager', 'kube-scheduler'] as const) {
    await killPart(client)
    await startPart(client)
  }
}

/** The command asks the API server from the machine's own network, and we are in the cluster's: it is run there. */
async function run(verb: 'kill' | 'start', part: Part): Promise<void> {
  const command = [process.execPath, 'cluster/main.ts', verb, part, '--name', clusterName()]
  await promisify(execFile)('nsenter', [`--net=${outerNetwork()}`, '--', ...command], { cwd: repository })
}

/** The network of the nearest ancestor that is not in ours: whoever called `node cluster/main.ts exec`. */
function outerNetwork(): string {
  const ours = readlinkSync('/proc/self/ns/net')
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const network = `/proc/${pid}/ns/net`
    if (readlinkSync(network) !== ours) return network
  }
  throw new Error(
    'no process above us is outside of the cluster network: run the tests by `make test-cluster`',
  )
}

function parentOf(pid: number): number {
  return Number(statOf(pid)?.[parentField] ?? 0)
}
