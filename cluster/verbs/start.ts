/**
 * `start`: starts one part again with its old command line and waits until it answers, and until the parts that need it
 * answer again. Those of them that ended by themselves (not those that were killed on purpose) are started and named.
 */
import { apiOf } from '../api.ts'
import type { Box } from '../box/box.ts'
import { waitForAnswer } from '../parts/answer.ts'
import { isAlive, launch, launchedAt, launchRelay, openRelaySocket, shouldLive } from '../parts/launch.ts'
import type { Part } from '../parts/part.ts'
import { followersOf, partsNamed } from '../parts/parts.ts'
import { withLock } from '../state/lock.ts'
import type { Cluster, ClusterRecord } from '../state/state.ts'
import { runningCluster } from './running.ts'

/** Starts the part, or all parts of the node; what runs already is left alone. */
export async function start(cluster: Cluster, name: string): Promise<void> {
  const { shape } = runningCluster(cluster).record
  const parts = partsNamed(shape, name)
  await withLock(cluster, `start ${name}`, async () => {
    const { box, record } = runningCluster(cluster)
    const dead = parts.filter((part) => !isAlive(box, part))
    if (dead.length === 0) {
      console.log(`${name} is running already.`)
      return
    }
    await startParts(box, record, dead)
    const revived: string[] = []
    for (const part of dead) revived.push(...(await reviveFollowers(box, record, part)))
    const besides = revived.length > 0 ? ` So are ${revived.join(', ')}, which had ended without it.` : ''
    console.log(`${name} is running again.${besides}`)
  })
}

/** Starts dead parts, each after those of them that it needs, and waits until each answers. */
export async function startParts(box: Box, record: ClusterRecord, parts: readonly Part[]): Promise<void> {
  for (const part of parts.filter(isRelay)) {
    const { server } = await openRelaySocket(record.port)
    await launchRelay(box, part, server)
  }
  const api = apiOf(box.cluster, record)
  let waiting = parts.filter((part) => !isRelay(part))
  while (waiting.length > 0) {
    const dead = new Set(waiting.map(({ name }) => name))
    const next = waiting.filter(({ needs = [] }) => !needs.some((name) => dead.has(name)))
    await launch(box, next)
    for (const part of next) await waitForAnswer(box, api, part)
    waiting = waiting.filter((part) => !next.includes(part))
  }
}

function isRelay(part: Part): boolean {
  return part.name === 'relay'
}

/** Names of the followers that had to be started; returns when all of them that live answer again. */
async function reviveFollowers(box: Box, record: ClusterRecord, part: Part): Promise<readonly string[]> {
  const since = launchedAt(box.cluster, part)
  const revived: string[] = []
  for (const follower of followersOf(record.shape, part)) {
    if (!shouldLive(box.cluster, follower)) continue
    if (isAlive(box, follower)) {
      // While the API server was away long, the node counted as lost: it must be heard of again.
      await waitForAnswer(box, apiOf(box.cluster, record), follower, since)
    } else {
      await startParts(box, record, [follower])
      revived.push(follower.name)
    }
  }
  return revived
}
