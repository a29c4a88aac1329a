/**
 * `kill`: ends one part with SIGKILL and leaves it dead, as a crash would, until `start` or `up`.
 */
import { killPart } from '../parts/launch.ts'
import { partNamed } from '../parts/parts.ts'
import { withLock } from '../state/lock.ts'
import type { Cluster } from '../state/state.ts'
import { runningCluster } from './running.ts'

/** Kills the part; one that is dead already stays so. */
export async function kill(cluster: Cluster, name: string): Promise<void> {
  const part = partNamed(name)
  await withLock(cluster, `kill ${name}`, async () => {
    const killed = await killPart(runningCluster(cluster).box, part)
    console.log(killed ? `${name} is killed.` : `${name} was not running.`)
  })
}
