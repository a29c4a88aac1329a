/**
 * One command at a time may change a cluster. The kernel holds the lock, on a file beside the state directory, so a
 * killed command blocks nobody; what the file says is only for the sentence that names the holder.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { Failure } from '../failure.ts'
import { takeFileLock } from '../file-lock.ts'
import { type Cluster, stateRoot } from './state.ts'

/** A command that was killed an instant ago may need this long on a busy machine until its lock is free. */
const patienceSeconds = 1

/** Runs the work while holding the cluster's lock; fails, naming the holder, when another command has it. */
export async function withLock<Result>(
  cluster: Cluster,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const file = `${cluster.directory}.lock`
  mkdirSync(stateRoot(), { recursive: true })
  const release = await takeFileLock(file, patienceSeconds)
  if (release === undefined) {
    throw new Failure(
      `Cluster ${cluster.name} is busy: ${holderOf(file)}. Wait for it to end, or end it, and try again.`,
    )
  }
  try {
    writeFileSync(file, `"${verb}" is running as process ${process.pid}`)
    return await work()
  } finally {
    rmSync(file, { force: true })
    await release()
  }
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8') || 'another command has just started'
  } catch {
    return 'another command has just ended'
  }
}
