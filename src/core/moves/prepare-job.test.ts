import { describe } from 'vitest'
import type { RolloutMigration } from '../record.ts'
import { start } from '../rules/start.ts'
import { steady } from '../rules/steady.ts'
import {
  aJob,
  allAllowed,
  endless,
  jobPod,
  minute,
  aMigration,
  aRevision,
  no,
  now,
  restRecord,
  stableWorld,
  wanting,
  withAnswers,
  withClaimDeleting,
  withJobs,
  withPods,
  withRecord,
  withRevisions,
  withSpec,
  world,
  yes,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { wantingWorld } from '../testing/rollout-worlds.ts'

const wanted = world(
  wantingWorld(),
  allAllowed,
  withAnswers({ migrationJob: yes }),
  withSpec({ migration: aMigration }),
)
const order = {
  purpose: 'migrate',
  job: 'redis-migrate-resource-3',
  attempt: 3,
  from: 'old',
  to: 'new',
  fromImage: 'redis:6',
  toImage: 'redis:7',
  claims: [{ name: 'data-redis-stable-2', template: 'data', ordinal: 2 }],
  mounts: false,
}
const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]
const claim = (ordinal: number) => ({ name: `data-redis-stable-${ordinal}`, template: 'data', ordinal })
const old = aJob({ name: 'redis-migrate-resource-2', uid: 'old-uid', attempt: 2, outcome: 'complete' })
const startOf = (migration: RolloutMigration) => ({
  record: {
    ...restRecord,
    id: 3,
    rollout: {
      from: 'old',
      to: 'new',
      replicas: 3,
      steps: [{ canaryReplicas: 1 }],
      step: 0,
      touched: 0,
      migration,
      ack: false,
      at: { started: now },
    },
  },
  replicas: 2,
})
const started = ['Rollout from redis:6 to redis:7 started']

