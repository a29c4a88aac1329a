import { describe } from 'vitest'
import {
  aSnapshot,
  backingUp,
  canaryPod,
  type Change,
  minute,
  now,
  snapshotting,
  stablePod,
  stableWorld,
  unready,
  withAnswers,
  withCanary,
  withClaimDeleting,
  withClaims,
  aClaim,
  withoutClaim,
  withPods,
  withResource,
  withRollout,
  withSnapshots,
  withSpec,
  withStable,
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
import { orphan } from '../rules/orphan.ts'
import { pinned } from '../rules/pinned.ts'
import { promote } from '../rules/promote.ts'
import { terminating } from '../rules/terminating.ts'

const displaced = world(displacedWorld(), snapshotting())
const waits = (trouble = '') =>
  `Waiting until the snapshot of claim data-redis-stable-2 is ready, before new code may write to it${trouble}.`
const order = (ordinal: number) => ({
  snapshot: `data-redis-stable-${ordinal}-resource-3`,
  claim: { name: `data-redis-stable-${ordinal}`, uid: `data-redis-stable-${ordinal}-uid` },
  className: 'fast',
  attempt: 3,
})
const required = withSpec({ snapshots: { policy: 'Required', keep: 1 } })
const withoutSnapshots: Change = (before) => ({ ...before, snapshots: [] })
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
      title: 'Unless snapshots are required: the canary does not start when its way back is gone',
      given: world(touchedWorld(), snapshotting(2), required, withoutSnapshots),
      decides: 'wait SnapshotMissing',
      says:
        'The canary is not started: VolumeSnapshot data-redis-stable-2-resource-3, the way back of claim data-redis-stable-2, is gone, and spec.volumes.snapshot.policy is Required. ' +
        `To take the rollout back, revert the spec, and let the old version open the data as it is: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"KeepData"}}}'. ` +
        `To start the canary without that way back: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"snapshot":{"policy":"Auto"}}}}'`,
    },
    {
      title: 'Or is going',
      given: world(
        touchedWorld(),
        snapshotting(2),
        required,
        withSnapshots(aSnapshot(2, { deleting: true })),
      ),
      decides: 'wait SnapshotMissing',
    },
    {
      title: 'Or of no use any more',
      given: world(touchedWorld(), snapshotting(2), required, withSnapshots(pending())),
      decides: 'wait SnapshotMissing',
    },
    {
      title: 'Or has another one in its place',
      given: world(touchedWorld(), snapshotting(2), required, withSnapshots(aSnapshot(2, { uid: 'other' }))),
      decides: 'wait SnapshotMissing',
    },
    {
      title: 'It starts when it is there',
      given: world(touchedWorld(), snapshotting(2), required),
      decides: 'act armCanary',
    },
    {
      title: 'What a Job has backed up is taken at its word',
      given: world(touchedWorld(), backingUp(2), required),
      decides: 'act armCanary',
    },
    {
      title: 'A further canary needs that of its own replica, and not the one that new code has written past',
      given: world(
        touchedWorld({ canaryReplicas: 2 }),
        withCanary({ replicas: 1, ordinalsStart: 2 }),
        withPods(canaryPod(2)),
        snapshotting(1, 2),
        required,
        withSnapshots(aSnapshot(2, { deleting: true })),
      ),
      decides: 'act armCanary',
    },
    {
      title:
        'One that the API server has refused is said, and asked for again; the deadline counts from the start',
      given: world(
        displaced,
        withAnswers({ snapshot: { yes: false, message: 'exceeded quota', askAgainAt: now + minute } }),
      ),
      decides: 'wait SetRefused',
      says: 'The API server refuses VolumeSnapshot data-redis-stable-2-resource-3, so nothing was changed: exceeded quota',
      wakeAt: now + minute,
    },
    {
      title: 'Then it is tried once more',
      given: world(displaced, withAnswers({ snapshot: { yes: true, warnings: [] } })),
      decides: 'act createSnapshot',
    },
    {
      title: 'Somebody brings the replica back: what it writes is not in the snapshot, which goes first',
      given: world(displaced, withStable({ replicas: 3 }), withSnapshots(aSnapshot(2))),
      decides: 'act deleteSnapshot',
      change: { snapshot: { name: aSnapshot(2).name, uid: aSnapshot(2).uid } },
    },
    {
      title: 'Then room is made again',
      given: world(displaced, withStable({ replicas: 3 }), withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'act restoreDisplacement',
    },
    {
      title: 'Also where they have taken it away again, and it is still there',
      given: world(displaced, withPods(stablePod(2, { deleting: true })), withSnapshots(aSnapshot(2))),
      decides: 'act deleteSnapshot',
    },
    {
      title: 'Not one of a replica that stayed away',
      given: world(
        displacedWorld({ canaryReplicas: 2 }),
        snapshotting(),
        withStable({ replicas: 2 }),
        withSnapshots(aSnapshot(2)),
      ),
      decides: 'act restoreDisplacement',
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
      title: 'Nor where it is refused all that time',
      given: world(
        displaced,
        withRollout({ at: { started: now - 10 * minute } }),
        withAnswers({ snapshot: { yes: false, message: 'exceeded quota', askAgainAt: now + minute } }),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: a snapshot was refused: exceeded quota'],
    },
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
  const next = { name: 'redis-stable-1', uid: 'redis-stable-1-uid' }
  const ended = stablePod(1, { pinned: true, deleting: true, stopped: true, phase: 'Succeeded' })
  const stopped = (...changes: readonly Change[]) => world(half, withPods(ended), ...changes)
  checkRows(promote, [
    {
      title: 'The next replica is to leave its name when it ends',
      given: half,
      decides: 'act pinPod',
      change: { pod: next },
    },
    {
      title: 'Then it is stopped: what a running program keeps in memory is in no snapshot',
      given: world(half, withPods(stablePod(1, { pinned: true }))),
      decides: 'act deletePod',
      change: { pod: next },
    },
    {
      title: 'Not while another one is unavailable',
      given: world(half, withPods(stablePod(1, { pinned: true }), unready(stablePod(0), now - minute))),
      decides: 'wait Promoting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Nor in a pause',
      given: world(half, withPods(stablePod(1, { pinned: true })), withSpec({ paused: true })),
      decides: 'wait RolloutPaused',
    },
    {
      title:
        'Also where it is called touched, since replicas were scaled away: what is there is of the version before',
      given: world(half, withRollout({ touched: 3 })),
      decides: 'act pinPod',
    },
    {
      title: 'Not where it came back on the new version: what that wrote is no way back',
      given: world(half, withRollout({ touched: 3 }), withPods(stablePod(1, { revision: 'new' }))),
      decides: 'act lowerPartition',
    },
    {
      title: 'Nor where its snapshot is recorded: whatever it wrote since is later',
      given: world(half, snapshotting(1, 2), withRollout({ touched: 3 })),
      decides: 'act lowerPartition',
    },
    {
      title: 'Until it has ended nothing is taken',
      given: world(half, withPods(stablePod(1, { pinned: true, deleting: true }))),
      decides: 'wait Promoting',
    },
    {
      title: 'Then it is snapshotted, before the new version gets its claim',
      given: stopped(),
      decides: 'act createSnapshot',
      change: { ...order(1), pod: next.uid },
    },
    {
      title: 'Also where the rollout is paused by now: one that is away is not left so',
      given: stopped(withSpec({ paused: true })),
      decides: 'act createSnapshot',
    },
    {
      title: 'And where its claim is being deleted, that is said',
      given: stopped(withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'It is awaited',
      given: stopped(
        withSnapshots(aSnapshot(1, { pod: next.uid, ready: false, createdAt: now - 9 * minute })),
      ),
      decides: 'wait Snapshotting',
      wakeAt: now + minute,
    },
    {
      title: 'And not in silence for ever',
      given: stopped(
        withSnapshots(
          aSnapshot(1, { pod: next.uid, ready: false, createdAt: now - 10 * minute, trouble: 'full' }),
        ),
      ),
      decides: 'wait SnapshotNotReady',
      says:
        `VolumeSnapshot ${aSnapshot(1).name} of claim ${aSnapshot(1).claim} is not ready after spec.strategy.progressDeadlineSeconds; VolumeSnapshot ${aSnapshot(1).name}: full. ` +
        'redis-stable-1 was stopped for it and stays away until then. New code gets that claim as soon as it is. To take the rollout back, revert the spec.',
    },
    {
      title: 'One that was taken before the replica ran again has not what it wrote since: it goes',
      given: stopped(withSnapshots(aSnapshot(1, { pod: 'before' }))),
      decides: 'act deleteSnapshot',
    },
    {
      title: 'And has to be gone, for the next has its name',
      given: stopped(withSnapshots(aSnapshot(1, { pod: 'before', deleting: true }))),
      decides: 'wait Snapshotting',
      wakeAt: now + 4 * minute,
    },
    {
      title: 'Then it is recorded, and the partition falls',
      given: stopped(withSnapshots(aSnapshot(1, { pod: next.uid }))),
      decides: 'act lowerPartition',
    },
  ])
})

describe('a replica that was stopped for its snapshot', () => {
  const next = { name: 'redis-stable-1', uid: 'redis-stable-1-uid' }
  const ended = stablePod(1, { pinned: true, deleting: true, stopped: true, phase: 'Succeeded' })
  const lowered = world(
    patchedWorld(),
    withRollout({ touched: 2 }),
    withStable({ partition: 1 }),
    withPods(ended),
  )
  checkRows(pinned, [
    {
      title: 'It waits for it',
      given: world(patchedWorld(), withPods(ended)),
      decides: 'nothing',
    },
    {
      title: 'Its name is free when the partition has fallen',
      given: lowered,
      decides: 'act unpinPod',
      change: { pod: next },
    },
    {
      title: 'And the set controller knows: else it makes one of the version before',
      given: world(lowered, withStable({ observed: false })),
      decides: 'wait Settling',
    },
    {
      title: 'And its claim is not being deleted, which would be completed by that',
      given: world(lowered, withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Taken back meanwhile it comes back as it was',
      given: world(patchedWorld(), withRollout({ decision: 'rollback', cause: 'reverted' }), withPods(ended)),
      decides: 'act unpinPod',
    },
    {
      title: 'So does one of a rollout that is over',
      given: world(stableWorld(), withPods(ended)),
      decides: 'act unpinPod',
    },
    {
      title: 'One whose set is gone is not held either',
      given: world(stableWorld(), withPods(ended), (before) => ({ ...before, stable: undefined })),
      decides: 'act unpinPod',
    },
  ])
  const deleted = withResource({ deleting: true })
  checkRows(terminating, [
    {
      title: 'The resource is deleted',
      given: world(patchedWorld(), withPods(ended), deleted),
      decides: 'act unpinPod',
    },
  ])
  checkRows(orphan, [
    {
      title: 'The resource is deleted, and the replicas stay',
      given: world(patchedWorld(), withPods(ended), deleted, withSpec({ deletionPolicy: 'Orphan' })),
      decides: 'act unpinPod',
    },
    {
      title: 'Not one whose claim would go with it',
      given: world(
        patchedWorld(),
        withPods(ended),
        deleted,
        withClaimDeleting(1),
        withSpec({ deletionPolicy: 'Orphan' }),
      ),
      decides: 'wait ClaimDeleting',
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
