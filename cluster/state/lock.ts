/**
 * One command at a time may change a cluster. The lock is a file beside the state directory that names its holder; the
 * lock of a process that is gone is worth nothing, so a killed command blocks nobody.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { startTime } from '../box/processes.ts'
import { Failure } from '../failure.ts'
import { type Cluster, stateRoot } from './state.ts'

/** Runs the work while holding the cluster's lock; fails at once, naming the holder, when another command has it. */
export async function withLock<Result>(
  cluster: Cluster,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const file = `${cluster.directory}.lock`
  mkdirSync(stateRoot(), { recursive: true })
  take(file, cluster, verb)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string, cluster: Cluster, verb: string): void {
  const content = `${process.pid} ${startTime(process.pid)} ${verb}`
  while (!wroteNew(file, content)) {
    const [pid, since, other] = readHolder(file)
    if (pid !== undefined && since !== undefined && startTime(Number(pid)) === since) {
      throw new Failure(
        `Cluster ${cluster.name} is busy: "${other}" is running as process ${pid}. Wait for it to end, or end it, and try again.`,
      )
    }
    rmSync(file, { force: true })
  }
}

function wroteNew(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readHolder(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(' ')
  } catch {
    return []
  }
}