describe('before a rollout with a migration', () => {
  checkRows(start, [
    {
      title: 'The API server is asked whether it would take the Job',
      given: world(wanted, withAnswers({ migrationJob: undefined as never })),
      decides: 'ask migrationJob',
      question: { kind: 'migrationJob', order },
    },
    {
      title: 'A refusal is told, and nothing is touched',
      given: world(
        wanted,
        withAnswers({ migrationJob: no('spec.template.spec.containers: Required value') }),
      ),
      decides: 'wait SetRefused',
      says: 'The API server refuses the Job of spec.migration, so nothing was changed: spec.template.spec.containers: Required value',
    },
    { title: 'Then the Job is made', given: wanted, decides: 'act createJob', change: order },
    {
      title: 'It has the claims of the last step',
      given: world(wanted, withSpec({ steps, migration: { ...aMigration, mountClaims: true } })),
      decides: 'act createJob',
      change: { ...order, claims: [claim(1), claim(2)], mounts: true },
    },
    {
      title: 'Or of the first one, where it comes before that',
      given: world(wanted, withSpec({ steps, migration: { ...aMigration, timing: 'BeforeCanary' } })),
      decides: 'act createJob',
      change: order,
    },
    {
      title: 'The first write of the rollout records it',
      given: world(wanted, withJobs(aJob())),
      decides: 'act startRollout',
      tells: started,
    },
    {
      title: 'One that was made of an older spec is replaced',
      given: world(wanted, withJobs(aJob({ generation: 0 }))),
      decides: 'act deleteJob',
    },
    {
      title: 'Not one that somebody has resumed, who would resume the next one, too',
      given: world(wanted, withJobs(aJob({ suspended: false }))),
      decides: 'wait JobResumed',
      says:
        'No rollout is started, because somebody else resumed Job redis-migrate-resource-3 before its time (a controller that queues Jobs, or a person), and may do so with each that is made. ' +
        'Its migration may have run. Keep them from it (mostly a label in spec.migration.jobTemplate.metadata does); ' +
        'then: kubectl delete job redis-migrate-resource-3 -n default, and another one is made. To do without this rollout, revert the spec.',
    },
    {
      title: 'Whose pod, that waits for the claim, is not a stranger to be deleted',
      given: world(
        wanted,
        withJobs(aJob({ suspended: false })),
        withPods(jobPod(2, { phase: 'Pending', unschedulable: true })),
      ),
      decides: 'wait JobResumed',
    },
    {
      title: 'Nor when it has ended',
      given: world(wanted, withJobs(aJob({ outcome: 'complete' }))),
      decides: 'wait JobResumed',
    },
    {
      title: 'Nor when the spec has changed since, be it the replicas',
      given: world(wanted, withJobs(aJob({ suspended: false, generation: 0 }))),
      decides: 'wait JobResumed',
    },
    {
      title: 'Once a person deletes it, it is waited for, and another one is made',
      given: world(wanted, withJobs(aJob({ suspended: false, deleting: true }))),
      decides: 'wait RemovingJob',
    },
    {
      title: 'Where no migration is wanted any more it goes',
      given: world(wantingWorld(), allAllowed, withJobs(aJob({ suspended: false }))),
      decides: 'act deleteJob',
    },
    {
      title: 'Those of earlier attempts go first',
      given: world(wanted, withJobs(old, aJob())),
      decides: 'act deleteJob',
      change: { job: { name: old.name, uid: old.uid } },
    },
    {
      title: 'And are waited for',
      given: world(wanted, withJobs({ ...old, deleting: true }, aJob())),
      decides: 'wait RemovingJob',
    },
    {
      title: 'And their pods, of which one that does not end is named',
      given: world(
        wanted,
        withJobs({ ...old, deleting: true }),
        withPods(endless(jobPod(undefined, { job: old.name }))),
      ),
      decides: 'wait PodStuck',
    },
    {
      title: 'For so long',
      given: world(wanted, withJobs({ ...old, deleting: true, deletingSince: now - minute })),
      decides: 'wait RemovingJob',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'One that a finalizer keeps is said then',
      given: world(wanted, withJobs({ ...old, deleting: true, deletingSince: now - 10 * minute })),
      decides: 'wait JobStuck',
      says:
        'Job redis-migrate-resource-2 is being deleted, its pods are gone, and a finalizer still keeps it (look at its metadata.finalizers), so everything waits for it. ' +
        'Find out who set that finalizer; where they are gone for good, take it out.',
    },
    {
      title: 'They go also where there is no migration any more',
      given: world(wantingWorld(), allAllowed, withJobs(old)),
      decides: 'act deleteJob',
    },
    {
      title: 'A Job of somebody else stays, nobody makes one, and it does not count for this rollout',
      given: world(
        wanted,
        withSpec({ migration: { ...aMigration, type: 'External' } }),
        withJobs({ ...aJob(), ours: false }, { ...aJob({ uid: 'other' }), ours: false, revision: 'third' }),
      ),
      decides: 'act startRollout',
      change: startOf({ type: 'External', timing: 'BeforePromotion', digest: 'one', earlier: [aJob().uid] }),
      tells: started,
    },
    {
      title: 'That there was none is recorded, too',
      given: world(wanted, withSpec({ migration: { ...aMigration, type: 'External' } })),
      decides: 'act startRollout',
      change: startOf({ type: 'External', timing: 'BeforePromotion', digest: 'one', earlier: [] }),
      tells: started,
    },
  ])
})

describe('at rest', () => {
  const atRest = world(stableWorld(), withRevisions(aRevision('old', 1)))
  checkRows(steady, [
    {
      title: 'A Job that has ended stays, for people to read',
      given: world(atRest, withJobs(old)),
      decides: 'rest Stable',
    },
    {
      title: 'One that was never started goes',
      given: world(atRest, withJobs(aJob())),
      decides: 'act deleteJob',
    },
    {
      title: 'So does one that somebody has resumed, with its pods',
      given: world(atRest, withJobs(aJob({ suspended: false }))),
      decides: 'act deleteJob',
    },
    {
      title: 'Also where its version was rejected',
      given: world(atRest, wanting('new'), withRecord({ ...restRecord, rejected: 'new' }), withJobs(aJob())),
      decides: 'act deleteJob',
    },
    {
      title: 'Not the one that the next rollout is about to start with',
      given: world(wanted, withJobs(aJob())),
      decides: 'nothing',
    },
    {
      title: 'Not while a claim that its pods keep is being deleted',
      given: world(atRest, withJobs(aJob()), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
  ])
})
