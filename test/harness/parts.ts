/**
 * Kills parts of the cluster under test and starts them again. Only for serial tests: everybody else is hurt too.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { clusterName, repository } from './cluster.ts'

export type Part = 'kube-apiserver' | 'etcd'

/** SIGKILL; the part stays dead until it is started. */
export async function killPart(part: Part): Promise<void> {
  await run('kill', part)
}

/** Starts the part and returns when it and those that need it answer again. */
export async function startPart(part: Part): Promise<void> {
  await run('start', part)
}

/** The command asks the API server from outside of the cluster's network, where the tests are: it is run there. */
async function run(verb: 'kill' | 'start', part: Part): Promise<void> {
  const command = [process.execPath, 'cluster/main.ts', verb, part, '--name', clusterName()]
  await promisify(execFile)('nsenter', ['--target', '1', '--net', '--', ...command], { cwd: repository })
}
