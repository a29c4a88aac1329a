import { describe } from 'vitest'
import {
  aSnapshot,
  minute,
  now,
  snapshotting,
  withClaimDeleting,
  withClaims,
  aClaim,
  withoutClaim,
  withSnapshots,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import {
  activeWorld,
  displacedWorld,
  inertWorld,
  patchedWorld,
  touchedWorld,
} from '../testing/rollout-worlds.ts'
import { decide } from '../rules/decide.ts'
import { forward } from '../rules/forward.ts'
import { promote } from '../rules/promote.ts'

const displaced = world(displacedWorld(), snapshotting())
const waits = (trouble = '') =>
  `Waiting until the snapshot of claim data-redis-stable-2 is ready, before new code may write to it${trouble}.`
const order = (ordinal: number) => ({
  snapshot: `data-redis-stable-${ordinal}-resource-3`,
  claim: { name: `data-redis-stable-${ordinal}`, uid: `data-redis-stable-${ordinal}-uid` },
  className: 'fast',
  attempt: 3,
})
const pending = (changes: Parameters<typeof aSnapshot>[1] = {}) => aSnapshot(2, { ready: false, ...changes })

describe('snapshots before a canary', () => {
  checkRows(forward, [
    {
      title: 'When the displaced replica is gone, its claim is snapshotted first',
      given: displaced,
      decides: 'act createSnapshot',
      change: order(2),
    },
    {
      title: 'Where none are taken the canary set is next',
      given: displacedWorld(),
      decides: 'act createCanary',
    },
    {
      title: 'Of all displaced claims, from the top',
      given: world(displacedWorld({ canaryReplicas: 2 }), snapshotting(), withSnapshots(pending())),
      decides: 'act createSnapshot',
      change: order(1),
    },
    {
      title: 'All are awaited',
      given: world(displaced, withSnapshots(pending())),
      decides: 'wait Snapshotting',
      says: waits(),
      wakeAt: now + 4 * minute,
    },
    {
      title: 'What the storage says is passed on',
      given: world(displaced, withSnapshots(pending({ trouble: 'no space' }))),
      decides: 'wait Snapshotting',
      says: waits('; VolumeSnapshot data-redis-stable-2-resource-3: no space'),
      wakeAt: now + 4 * minute,
    },
    {
      title: 'One that is being deleted does not count',
      given: world(displaced, withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'wait Snapshotting',
      says: waits('; VolumeSnapshot data-redis-stable-2-resource-3 is being deleted'),
      wakeAt: now + 4 * minute,
    },
    {
      title: 'One of a claim that had that name before does not count',
      given: world(displaced, withSnapshots(aSnapshot(2, { claimUid: 'other' }))),
      decides: 'wait Snapshotting',
      says: waits(
        '; VolumeSnapshot data-redis-stable-2-resource-3 is of another claim of that name; delete it',
      ),
      wakeAt: now + 4 * minute,
    },
    {
      title: 'One of an earlier attempt does not count',
      given: world(
        displaced,
        withSnapshots(aSnapshot(2, { name: 'data-redis-stable-2-resource-2', attempt: 2 })),
      ),
      decides: 'act createSnapshot',
    },
    {
      title: 'When it is ready the canary set is next',
      given: world(displaced, withSnapshots(aSnapshot(2))),
      decides: 'act createCanary',
    },
    {
      title: 'What may be touched is recorded with its snapshot',
      given: world(inertWorld(), snapshotting(), withSnapshots(aSnapshot(2))),
      decides: 'act recordTouched',
    },
    {
      title: 'A claim that was touched is not snapshotted any more, whatever became of the one before',
      given: world(touchedWorld(), snapshotting(2), withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'act armCanary',
    },
    {
      title: 'A claim that is missing',
      given: world(displaced, withoutClaim(2)),
      decides: 'wait ClaimMissing',
    },
    {
      title: 'A claim that is being deleted',
      given: world(displaced, withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
  ])
})

describe('a snapshot that is not ready in time', () => {
  const late = pending({ createdAt: now - 10 * minute })
  checkRows(decide, [
    {
      title: 'No canary: the rollout is taken back',
      given: world(displaced, withSnapshots(late)),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: a snapshot was not ready in time'],
    },
    {
      title: 'It has its time',
      given: world(displaced, withSnapshots(pending({ createdAt: now - 9 * minute }))),
      decides: 'nothing',
    },
    {
      title: 'It is held for people where nothing is taken back by itself',
      given: world(displaced, withSnapshots(late), withSpec({ automaticRollback: false })),
      decides: 'nothing',
    },
  ])
})

describe('snapshots while a promotion is lowered', () => {
  const half = world(patchedWorld(), snapshotting(2))
  checkRows(promote, [
    {
      title: 'The next replica is snapshotted before it gets the new version',
      given: half,
      decides: 'act createSnapshot',
      change: order(1),
    },
    {
      title: 'It is awaited',
      given: world(half, withSnapshots(aSnapshot(1, { ready: false }))),
      decides: 'wait Snapshotting',
    },
    {
      title: 'Then it is recorded, and the partition falls',
      given: world(half, withSnapshots(aSnapshot(1))),
      decides: 'act lowerPartition',
    },
  ])
})

describe('a canary that runs', () => {
  checkRows(forward, [
    {
      title: 'It needs no snapshot again where its claim was made anew',
      given: world(activeWorld(), snapshotting(2), withClaims(aClaim(2, { uid: 'other' }))),
      decides: 'wait AwaitingApproval',
    },
  ])
})
