/** Rollbacks that restore, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { approved, deployed, patience, rollOut, type Turn } from '../harness/crash/story.ts'
import { imageOf, isReady, type Pod } from '../harness/objects.ts'
import { command } from '../harness/redis.ts'
import { atRestOn, canaryActive, promote } from '../harness/rollout.ts'
import type { Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

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

killedAfterEveryWrite({
  title: 'a promotion with snapshots',
  available: 2,
  begin: deployed({ replicas: 3, volumes }),
  play: async (space, turn) => {
    await rollOut(space, turn)
    await approved(space, turn.to)
  },
})

killedAfterEveryWrite({
  title: 'a promotion that is taken back when it has reached two replicas of three',
  available: 2,
  restores: true,
  begin: deployed({ replicas: 3, volumes }),
  play: async (space, turn) => {
    const revert = await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await promote(space)
    await until(
      space,
      'two replicas run the new version',
      ({ pod }) => [1, 2].every((ordinal) => runs(pod(`redis-stable-${ordinal}`), turn)),
      patience,
    )
    await revert()
    await atRestOn(space, turn.from, patience)
  },
})

function runs(pod: Pod | undefined, { to }: Turn): boolean {
  return isReady(pod) && imageOf(pod?.spec) === to
}

async function revertAfterWriting(space: Space, turn: Turn, canaries: readonly string[]): Promise<void> {
  const revert = await rollOut(space, turn)
  await canaryActive(space, turn.to, patience)
  const pods = space.seen.pods().filter(({ metadata }) => canaries.includes(metadata.name))
  await Promise.all(pods.map((pod) => command(pod, 'SET', 'later', 'yes')))
  await revert()
  await atRestOn(space, turn.from, patience)
}
