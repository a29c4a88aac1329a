import { describe } from 'vitest'
import type { Observation } from '../observation.ts'
import {
  aClaim,
  aSnapshot,
  type Change,
  crashing,
  recordOf,
  snapshotting,
  stablePod,
  wanting,
  withClaimDeleting,
  withClaims,
  withoutClaim,
  withPods,
  withResource,
  withRevisions,
  withRollout,
  withSnapshots,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { activeWorld, patchedWorld, returnedWorld } from '../testing/rollout-worlds.ts'
import { checkRows } from '../testing/rows.ts'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { rollBack } from '../rules/roll-back.ts'

const restore = withSpec({ onRollback: 'Restore' })
const keepData = withSpec({ onRollback: 'KeepData' })
const original = aClaim(2, { volume: 'volume-2' })

/** It was to keep what the new version wrote, and the old one crashes on that. */
function kept(...changes: readonly Change[]): Observation {
  return world(
    returnedWorld({}, 'reverted'),
    wanting('old'),
    snapshotting(2),
    withClaims(original),
    withPods(crashing(stablePod(2))),
    keepData,
    ...changes,
  )
}

const again = `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:7"}}'`
const restoring = `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"Restore"}}}'`
const holds =
  'The rollback holds: redis-stable-2 keeps crashing on redis:6; it may be unable to open data that redis:7 wrote. Its claim is kept as it is. '

function adopted(given: Observation) {
  const { rollout, ...record } = recordOf(given)
  return { record: { ...record, rollout: { ...rollout, restores: true } } }
}

const tells = [
  'The rollback to redis:6 restores after all: what redis:7 wrote is kept in volumes of their own',
]

describe('a rollback that keeps what the new version wrote, and cannot open it', () => {
  checkRows(rollBack, [
    {
      title: 'The sentence names the restore beside the way forward',
      given: kept(),
      decides: 'wait RollbackBlocked',
      says: `${holds}To go forward again: ${again}. To give redis:6 its data of before, with what redis:7 wrote kept aside: ${restoring}`,
    },
    {
      title: 'Not where the snapshot is gone',
      given: world(kept(), (before) => ({ ...before, snapshots: [] })),
      decides: 'wait RollbackBlocked',
      says: `${holds}To go forward again: ${again}`,
    },
    {
      title: 'Nor where nothing was snapshotted',
      given: world(returnedWorld({}, 'reverted'), wanting('old'), keepData, withPods(crashing(stablePod(2)))),
      decides: 'wait RollbackBlocked',
      says: `${holds}To go forward again: ${again}`,
    },
    {
      title: 'Set to Restore, that is recorded in one write with the room that it needs, and told',
      given: kept(restore),
      decides: 'act adoptRestore',
      change: { ...adopted(kept(restore)), replicas: 2 },
      says: 'Rolling back redis:7 (the spec was reverted): making room to restore the data.',
      tells,
    },
    {
      title: 'Then it goes on like any other: the replica that crashes goes',
      given: kept(restore, withRollout({ restores: true }), withStable({ replicas: 2 })),
      decides: 'act deletePod',
    },
    {
      title: 'It is adopted at any moment of the rollback',
      given: world(
        activeWorld(),
        snapshotting(2),
        restore,
        withRollout({ decision: 'rollback', cause: 'aborted' }),
      ),
      decides: 'act adoptRestore',
      tells,
    },
  ])
})

describe('it is not adopted', () => {
  checkRows(rollBack, [
    {
      title: 'where a snapshot is not ready',
      given: kept(restore, withSnapshots(aSnapshot(2, { ready: false }))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'where it is being deleted',
      given: kept(restore, withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'where it is another one of that name',
      given: kept(restore, withSnapshots(aSnapshot(2, { uid: 'later' }))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'where the claim is another one by now',
      given: kept(restore, withClaims(aClaim(2, { uid: 'other', volume: 'theirs' }))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'where it is being deleted, too',
      given: kept(restore, withClaims({ ...original, deleting: true })),
      decides: 'wait RollbackBlocked',
    },
    { title: 'where it is missing', given: kept(restore, withoutClaim(2)), decides: 'wait RollbackBlocked' },
    {
      title: 'where only one of two claims could be restored',
      given: kept(restore, withRollout({ touched: 2 }), withClaims(aClaim(1, { volume: 'volume-1' }))),
      decides: 'wait RollbackBlocked',
    },
  ])
})

describe('a half-done promotion that was to be rolled back with its data', () => {
  const halfDone = world(
    patchedWorld({ replicas: 4 }, 2),
    withStable({ revision: 'old', partition: 0 }),
    withRollout({ decision: 'rollback', cause: 'reverted' }),
    snapshotting(2, 3),
    withClaims(aClaim(2, { volume: 'volume-2' }), aClaim(3, { volume: 'volume-3' })),
    withPods(crashing(stablePod(3))),
    wanting('old'),
    restore,
  )
  checkRows(rollBack, [
    {
      title:
        'Its set makes no replica any more where the data is to be restored: one that is evicted would open it',
      given: halfDone,
      decides: 'act adoptRestore',
      change: { ...adopted(halfDone), replicas: 2 },
      tells,
    },
    {
      title: 'Not while a claim is being deleted: pods would go',
      given: world(halfDone, withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title:
        'Before its template is back replicas come back on the new version, and stay until they are let go of',
      given: world(halfDone, withStable({ revision: 'new', partition: 2 })),
      decides: 'act adoptRestore',
      change: { ...adopted(halfDone), replicas: 4 },
      tells,
    },
  ])
})

describe('who leaves such a rollback', () => {
  const deleted = world(
    kept(restore),
    withResource({ deleting: true }),
    withSpec({ deletionPolicy: 'Orphan' }),
  )
  checkRows(orphan, [
    {
      title: 'Deleted, and the replicas stay: they get their data back first',
      given: deleted,
      decides: 'act adoptRestore',
      tells,
    },
  ])
  checkRows(force, [
    {
      title: 'A third version is forced: neither does it get what the new one wrote',
      given: kept(restore, wanting('third'), withResource({ force: 'third' })),
      decides: 'act adoptRestore',
      tells,
    },
    {
      title: 'The new one does',
      given: kept(restore, wanting('new'), withRevisions(), withResource({ force: 'new' })),
      decides: 'act createRevision',
    },
  ])
})
