/**
 * `kill`: ends one part with SIGKILL and leaves it dead, as a crash would, until `start` or `up`. The name of a real
 * node means the whole node, as when a machine loses its power: its parts and every process of its pods.
 */
import { join } from 'node:path'

import { type Box, killProcess } from '../box/box.ts'
import { processesBelow } from '../box/cgroups.ts'
import { startTime } from '../box/processes.ts'
import { waitFor } from '../box/wait.ts'
import { nodeControlGroup, type RealNode, realNodes } from '../nodes.ts'
import { killPart } from '../parts/launch.ts'
import { partsNamed } from '../parts/parts.ts'
import { withLock } from '../state/lock.ts'
import type { Cluster } from '../state/state.ts'
import { runningCluster } from './running.ts'

/** Kills the part or the node; what is dead already stays so. */
export async function kill(cluster: Cluster, name: string): Promise<void> {
  const { shape } = runningCluster(cluster).record
  const parts = partsNamed(shape, name)
  const node = realNodes(shape).find((candidate) => candidate.name === name)
  await withLock(cluster, `kill ${name}`, async () => {
    const { box } = runningCluster(cluster)
    let killed = false
    for (const part of parts) killed = (await killPart(box, part)) || killed
    if (node !== undefined) await endPods(box, node)
    console.log(killed ? `${name} is killed.` : `${name} was not running.`)
  })
}

/** With kubelet and containerd dead nothing starts a container again. */
async function endPods({ cluster }: Box, node: RealNode): Promise<void> {
  const group = join(nodeControlGroup(cluster, node), 'kubepods')
  await waitFor({
    what: `The end of the pods of ${node.name}`,
    seconds: 10,
    check: () => {
      const left = processesBelow(group).filter((pid) => startTime(pid) !== undefined)
      for (const pid of left) killProcess(pid)
      return left.length === 0
    },
    advice: `See which processes are in /sys/fs/cgroup/*/${group}.`,
  })
}
