import { describe, expect, it } from 'vitest'
import { factsOf } from '../facts.ts'
import type { JobView, Observation } from '../observation.ts'
import {
  aClaim,
  aKeptVolume,
  aReplicaJob,
  backingUp,
  type Change,
  foreignPod,
  no,
  replicaJobPod,
  wanting,
  withAnswers,
  withClaims,
  withJobs,
  withKeptVolumes,
  withoutClaim,
  withPods,
  withRecord,
  withReplicaJobs,
  withResource,
  withRollout,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { activeWorld, returnedWorld, rolledOutWorld } from '../testing/rollout-worlds.ts'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { rollBack } from '../rules/roll-back.ts'
import { steady } from '../rules/steady.ts'
import { terminating } from '../rules/terminating.ts'
import { twoWriters } from '../rules/two-writers.ts'
import { stableWorld } from '../testing/builders.ts'
import { wayBack } from '../volumes/way-back.ts'

const claim = 'data-redis-stable-2'
const backup = aReplicaJob('backup', 2, { suspended: false, outcome: 'complete' })
const original = aClaim(2, { volume: 'volume-2' })
const empty = aClaim(2, { uid: 'empty-uid', source: backup.name, volume: 'volume-new' })
const kept = withKeptVolumes(aKeptVolume(2))
const keptTwice = withKeptVolumes(
  aKeptVolume(2, { name: 'volume-new', claimUid: 'empty-uid', restored: true }),
  aKeptVolume(2),
)
const ofEmpty = { claims: { [claim]: 'empty-uid' } }
const restore = (changes: Partial<JobView> = {}) => aReplicaJob('restore', 2, { ...ofEmpty, ...changes })
const running = restore({ suspended: false })
const complete = restore({ suspended: false, outcome: 'complete' })
const failed = restore({ suspended: false, outcome: 'failed', trouble: 'DeadlineExceeded' })
const name = 'redis-restore-resource-3-2'
const restored = withRollout({ restored: { [claim]: 'empty-uid' } })
const ended = { decides: 'act deleteJob', change: { job: { name, uid: `${name}-uid` } } } as const

/** The canary is gone, and what it wrote is to be taken back. */
function restoring(...changes: readonly Change[]): Observation {
  return world(
    rolledOutWorld(),
    backingUp(2),
    withRollout({ restores: true }),
    withClaims(original),
    withReplicaJobs(backup),
    ...changes,
  )
}

/** The claim is made again, empty. */
const emptied = (...changes: readonly Change[]) => restoring(kept, withClaims(empty), ...changes)
const withRestore = (job: JobView) => withReplicaJobs(backup, job)
/** What the new version wrote can still be had. */
const blocked = (trouble: string) =>
  `${standing(trouble)} To let the old version open the data as it is: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"KeepData"}}}'. ` +
  'Or go on with redis:7, which wrote to it: ask for it again, and kubectl annotate canarystatefulset redis -n default canary.example.com/force=new'
const standing = (trouble: string) =>
  `Claim ${claim} cannot be restored: ${trouble}. Its replica stays away until that is mended.`

describe('a restore by a Job', () => {
  checkRows(rollBack, [
    {
      title: 'The volume is kept first',
      given: restoring(),
      decides: 'act keepVolume',
    },
    {
      title: 'A pod of the backup that has ended only keeps the claim from going: it goes',
      given: restoring(withPods(replicaJobPod(backup, { phase: 'Succeeded' }))),
      decides: 'act deletePod',
      change: { pod: { name: `${backup.name}-pod`, uid: `${backup.name}-pod-uid` } },
    },
    {
      title: 'It is waited for',
      given: restoring(withPods(replicaJobPod(backup, { phase: 'Succeeded', deleting: true }))),
      decides: 'wait RollingBack',
    },
    {
      title: 'Not where it is the last that keeps a claim whose volume is not kept',
      given: restoring(
        withClaims(aClaim(1, { deleting: true })),
        withPods(replicaJobPod(backup, { phase: 'Succeeded', claims: [claim, aClaim(1).name] })),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'The claim is made again, empty',
      given: restoring(kept, withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-2', backup: backup.name },
    },
    {
      title: 'Also where the Job that backed it up is gone: what it stored is told by its uid',
      given: restoring(kept, withoutClaim(2), withReplicaJobs()),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-2', backup: backup.name },
    },
    {
      title: 'A Job is made for it, which gets the name of the backup',
      given: emptied(),
      decides: 'act createJob',
      change: {
        purpose: 'restore',
        job: name,
        attempt: 3,
        from: 'old',
        to: 'new',
        fromImage: 'redis:6',
        toImage: 'redis:7',
        claims: [{ name: claim, template: 'data', ordinal: 2 }],
        mounts: true,
        replica: { ordinal: 2, claimUids: { [claim]: 'empty-uid' }, backup: backup.uid },
      },
    },
    {
      title: 'Not before the pods of one that was deleted are gone',
      given: emptied(withPods(replicaJobPod(running))),
      decides: 'wait RollingBack',
    },
    {
      title: 'One that nobody controls any more is taken away',
      given: emptied(withPods(replicaJobPod(running, { orphan: true }))),
      decides: 'act deletePod',
    },
    {
      title: 'It is resumed, as it is',
      given: emptied(withRestore(restore())),
      decides: 'act resumeJob',
      change: { job: { name, uid: `${name}-uid`, resourceVersion: '100' } },
    },
    {
      title: 'Not while somebody else has the claim',
      given: emptied(withPods(foreignPod(2)), withRestore(restore())),
      decides: 'wait RestoreBlocked',
      says: standing('pod debug uses it; delete that pod'),
    },
    {
      title: 'It is waited for',
      given: emptied(withPods(replicaJobPod(running)), withRestore(running)),
      decides: 'wait RestoringData',
      says: `Job ${name} gives redis-stable-2 its data back, as it was before redis:7 could write to it. What it does: kubectl logs job/${name} -n default`,
    },
    {
      title: 'Complete, it counts when none of its pods runs any more',
      given: emptied(withPods(replicaJobPod(complete)), withRestore(complete)),
      decides: 'wait RestoringData',
    },
    {
      title: 'Then that is recorded, by the claim',
      given: emptied(withRestore(complete)),
      decides: 'act recordRestored',
    },
    {
      title: 'Recorded, the replica comes back, be the Job gone',
      given: emptied(restored, withReplicaJobs()),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim that was made anew since is not the one that was filled',
      given: emptied(restored, withClaims({ ...empty, uid: 'another' })),
      decides: 'act createJob',
    },
    {
      title: 'One of a claim of before ends',
      given: emptied(withRestore({ ...running, claims: { [claim]: 'of-before' } })),
      ...ended,
    },
    {
      title: 'And goes, where it has ended',
      given: emptied(withRestore({ ...complete, claims: { [claim]: 'of-before' } })),
      ...ended,
    },
    {
      title: 'One that is being deleted is waited for',
      given: emptied(withRestore({ ...complete, deleting: true })),
      decides: 'wait RestoringData',
    },
    {
      title: 'Once refused, that is said',
      given: emptied(withAnswers({ restoreJob: no('quota') })),
      decides: 'wait RestoreBlocked',
      says: blocked('the API server refuses the Job of spec.volumes.restore: quota'),
    },
    {
      title: 'A claim that was never backed up is not opened without a word',
      given: restoring(withRollout({ snapshots: {} })),
      decides: 'wait RestoreBlocked',
      says: blocked('it was never backed up'),
    },
    {
      title: 'One that failed is given up, and that is told with its words',
      given: emptied(withRestore(failed)),
      decides: 'act giveUpRestore',
      tells: [
        `Claim ${claim} is not restored; it gets its volume back as redis:7 left it: its Job ${name} failed: DeadlineExceeded. What was there before stays, until you delete it: the backup stored as ${backup.uid}`,
      ],
    },
    {
      title: 'Given up, what was made for it is kept, whoever has written to it',
      given: emptied(withRestore(failed), withRollout({ unrestored: [2] })),
      decides: 'act keepVolume',
      change: { volume: 'volume-new', claim: { name: claim, uid: 'empty-uid' }, attempt: 3, restored: true },
    },
    {
      title: 'And goes',
      given: emptied(keptTwice, withRestore(failed), withRollout({ unrestored: [2] })),
      decides: 'act deleteClaim',
      change: { claim: { name: claim, uid: 'empty-uid', resourceVersion: '100' } },
    },
    {
      title: 'And the volume that was kept comes back',
      given: restoring(keptTwice, withoutClaim(2), withRestore(failed), withRollout({ unrestored: [2] })),
      decides: 'act freeVolume',
      change: { volume: { name: 'volume-2', uid: 'volume-2-uid', resourceVersion: '100' } },
    },
    {
      title: 'Where the data is to be kept after all, the Job ends first',
      given: emptied(withRestore(running), withSpec({ onRollback: 'KeepData' })),
      ...ended,
    },
    {
      title: 'Then it is given up',
      given: emptied(withSpec({ onRollback: 'KeepData' })),
      decides: 'act giveUpRestore',
      tells: [
        `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: the backup stored as ${backup.uid}`,
      ],
    },
  ])
})

describe('a replica with two claims, of which a person has deleted one since old code ran', () => {
  const log = aClaim(2, {
    name: 'log-redis-stable-2',
    uid: 'log-uid',
    source: backup.name,
    volume: 'log-new',
  })
  const both = (...changes: readonly Change[]) =>
    emptied(
      withSpec({ claimTemplates: ['data', 'log'] }),
      withRollout({ snapshots: { [claim]: backup.uid, [log.name]: backup.uid } }),
      withKeptVolumes(
        aKeptVolume(2),
        aKeptVolume(2, { name: 'log-volume', claim: log.name, claimUid: 'log-of-before' }),
      ),
      withClaims(log),
      ...changes,
    )
  checkRows(rollBack, [
    {
      title: 'Both were filled: they are left alone',
      given: both(withRollout({ restored: { [claim]: 'empty-uid', [log.name]: 'log-uid' } })),
      decides: 'act returnReplicas',
    },
    {
      title: 'The one that was filled is taken out of use before a Job fills both',
      given: both(withRollout({ restored: { [claim]: 'empty-uid', [log.name]: 'log-deleted' } })),
      decides: 'act keepVolume',
      change: { volume: 'volume-new', claim: { name: claim, uid: 'empty-uid' }, attempt: 3, restored: true },
    },
    {
      title: 'Neither was filled: one Job fills both',
      given: both(),
      decides: 'act createJob',
    },
  ])
})

describe('a backup that is under way when the rollout is left', () => {
  const under = aReplicaJob('backup', 2)
  const leaving = (...changes: readonly Change[]) =>
    world(rolledOutWorld(), backingUp(), withRollout({ touched: 0 }), ...changes)
  const job = { name: under.name, uid: under.uid }

  checkRows(rollBack, [
    {
      title: 'It ends, be it suspended still',
      given: leaving(withReplicaJobs(under)),
      decides: 'act deleteJob',
      change: { job },
    },
    {
      title: 'It is waited for with its pods',
      given: leaving(withPods(replicaJobPod(under)), withReplicaJobs({ ...under, deleting: true })),
      decides: 'wait RollingBack',
    },
    {
      title: 'One that is complete ends where a pod of it still runs',
      given: leaving(withPods(replicaJobPod(backup)), withReplicaJobs(backup)),
      decides: 'act deleteJob',
    },
    {
      title: 'One that has ended stays',
      given: leaving(withReplicaJobs(backup)),
      decides: 'act returnReplicas',
    },
    {
      title: 'Not while only its pod keeps a claim that is being deleted',
      given: leaving(
        withPods(replicaJobPod(under)),
        withReplicaJobs(under),
        withClaims(aClaim(2, { deleting: true })),
      ),
      decides: 'wait ClaimDeleting',
    },
  ])

  const deleting = withResource({ deleting: true })
  checkRows(terminating, [
    {
      title: 'A deletion ends it before anything else',
      given: world(leaving(withReplicaJobs(under)), deleting),
      decides: 'act deleteJob',
      change: { job },
    },
    {
      title: 'And a restore: the volume that was kept comes back in its place',
      given: world(emptied(withRestore(running)), deleting),
      ...ended,
    },
    {
      title: 'What nobody will fill any more is kept',
      given: world(emptied(), deleting, withStable({ replicas: 2 })),
      decides: 'act keepVolume',
    },
    {
      title: 'The claim goes, though a dead leader may have deleted it already',
      given: world(emptied(restored, keptTwice), deleting, withStable({ replicas: 2 })),
      decides: 'act deleteClaim',
    },
    {
      title: 'Also where its restore has failed',
      given: world(
        emptied(withRestore(failed), withRollout({ unrestored: [2] })),
        deleting,
        withStable({ replicas: 2 }),
      ),
      decides: 'act keepVolume',
    },
    {
      title: 'A claim that was filled stays',
      given: world(emptied(restored), deleting),
      decides: 'act emptyStable',
    },
  ])

  checkRows(orphan, [
    {
      title: 'A deletion that leaves the replicas ends it, too',
      given: world(leaving(withReplicaJobs(under)), deleting, withSpec({ deletionPolicy: 'Orphan' })),
      decides: 'act deleteJob',
      change: { job },
    },
    {
      title: 'And goes on with a restore',
      given: world(emptied(withRestore(restore())), deleting, withSpec({ deletionPolicy: 'Orphan' })),
      decides: 'act resumeJob',
    },
    {
      title: 'Whose Job belongs to nobody then, and goes at the end',
      given: world(
        returnedWorld(),
        backingUp(2),
        withRollout({ restores: true, restored: { [claim]: 'empty-uid' } }),
        withClaims(empty),
        withReplicaJobs(backup, complete),
        deleting,
        withSpec({ deletionPolicy: 'Orphan' }),
        withStable({ ours: false }),
      ),
      ...ended,
    },
  ])

  checkRows(force, [
    {
      title: 'Whoever goes forward again gets what the new version left',
      given: world(emptied(withRestore(running)), wanting('new'), withResource({ force: 'new' })),
      ...ended,
    },
    {
      title: 'Pods of the restore that have ended go before the claim that it was to fill',
      given: world(
        emptied(withPods(replicaJobPod(failed, { phase: 'Failed' })), withRestore(failed)),
        wanting('new'),
        withResource({ force: 'new' }),
      ),
      decides: 'act deletePod',
    },
    {
      title: 'Whoever goes to a third one has the restore end first',
      given: world(emptied(withRestore(running)), wanting('third'), withResource({ force: 'third' })),
      decides: 'wait RestoringData',
    },
  ])
})

describe('Jobs of replicas at rest', () => {
  const old = aReplicaJob('backup', 2, { attempt: 2, suspended: false, outcome: 'complete' })

  checkRows(steady, [
    {
      title: 'Those of the newest attempt stay',
      given: world(stableWorld(), withRecord({ id: 3 }), withReplicaJobs(backup, complete)),
      decides: 'rest Stable',
    },
    {
      title: 'Those of earlier ones go',
      given: world(
        stableWorld(),
        withRecord({ id: 3 }),
        withReplicaJobs(backup, { ...old, name: 'redis-backup-resource-2-2' }),
      ),
      decides: 'act deleteJob',
    },
    {
      title: 'And what came late, and was never resumed',
      given: world(stableWorld(), withRecord({ id: 3 }), withReplicaJobs(aReplicaJob('backup', 2))),
      decides: 'act deleteJob',
    },
  ])

  checkRows(twoWriters, [
    {
      title: 'Pods of two Jobs on one claim are two',
      given: world(
        stableWorld(),
        withPods(replicaJobPod(backup), replicaJobPod(running, { claims: [claim] })),
      ),
      decides: 'wait TwoWriters',
    },
    {
      title: 'Two of one are two, as well',
      given: world(
        stableWorld(),
        withPods(
          replicaJobPod(running, { claims: ['x'] }),
          replicaJobPod(running, { name: 'y', claims: ['x'] }),
        ),
      ),
      decides: 'wait TwoWriters',
    },
  ])
})

describe('the way back with backups', () => {
  const active = (...changes: readonly Change[]) =>
    wayBack(factsOf(world(activeWorld(), backingUp(2), ...changes), Date.now()))

  it('is there, since the Job was made', () => {
    expect(active(withReplicaJobs(backup))).toEqual({
      possible: true,
      reason: 'Backups',
      since: backup.createdAt,
    })
  })
  it('is there where the Job is gone', () => {
    expect(active(withJobs())).toEqual({ possible: true, reason: 'Backups' })
  })
  it('is not there where a claim was not backed up', () => {
    expect(active(withRollout({ snapshots: {} }))).toEqual({ possible: false, reason: 'BackupMissing' })
  })
})
