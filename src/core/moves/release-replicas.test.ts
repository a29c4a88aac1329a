import { describe } from 'vitest'
import type { Observation } from '../observation.ts'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { released } from '../rules/released.ts'
import { rollBack } from '../rules/roll-back.ts'
import { terminating } from '../rules/terminating.ts'
import {
  aClaim,
  aKeptVolume,
  aSnapshot,
  type Change,
  minute,
  now,
  releasedPod,
  snapshotting,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withClaims,
  withClaimDeleting,
  withKeptVolumes,
  withoutPods,
  withPods,
  withResource,
  withRollout,
  withSnapshots,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { patchedWorld } from '../testing/rollout-worlds.ts'
import { checkRows } from '../testing/rows.ts'

/** Of three replicas the upper two run the new version, and are to have their data back. */
function halfDone(...changes: readonly Change[]): Observation {
  return world(
    patchedWorld(),
    snapshotting(2),
    withSnapshots(aSnapshot(1), aSnapshot(2)),
    withRollout({
      touched: 2,
      decision: 'rollback',
      cause: 'reverted',
      restores: true,
      snapshots: Object.fromEntries([aSnapshot(1), aSnapshot(2)].map(({ claim, uid }) => [claim, uid])),
    }),
    withClaims(aClaim(1, { volume: 'volume-1' }), aClaim(2, { volume: 'volume-2' })),
    withStable({ partition: 1 }),
    withPods(stablePod(1, { revision: 'new' }), stablePod(2, { revision: 'new' })),
    wanting('old'),
    ...changes,
  )
}

const bothReleased: Change = (before) =>
  world(before, withoutPods('redis-stable-1', 'redis-stable-2'), withPods(releasedPod(1), releasedPod(2)))

/** Stable has the replica that new code has not reached, and grows over the others. */
function shrunk(...changes: readonly Change[]): Observation {
  return halfDone(bothReleased, withStable({ revision: 'old', replicas: 1, partition: 0 }), ...changes)
}

/** Replica 1 has its data back. */
function oneRestored(...changes: readonly Change[]): Observation {
  return shrunk(
    withoutPods('redis-stable-1'),
    withPods(stablePod(1), releasedPod(2)),
    withClaims(aClaim(1, { uid: 'restored', source: aSnapshot(1).name, volume: 'new' })),
    withKeptVolumes(aKeptVolume(1)),
    withStable({ replicas: 2 }),
    ...changes,
  )
}

const pod = (ordinal: number) => ({
  pod: { name: `redis-stable-${ordinal}`, uid: `redis-stable-${ordinal}-uid` },
})

describe('a half-done promotion is taken back, and the data with it', () => {
  checkRows(rollBack, [
    {
      title: 'Replicas that new code has reached are released first, and serve on',
      given: halfDone(),
      decides: 'act releasePod',
      change: pod(1),
    },
    {
      title: 'One whose claim is being deleted is not touched: without its set nobody would make it again',
      given: halfDone(withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'One that leaves anyway is not released',
      given: halfDone(withPods(stablePod(1, { revision: 'new', deleting: true }))),
      decides: 'act releasePod',
      change: pod(2),
    },
    {
      title: 'Their set has to let go of them: before that it would take them away as too many',
      given: halfDone(withoutPods('redis-stable-1', 'redis-stable-2'), withPods(heldPod(1), releasedPod(2))),
      decides: 'wait RollingBack',
    },
    {
      title: 'Then one patch gives the others the version before',
      given: halfDone(bothReleased),
      decides: 'act revertTemplate',
      change: { revision: 'old', replicas: 1, partition: 0 },
    },
    {
      title: 'Where nothing is to be restored, their set replaces them all',
      given: halfDone(withRollout({ unrestored: [1, 2] })),
      decides: 'act revertTemplate',
      change: { revision: 'old', replicas: 3, partition: 0 },
    },
    {
      title: 'The lowest is taken away first',
      given: shrunk(),
      decides: 'act deletePod',
      change: pod(1),
    },
    {
      title: 'While it ends its claim is left alone',
      given: shrunk(withPods(releasedPod(1, { deleting: true }))),
      decides: 'wait RollingBack',
    },
    {
      title: 'One that is gone is restored at once, whoever took it away',
      given: shrunk(withoutPods('redis-stable-2')),
      decides: 'act keepVolume',
      change: { volume: 'volume-2', claim: { name: aClaim(2).name, uid: aClaim(2).uid }, attempt: 3 },
    },
    {
      title: 'Stable grows over what is restored, and no further',
      given: oneRestored(
        withoutPods('redis-stable-1'),
        withPods(releasedPod(2)),
        withStable({ replicas: 1 }),
      ),
      decides: 'act returnReplicas',
    },
    {
      title: 'The next goes when those below it are available',
      given: oneRestored(withPods(unready(stablePod(1), now - 9 * minute))),
      decides: 'wait RollingBack',
      wakeAt: now + minute,
    },
    {
      title: 'And no sooner than their controller has seen them',
      given: oneRestored(withStable({ observed: false })),
      decides: 'wait RollingBack',
    },
    {
      title: 'Then it goes',
      given: oneRestored(),
      decides: 'act deletePod',
      change: pod(2),
    },
    {
      title:
        'A stranger who scales stable over them is put back: its set would make a claim that is away anew',
      given: oneRestored(withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title:
        'One that does not come back on the version before holds the others where they are, and they serve',
      given: oneRestored(
        withPods(stablePod(1, { failure: { reason: 'CrashLoopBackOff', message: 'crashed' } })),
        withPods(unready(stablePod(1, { failure: { reason: 'CrashLoopBackOff', message: 'crashed' } }), now)),
      ),
      decides: 'wait RollbackBlocked',
    },
  ])
})

function heldPod(ordinal: number) {
  const { orphan: _, ...held } = releasedPod(ordinal)
  return held
}

describe('a replica without a set', () => {
  checkRows(released, [
    {
      title: 'One that waits for its restore is left alone',
      given: shrunk(),
      decides: 'nothing',
    },
    {
      title: 'Where nobody restores it goes, so that its set can make it again',
      given: world(stableWorld(), withoutPods('redis-stable-1'), withPods(releasedPod(1))),
      decides: 'act deletePod',
      change: pod(1),
    },
    {
      title: 'So does one that new code has not reached',
      given: shrunk(withoutPods('redis-stable-0'), withPods(releasedPod(0))),
      decides: 'act deletePod',
      change: pod(0),
    },
    {
      title: 'Not one whose claim would be lost with it',
      given: world(
        stableWorld(),
        withoutPods('redis-stable-1'),
        withPods(releasedPod(1)),
        withClaimDeleting(1),
      ),
      decides: 'wait ClaimDeleting',
    },
  ])
})

describe('who leaves such a rollback', () => {
  const deleted = withResource({ deleting: true })
  checkRows(terminating, [
    {
      title: 'Deleted: those without a set are taken away before their set goes',
      given: shrunk(deleted, withStable({ replicas: 0 }), withoutPods('redis-stable-0')),
      decides: 'act deletePod',
      change: pod(1),
    },
  ])
  checkRows(orphan, [
    {
      title:
        'Deleted, and the replicas stay: all get their data back, and nobody waits for them to be available',
      given: oneRestored(
        deleted,
        withSpec({ deletionPolicy: 'Orphan' }),
        withPods(unready(stablePod(1), now)),
      ),
      decides: 'act deletePod',
      change: pod(2),
    },
  ])
  checkRows(force, [
    {
      title: 'Another version is forced: it does not open what the new one wrote',
      given: oneRestored(wanting('third'), withResource({ force: 'third' })),
      decides: 'act deletePod',
      change: pod(2),
    },
    {
      title: 'The new one is: what it wrote stays, and their set makes them again',
      given: shrunk(wanting('new'), withResource({ force: 'new' })),
      decides: 'act deletePod',
      change: pod(1),
    },
    {
      title: 'Another version is forced out of a half-done promotion: that is rolled back first',
      given: world(halfDone(wanting('third'), withResource({ force: 'third' })), undecided),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec asks for another version'],
    },
  ])
})

function undecided(before: Observation): Observation {
  const { record } = before.stable ?? {}
  const parsed = JSON.parse(record ?? '{}') as { rollout: Record<string, unknown> }
  const { cause: _, restores: __, ...rollout } = parsed.rollout
  return world(
    before,
    withStable({ record: JSON.stringify({ ...parsed, rollout: { ...rollout, decision: 'promote' } }) }),
  )
}
