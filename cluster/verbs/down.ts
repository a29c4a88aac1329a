/**
 * `down`: ends the cluster and removes everything it had: processes, mounts and namespaces with the box, control groups,
 * the state directory. Works from what it finds on the machine, so a half-made cluster goes as completely as a whole one.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { endBox } from '../box/box.ts'
import { removeControlGroups } from '../box/cgroups.ts'
import { waitFor } from '../box/wait.ts'
import { withLock } from '../state/lock.ts'
import type { Cluster } from '../state/state.ts'

/** Options of `down`. */
export interface DownOptions {
  /** Keeps the logs in the state directory, for looking into what happened. */
  readonly keepLogs: boolean
}

/** Ends and removes the cluster; does nothing when there is none. */
export async function down(cluster: Cluster, options: DownOptions): Promise<void> {
  const start = performance.now()
  await withLock(cluster, 'down', () => removeCluster(cluster, options))
  const seconds = ((performance.now() - start) / 1000).toFixed(2)
  console.log(`Cluster ${cluster.name} is gone (${seconds} s).`)
}

/** The same without lock and words, for `up`, which has the lock already. */
export async function removeCluster(
  cluster: Cluster,
  options: DownOptions = { keepLogs: false },
): Promise<void> {
  await endBox(cluster)
  await waitFor({
    what: `Removal of the control groups ${cluster.controlGroup}`,
    seconds: 10,
    check: () => removeControlGroups(cluster.controlGroup),
    advice: `See which process is still in /sys/fs/cgroup/*/${cluster.controlGroup} and run down again.`,
  })
  if (options.keepLogs) keepOnlyLogs(cluster)
  else rmSync(cluster.directory, { recursive: true, force: true })
}

function keepOnlyLogs(cluster: Cluster): void {
  const aside = `${cluster.directory}.logs`
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(join(cluster.directory, 'logs'), { recursive: true })
  renameSync(join(cluster.directory, 'logs'), aside)
  rmSync(cluster.directory, { recursive: true, force: true })
  mkdirSync(cluster.directory, { mode: 0o700 })
  renameSync(aside, join(cluster.directory, 'logs'))
}
