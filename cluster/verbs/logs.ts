/**
 * `logs`: prints what a part wrote, and with -f what it goes on to write. Works for dead parts and after
 * `down --keep-logs` too. `audit` (the API server's audit log) and `box` are there as well.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../prerequisites.ts'
import { Failure } from '../failure.ts'
import { type Cluster, logFile } from '../state/state.ts'

/** Becomes `tail` on the part's log; returns only by failing. */
export function logs(
  cluster: Cluster,
  part: string | undefined,
  options: { readonly follow: boolean },
): never {
  if (part === undefined || !existsSync(logFile(cluster, part))) {
    throw new Failure(`There is no log of "${part ?? ''}" in cluster ${cluster.name}. ${available(cluster)}`)
  }
  const flags = options.follow ? ['-n', '+1', '-F'] : ['-n', '+1']
  process.execve?.(findProgram('tail'), ['tail', ...flags, logFile(cluster, part)], { ...process.env })
  throw new Failure('This Node.js cannot replace its process: use Node.js 24 (make toolchain).')
}

function available(cluster: Cluster): string {
  const directory = join(cluster.directory, 'logs')
  const names = existsSync(directory) ? readdirSync(directory).map((file) => file.replace(/\.log$/, '')) : []
  return names.length > 0 ? `There are: ${names.join(', ')}.` : `Start it with: up --name ${cluster.name}`
}
