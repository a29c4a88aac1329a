/** Rollbacks that restore, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { deployed, patience, rollOut, type Turn } from '../harness/crash/story.ts'
import { command } from '../harness/redis.ts'
import { atRestOn, canaryActive } from '../harness/rollout.ts'
import type { Space } from '../harness/space.ts'

const volumes = { snapshot: { policy: 'Required' } } as const

killedAfterEachWriteAlone({
  title: 'a restore of one replica',
  available: 1,
  restores: true,
  begin: deployed({ replicas: 2, volumes }),
  play: (space, turn) => revertAfterWriting(space, turn, ['redis-canary-1']),
})

killedAfterEveryWrite({
  title: 'a restore of three replicas of four',
  available: 1,
  restores: true,
  begin: deployed({ replicas: 4, canaryReplicas: 3, volumes }),
  play: (space, turn) =>
    revertAfterWriting(space, turn, ['redis-canary-1', 'redis-canary-2', 'redis-canary-3']),
})

async function revertAfterWriting(space: Space, turn: Turn, canaries: readonly string[]): Promise<void> {
  const revert = await rollOut(space, turn)
  await canaryActive(space, turn.to, patience)
  const pods = space.seen.pods().filter(({ metadata }) => canaries.includes(metadata.name))
  await Promise.all(pods.map((pod) => command(pod, 'SET', 'later', 'yes')))
  await revert()
  await atRestOn(space, turn.from, patience)
}
