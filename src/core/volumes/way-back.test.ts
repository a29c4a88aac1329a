import { describe, expect, it } from 'vitest'
import { factsOf } from '../facts.ts'
import type { KeptVolumeView, Observation, SnapshotView } from '../observation.ts'
import {
  aClaim,
  type Change,
  minute,
  now,
  withClaims,
  withKeptVolumes,
  withoutClaim,
  withRollout,
  withSpec,
  world,
} from '../testing/builders.ts'
import { activeWorld, returnedWorld } from '../testing/rollout-worlds.ts'
import { wayBack } from './way-back.ts'

const claim = 'data-redis-stable-2'
const original = aClaim(2, { volume: 'volume-1' })
const givenBack = aClaim(2, { uid: 'remade-uid', volume: 'volume-1' })

const taken: SnapshotView = {
  name: `${claim}-resource-3`,
  uid: 'snapshot-uid',
  claim,
  claimUid: original.uid,
  attempt: 3,
  createdAt: now,
  deleting: false,
  ready: true,
}
const kept: KeptVolumeView = {
  name: 'volume-1',
  uid: 'volume-uid',
  resourceVersion: '100',
  claim,
  claimUid: original.uid,
  attempt: 3,
  free: false,
  retains: true,
  released: true,
}
const restoredLate = aClaim(2, { uid: 'late-uid', source: taken.name, volume: 'volume-2' })

/** The restore of claim 2 was given up. */
function givingUp(...changes: readonly Change[]): Observation {
  return world(
    returnedWorld(),
    withRollout({ snapshots: { [claim]: taken.uid }, restores: true, unrestored: [2] }),
    (before) => ({ ...before, snapshots: [taken] }),
    withKeptVolumes(kept),
    ...changes,
  )
}

const fromSnapshots = withRollout({ snapshotClasses: { data: 'csi' } })
const fromBackups = withRollout({ backups: true })
const failed = { possible: false, reason: 'RestoreFailed' }

it.each<[string, Observation, object]>([
  ['while its claim is away', givingUp(fromSnapshots, withoutClaim(2)), failed],
  ['when its claim has its volume again', givingUp(fromSnapshots, withClaims(givenBack)), failed],
  [
    'whatever the spec says since',
    givingUp(fromSnapshots, withClaims(givenBack), withSpec({ onRollback: 'KeepData' })),
    failed,
  ],
  ['by a Job', givingUp(fromBackups, withClaims(givenBack)), failed],
  [
    'but a volume that came after all has what was there',
    givingUp(fromSnapshots, withClaims(restoredLate)),
    { possible: true, reason: 'Snapshots' },
  ],
])('a restore that was given up is no way back: %s', (_, given, way) => {
  expect(wayBack(factsOf(given, now))).toEqual(way)
})

describe('since when a rollback would lose data, by backups of two replicas', () => {
  const both = { [claim]: taken.uid, 'data-redis-stable-1': 'later-uid' }
  const later: SnapshotView = { ...taken, uid: 'later-uid', claim: 'data-redis-stable-1' }
  const backedUp = (...snapshots: readonly SnapshotView[]) =>
    world(activeWorld(), withRollout({ backups: true, touched: 2, snapshots: both }), (before) => ({
      ...before,
      snapshots,
    }))

  it('is since the first of them', () => {
    const given = backedUp({ ...taken, takenAt: now - minute }, { ...later, takenAt: now })
    expect(wayBack(factsOf(given, now))).toEqual({ possible: true, reason: 'Backups', since: now - minute })
  })

  it('is not known where the Job of one is gone', () => {
    const given = backedUp({ ...later, takenAt: now })
    expect(wayBack(factsOf(given, now))).toEqual({ possible: true, reason: 'Backups' })
  })
})
