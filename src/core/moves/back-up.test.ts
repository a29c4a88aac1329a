import { describe } from 'vitest'
import {
  aClaim,
  aReplicaJob,
  backingUp,
  type Change,
  foreignPod,
  hour,
  minute,
  no,
  now,
  replicaJobPod,
  stablePod,
  withAnswers,
  withClaimDeleting,
  withClaims,
  withPods,
  withReplicaJobs,
  withSpec,
  world,
  yes,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { displacedWorld, patchedWorld, touchedWorld } from '../testing/rollout-worlds.ts'
import { decide } from '../rules/decide.ts'
import { forward } from '../rules/forward.ts'
import { pinned } from '../rules/pinned.ts'
import { promote } from '../rules/promote.ts'
import type { JobView } from '../observation.ts'

const displaced = (...changes: readonly Change[]) => world(displacedWorld(), backingUp(), ...changes)
const backup = (changes: Partial<JobView> = {}) => aReplicaJob('backup', 2, changes)
const running = backup({ suspended: false })
const complete = backup({ suspended: false, outcome: 'complete' })
const failed = backup({ suspended: false, outcome: 'failed', trouble: 'BackoffLimitExceeded' })
const name = 'redis-backup-resource-3-2'
const deleted = { decides: 'act deleteJob', change: { job: { name, uid: `${name}-uid` } } } as const
const due = now + 10 * minute
const claim = 'data-redis-stable-2'

const order = (ordinal: number, pod?: string) => ({
  purpose: 'backup',
  job: `redis-backup-resource-3-${ordinal}`,
  attempt: 3,
  from: 'old',
  to: 'new',
  fromImage: 'redis:6',
  toImage: 'redis:7',
  claims: [{ name: `data-redis-stable-${ordinal}`, template: 'data', ordinal }],
  mounts: true,
  replica: {
    ordinal,
    claimUids: { [`data-redis-stable-${ordinal}`]: `data-redis-stable-${ordinal}-uid` },
    ...(pod !== undefined && { pod }),
  },
})

describe('a backup before a canary', () => {
  checkRows(forward, [
    {
      title: 'One that was made since the replica was called backed up is ended before the canary starts',
      given: world(touchedWorld(), backingUp(2), withReplicaJobs(running)),
      ...deleted,
    },
    {
      title: 'When the displaced replica is gone, a Job is made for it, suspended',
      given: displaced(),
      decides: 'act createJob',
      change: order(2),
    },
    {
      title: 'One for each replica, from the top',
      given: world(displacedWorld({ canaryReplicas: 2 }), backingUp(), withReplicaJobs(backup())),
      decides: 'act createJob',
      change: order(1),
    },
    {
      title: 'It is resumed, as it is',
      given: displaced(withReplicaJobs(backup())),
      decides: 'act resumeJob',
      change: { job: { name, uid: `${name}-uid`, resourceVersion: '100' } },
    },
    {
      title: 'All are resumed before any is waited for',
      given: world(
        displacedWorld({ canaryReplicas: 2 }),
        backingUp(),
        withReplicaJobs(running, aReplicaJob('backup', 1)),
      ),
      decides: 'act resumeJob',
    },
    {
      title: 'Not while a stranger has the claim',
      given: displaced(withPods(foreignPod(2)), withReplicaJobs(backup())),
      decides: 'wait ForeignPod',
      wakeAt: due,
    },
    {
      title: 'Nor while the pod of a Job that somebody deleted has it, which is no stranger',
      given: displaced(withPods(replicaJobPod(running, { deleting: true })), withReplicaJobs()),
      decides: 'wait RemovingJob',
      says: `Job ${name} was deleted; nothing is started on claim data-redis-stable-2 before its pod ${name}-pod is gone.`,
    },
    {
      title: 'But one that was deleted without its pod leaves a stranger',
      given: displaced(withPods(replicaJobPod(running, { orphan: true })), withReplicaJobs()),
      decides: 'wait ForeignPod',
    },
    {
      title: 'And one whose node is lost is for people',
      given: displaced(
        withPods(replicaJobPod(running, { deleting: true, endsBy: now - hour })),
        withReplicaJobs(),
      ),
      decides: 'wait PodStuck',
    },
    {
      title: 'Nor while the claim is being deleted',
      given: displaced(withReplicaJobs(backup()), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      wakeAt: due,
    },
    {
      title: 'It is waited for, and its pod is no stranger',
      given: displaced(withPods(replicaJobPod(running)), withReplicaJobs(running)),
      decides: 'wait BackingUp',
      says: `Job ${name} backs up the claims of redis-stable-2, before new code may write to them. What it does: kubectl logs job/${name} -n default. To take the rollout back, revert the spec.`,
      wakeAt: due,
    },
    {
      title: 'What keeps its pod is passed on',
      given: displaced(
        withPods(replicaJobPod(running, { phase: 'Pending', unschedulable: true })),
        withReplicaJobs(running),
      ),
      decides: 'wait BackingUp',
      says: `Job ${name} backs up the claims of redis-stable-2, before new code may write to them; ${name}-pod finds no node (look at its events). What it does: kubectl logs job/${name} -n default. To take the rollout back, revert the spec.`,
      wakeAt: due,
    },
    {
      title: 'Complete, it counts when none of its pods runs any more',
      given: displaced(withPods(replicaJobPod(complete)), withReplicaJobs(complete)),
      decides: 'wait BackingUp',
      wakeAt: due,
    },
    {
      title: 'Then the canary set is next',
      given: displaced(withPods(replicaJobPod(complete, { phase: 'Succeeded' })), withReplicaJobs(complete)),
      decides: 'act createCanary',
    },
    {
      title: 'One that is being deleted is no way back',
      given: displaced(withReplicaJobs({ ...complete, deleting: true })),
      decides: 'wait BackingUp',
      wakeAt: due,
    },
    {
      title: 'One that a finalizer keeps for longer than its time is for people',
      given: displaced(withReplicaJobs({ ...complete, deleting: true, deletingSince: now - 10 * minute })),
      decides: 'wait JobStuck',
      wakeAt: due,
    },
    {
      title: 'One of another claim of that name goes, and is made again',
      given: displaced(withReplicaJobs(complete), withClaims(aClaim(2, { uid: 'another' }))),
      ...deleted,
    },
    {
      title: 'One that failed is said, with its last words',
      given: displaced(
        withPods(
          replicaJobPod(failed, { phase: 'Failed', failure: { reason: 'Error', message: 'no space left' } }),
        ),
        withReplicaJobs(failed),
      ),
      decides: 'wait BackupFailed',
      says:
        `redis-stable-2 is not backed up: its Job ${name} failed: BackoffLimitExceeded; no space left (kubectl logs job/${name} -n default). ` +
        `New code gets its claims only when there is a backup. To try again: kubectl delete job ${name} -n default. To take the rollout back, revert the spec.`,
      wakeAt: due,
    },
    {
      title: 'One that has had all its time is said, too',
      given: displaced(withReplicaJobs({ ...running, createdAt: now - 15 * minute })),
      decides: 'wait BackupFailed',
      says: `redis-stable-2 is not backed up: Job ${name} is not complete after spec.volumes.backup.deadlineSeconds. New code gets its claims only when there is a backup. To try again: kubectl delete job ${name} -n default. To take the rollout back, revert the spec.`,
    },
    {
      title: 'A failed one is not hidden by one that runs',
      given: world(
        displacedWorld({ canaryReplicas: 2 }),
        backingUp(),
        withReplicaJobs(running, aReplicaJob('backup', 1, { suspended: false, outcome: 'failed' })),
      ),
      decides: 'wait BackupFailed',
      wakeAt: due,
    },
    {
      title: 'Where the spec no longer has the Job, that is said',
      given: world(displaced(), withSpec({}), (before) => {
        const { backups: _, ...spec } = before.resource.spec
        return { ...before, resource: { ...before.resource, spec } }
      }),
      decides: 'wait SetRefused',
      says: 'The API server refuses the Job of spec.volumes.backup, so nothing was changed: the spec no longer gives it; put it back, or revert the spec',
    },
    {
      title: 'Once refused it is held',
      given: displaced(withAnswers({ backupJob: no('quota') })),
      decides: 'wait SetRefused',
    },
    {
      title: 'And tried again when a dry run allows it',
      given: displaced(withAnswers({ backupJob: yes })),
      decides: 'act createJob',
    },
  ])
})

describe('a backup that is late', () => {
  checkRows(decide, [
    {
      title: 'It is left alone while it has time',
      given: displaced(withReplicaJobs(failed)),
      decides: 'nothing',
    },
    {
      title: 'Then the rollout is taken back, and its failure is told',
      given: displaced(withReplicaJobs({ ...failed, createdAt: now - 15 * minute })),
      decides: 'act recordDecision',
      tells: [
        `Rolling back redis:7: a backup was not taken: its Job ${name} failed: BackoffLimitExceeded (kubectl logs job/${name} -n default)`,
      ],
    },
    {
      title: 'One that hangs is taken back, too',
      given: displaced(withReplicaJobs({ ...running, createdAt: now - 15 * minute })),
      decides: 'act recordDecision',
      tells: [`Rolling back redis:7: a backup was not complete in time: Job ${name}`],
    },
    {
      title: 'With what kept its pod from running',
      given: displaced(
        withPods(replicaJobPod(running, { phase: 'Pending', unschedulable: true })),
        withReplicaJobs({ ...running, createdAt: now - 15 * minute }),
      ),
      decides: 'act recordDecision',
      tells: [
        `Rolling back redis:7: a backup was not complete in time: Job ${name}, ${name}-pod finds no node (look at its events)`,
      ],
    },
  ])
})

describe('a backup further down in a promotion', () => {
  const stopped = stablePod(1, { pinned: true, deleting: true, stopped: true, phase: 'Succeeded' })
  const promoting = (...changes: readonly Change[]) =>
    world(patchedWorld({}, 2), backingUp(2), withPods(stopped), ...changes)
  const of = (changes: Partial<JobView>) => aReplicaJob('backup', 1, { pod: stopped.uid, ...changes })

  checkRows(promote, [
    {
      title: 'Its replica is stopped first',
      given: world(patchedWorld({}, 2), backingUp(2)),
      decides: 'act pinPod',
    },
    {
      title: 'Then a Job is made of what that one left',
      given: promoting(),
      decides: 'act createJob',
      change: order(1, stopped.uid),
    },
    {
      title: 'It is resumed beside the pod that has ended',
      given: promoting(withReplicaJobs(of({}))),
      decides: 'act resumeJob',
    },
    {
      title: 'One of a replica that ran since goes',
      given: promoting(withReplicaJobs(of({ pod: 'an-earlier-one', outcome: 'complete' }))),
      decides: 'act deleteJob',
    },
    {
      title: 'It is recorded with the partition',
      given: promoting(withReplicaJobs(of({ suspended: false, outcome: 'complete' }))),
      decides: 'act lowerPartition',
    },
  ])

  checkRows(pinned, [
    {
      title: 'Taken back, its Job ends before the replica comes back',
      given: world(
        patchedWorld({}, 2),
        backingUp(2),
        withPods({ ...stopped, name: 'redis-stable-0', ordinal: 0, claims: [aClaim(0).name] }),
        withReplicaJobs(of({ suspended: false })),
      ),
      decides: 'act deleteJob',
    },
  ])
})

describe('the claim of a backup', () => {
  checkRows(forward, [
    {
      title: 'is missed by its name',
      given: world(displaced(), (before) => ({
        ...before,
        claims: before.claims.filter(({ name: other }) => other !== claim),
      })),
      decides: 'wait ClaimMissing',
    },
  ])
})
