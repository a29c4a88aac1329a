/** Rollbacks that restore, with the operator killed after every write (test/harness/crash/killed.ts). */
import { expect } from 'vitest'
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { approved, deployed, patience, rollOut, type Turn } from '../harness/crash/story.ts'
import { walPort } from '../harness/manifest.ts'
import { imageOf, isReady, type Pod } from '../harness/objects.ts'
import { differences, fill, type Redis, withRedis } from '../harness/redis.ts'
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
  // The third may be stopped for its snapshot already when the image is reverted, and goes on then.
  mayLack: /^PATCH .*\/pods\/redis-stable-0/,
  begin: deployed({ replicas: 3, volumes }),
  play: async (space, turn) => {
    const revert = await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await promote(space)
    await until(
      space,
      'two replicas run the new version',
      (seen) => [1, 2].every((ordinal) => runs(seen.pod(`redis-stable-${ordinal}`), turn)),
      patience,
    )
    await revert()
    await atRestOn(space, turn.from, patience)
  },
})

function runs(pod: Pod | undefined, { to }: Turn): boolean {
  return isReady(pod) && imageOf(pod?.spec) === to
}

killedAfterEachWriteAlone({
  title: 'a restore of one replica with two claims',
  available: 1,
  restores: true,
  begin: (space) => deployedWithWal(space, 2),
  async play(space, turn) {
    await revertAfterWriting(space, turn, ['redis-canary-1'], [undefined, walPort])
    await expectWal(space)
  },
})

killedAfterEveryWrite({
  title: 'a restore of three replicas of four with two claims each',
  available: 1,
  restores: true,
  begin: (space) => deployedWithWal(space, 4, 3),
  async play(space, turn) {
    const canaries = ['redis-canary-1', 'redis-canary-2', 'redis-canary-3']
    await revertAfterWriting(space, turn, canaries, [undefined, walPort])
    await expectWal(space)
  },
})

async function deployedWithWal(space: Space, replicas: number, canaryReplicas = 1): Promise<void> {
  await deployed({ replicas, canaryReplicas, wal: true, volumes })(space)
  const pods = space.seen.pods()
  await Promise.all(pods.map((pod) => fill(pod, pod.metadata.name, walPort)))
}

/** What the stories compare themselves is the first claim. */
async function expectWal({ seen }: Space): Promise<void> {
  const pods = seen.pods().filter(({ metadata }) => metadata.name.startsWith('redis-stable-'))
  const found = await Promise.all(pods.map((pod) => differences(pod, pod.metadata.name, walPort)))
  expect(found.flat()).toEqual([])
}

async function revertAfterWriting(
  space: Space,
  turn: Turn,
  canaries: readonly string[],
  ports: readonly (number | undefined)[] = [undefined],
): Promise<void> {
  const revert = await rollOut(space, turn)
  await canaryActive(space, turn.to, patience)
  const pods = space.seen.pods().filter(({ metadata }) => canaries.includes(metadata.name))
  expect(pods).toHaveLength(canaries.length)
  const write = (redis: Redis) => redis.send(['SET', 'later', 'yes'])
  await Promise.all(pods.flatMap((pod) => ports.map((port) => withRedis(pod, write, port))))
  await revert()
  await atRestOn(space, turn.from, patience)
}
