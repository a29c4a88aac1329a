import { describe, expect, it } from 'vitest'
import type { Rule } from '../decision.ts'
import type { KeptVolumeView, Observation } from '../observation.ts'
import { plan } from '../plan.ts'
import { activeWorld, returnedWorld, wantingWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aKeptVolume,
  aSnapshot,
  type Change,
  crashing,
  minute,
  now,
  stablePod,
  stableWorld,
  withClaims,
  withKeptVolumes,
  withPods,
  withRecord,
  withSnapshots,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { releaseVolumes } from './release-volumes.ts'

const release: Rule = (facts) => facts.record && releaseVolumes(facts, facts.record)

const anHour = withSpec({ retainedTtlSeconds: 3600 })
const given = aClaim(2, { uid: 'given back', volume: 'volume-2' })
const restored = withClaims(aClaim(2, { uid: 'restored', volume: 'volume-3' }))

const note =
  'Volume volume-2, kept since claim data-redis-stable-2 was restored, was let go after spec.volumes.retained.ttlSeconds: ' +
  'its own reclaim policy says what becomes of it'

function kept(age: number, changes: Partial<KeptVolumeView> = {}): Change {
  return withKeptVolumes(aKeptVolume(2, { keptAt: now - age * minute, ...changes }))
}

function atRest(...changes: readonly Change[]): Observation {
  return world(stableWorld(), anHour, restored, kept(60), ...changes)
}

describe('a kept volume whose time has passed', () => {
  checkRows(release, [
    {
      title: 'It is let go as it is, and that is told',
      given: atRest(),
      decides: 'act releaseVolume',
      change: { volume: { name: 'volume-2', uid: 'volume-2-uid', resourceVersion: '100' } },
      says: 'Letting go of volume volume-2, which spec.volumes.retained does not keep any longer.',
      tells: [note],
    },
    { title: 'Not before', given: atRest(kept(59)), decides: 'nothing' },
    {
      title: 'Never where the spec gives no time',
      given: world(stableWorld(), restored, kept(60)),
      decides: 'nothing',
    },
    {
      title: 'Never where it does not say since when it is kept',
      given: atRest(withKeptVolumes(withoutMoment(aKeptVolume(2)))),
      decides: 'nothing',
    },
    {
      title: 'One that a person has taken, or has freed to take it, is left alone',
      given: atRest(kept(60, { released: false })),
      decides: 'nothing',
    },
    {
      title: 'One that its claim has got back is in use',
      given: atRest(withClaims(given), withRecord({ id: 3 })),
      decides: 'nothing',
    },
    {
      title: 'When the next rollout has ended it is its claim’s like any other, whatever its time',
      given: atRest(kept(1), withClaims(given), withRecord({ id: 4 })),
      decides: 'act releaseVolume',
      change: { volume: { name: 'volume-2', uid: 'volume-2-uid', resourceVersion: '100' } },
      says: 'Giving volume volume-2, which claim data-redis-stable-2 has got back, its own reclaim policy again.',
    },
    {
      title: 'Not where that claim is being deleted: it would go with it',
      given: atRest(kept(1), withClaims({ ...given, deleting: true }), withRecord({ id: 4 })),
      decides: 'nothing',
    },
    {
      title: 'Nor in that rollout',
      given: world(activeWorld(), kept(60, { attempt: 2 }), withClaims(given)),
      decides: 'nothing',
    },
    {
      title: 'Not in a rollout',
      given: world(activeWorld(), anHour, restored, kept(60)),
      decides: 'nothing',
    },
    {
      title: 'Not while a rollback is to be closed',
      given: world(returnedWorld(), anHour, restored, kept(60)),
      decides: 'nothing',
    },
    {
      title: 'Not while a replica is broken: somebody may need what is on it',
      given: atRest(withPods(crashing(stablePod(1)))),
      decides: 'nothing',
    },
    {
      title: 'Beside a rejected version it goes',
      given: atRest(withRecord({ rejected: 'new' })),
      decides: 'act releaseVolume',
      tells: [note],
    },
    {
      title: 'With no replica wanted it goes',
      given: world(stableWorld({ replicas: 0 }), withStable({ replicas: 0 }), anHour, restored, kept(60)),
      decides: 'act releaseVolume',
      tells: [note],
    },
  ])
})

function withoutMoment(kept: KeptVolumeView): KeptVolumeView {
  const { keptAt: _, ...volume } = kept
  return volume
}

describe('what is kept for a time wakes the operator when that has passed', () => {
  const wakeAt = (given: Observation) => plan(given, now).wakeAt
  const daily = withSpec({ snapshots: { policy: 'Auto', keep: 1, ttlSeconds: 86_400 } })

  it('the volume that is kept for the longest', () => {
    const younger = aKeptVolume(1, { keptAt: now - 10 * minute })
    const given = atRest(
      withClaims(aClaim(1, { uid: 'restored, too', volume: 'volume-4' })),
      withKeptVolumes(younger, aKeptVolume(2, { keptAt: now - 20 * minute })),
    )
    expect(wakeAt(given)).toBe(now + 40 * minute)
  })

  it('a snapshot, also beside a version that was rejected', () => {
    const snapshot = withSnapshots(aSnapshot(2, { createdAt: now - minute }))
    const rejected = withRecord({ rejected: 'new' })
    expect(wakeAt(world(wantingWorld(), daily, snapshot, rejected))).toBe(now + 86_340_000)
  })

  it('not one that has had its time, and that somebody has taken', () => {
    expect(wakeAt(atRest(kept(60, { released: false })))).toBeUndefined()
  })

  it('nothing in a rollout, which keeps all of it', () => {
    const given = world(activeWorld(), anHour, restored, kept(1), daily, withSnapshots(aSnapshot(2)))
    expect(wakeAt(given)).toBeUndefined()
  })

  it('nothing where the spec gives no time', () => {
    const given = world(stableWorld(), restored, kept(1), withSnapshots(aSnapshot(2)))
    expect(wakeAt(given)).toBeUndefined()
  })
})
