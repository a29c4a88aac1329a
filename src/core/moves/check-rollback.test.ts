import { describe } from 'vitest'
import { rollBack } from '../rules/roll-back.ts'
import { start } from '../rules/start.ts'
import {
  aClaim,
  aJob,
  allAllowed,
  endless,
  jobPod,
  minute,
  no,
  now,
  snapshotting,
  stablePod,
  unready,
  wanting,
  withAnswers,
  withClaims,
  withJobs,
  withPods,
  withRollout,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { returnedWorld, wantingWorld } from '../testing/rollout-worlds.ts'

const name = 'redis-check-resource-3'
const checked = withSpec({ checksRollback: true })
const back = world(returnedWorld(), wanting('old'), checked)
const check = (changes: Parameters<typeof aJob>[0] = {}) =>
  aJob({ name, uid: `${name}-uid`, suspended: false, ...changes })
const order = {
  purpose: 'check',
  job: name,
  attempt: 3,
  from: 'old',
  to: 'new',
  fromImage: 'redis:6',
  toImage: 'redis:7',
  claims: [{ name: 'data-redis-stable-2', template: 'data', ordinal: 2 }],
  mounts: false,
}
const closed = 'Rollout of redis:7 was rolled back to redis:6'
const running = `All replicas are back on redis:6, and Job ${name} checks their data before the rollout is closed`
const logs = `kubectl logs job/${name} -n default`
const failed = check({ outcome: 'failed', trouble: 'Job has reached the specified backoff limit' })

describe('a rollback that is done', () => {
  checkRows(rollBack, [
    {
      title: 'It is checked before it is closed',
      given: back,
      decides: 'act createJob',
      change: order,
    },
    {
      title: 'Where nobody wants a check it is closed',
      given: world(returnedWorld(), wanting('old')),
      decides: 'act closeRollout',
      tells: [closed],
    },
    {
      title: 'Not while a replica is not available',
      given: world(back, withPods(unready(stablePod(0)))),
      decides: 'wait RollingBack',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'The check is awaited',
      given: world(back, withJobs(check())),
      decides: 'wait CheckingRollback',
      says: `${running}. What it does: ${logs}`,
    },
    {
      title: 'What ails its pod is said, and of no other Job',
      given: world(
        back,
        withJobs(check()),
        withPods(
          jobPod(undefined, { name: 'other', unschedulable: true }),
          jobPod(undefined, { name: 'its-pod', job: name, unschedulable: true }),
        ),
      ),
      decides: 'wait CheckingRollback',
      says: `${running}; its-pod finds no node (look at its events). What it does: ${logs}`,
    },
    {
      title: 'One that passed lets it be closed, and is told',
      given: world(back, withJobs(check({ outcome: 'complete' }))),
      decides: 'act closeRollout',
      tells: [`The check of the rollback to redis:6 passed, Job ${name}`, closed],
    },
    {
      title: 'One that failed holds it, with the ways out',
      given: world(back, withJobs(failed)),
      decides: 'wait RollbackCheckFailed',
      says: `All replicas are back on redis:6, but the check of their data failed: its Job ${name} failed: Job has reached the specified backoff limit (${logs}). The rollout is not closed. Put the data right (volumes that a restore took out of use are in status.retainedVolumes), or set spec.image to a version that opens it. To check again: kubectl delete job ${name} -n default. To do without, remove spec.rollback.check.`,
    },
    {
      title: 'A restore is one of them, where the data was to be kept and could be had',
      given: world(
        back,
        withJobs(failed),
        snapshotting(2),
        withClaims(aClaim(2, { volume: 'volume-2' })),
        withSpec({ onRollback: 'KeepData' }),
      ),
      decides: 'wait RollbackCheckFailed',
      says:
        `All replicas are back on redis:6, but the check of their data failed: its Job ${name} failed: Job has reached the specified backoff limit (${logs}). The rollout is not closed. ` +
        'Put the data right (volumes that a restore took out of use are in status.retainedVolumes), or set spec.image to a version that opens it. ' +
        'To give redis:6 its data of before, with what redis:7 wrote kept aside: ' +
        `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"Restore"}}}'. ` +
        `To check again: kubectl delete job ${name} -n default. To do without, remove spec.rollback.check.`,
    },
    {
      title: 'Until its Job is deleted',
      given: world(back, withJobs({ ...failed, deleting: true })),
      decides: 'wait CheckingRollback',
    },
    {
      title: 'Whose pod is named where it does not end',
      given: world(
        back,
        withJobs({ ...failed, deleting: true }),
        withPods(endless(jobPod(undefined, { job: name }))),
      ),
      decides: 'wait PodStuck',
    },
    {
      title: 'Or another version is asked for',
      given: world(back, withJobs(failed), wanting('third')),
      decides: 'act closeRollout',
      tells: ['The check of the rollback to redis:6 failed, and it is left for redis:8', closed],
    },
    {
      title: 'Which does not come before the check has spoken',
      given: world(back, withJobs(check()), wanting('third')),
      decides: 'wait CheckingRollback',
    },
    {
      title: 'Or nobody wants it any more',
      given: world(back, withJobs(failed), withSpec({ checksRollback: undefined as never })),
      decides: 'act closeRollout',
      tells: [closed],
    },
    {
      title: 'One of an earlier attempt, of the migration, or of a stranger is none',
      given: world(
        back,
        withRollout({ touched: 1 }),
        withJobs(
          check({ name: 'redis-check-resource-2', outcome: 'complete' }),
          aJob({ outcome: 'complete' }),
          check({ ours: false, outcome: 'complete' }),
        ),
      ),
      decides: 'act createJob',
    },
    {
      title: 'Once refused it is asked for',
      given: world(back, withAnswers({ checkJob: no('exceeded quota', 0) })),
      decides: 'ask checkJob',
      question: { kind: 'checkJob', order },
    },
    {
      title: 'And a refusal is told',
      given: world(back, withAnswers({ checkJob: no('no such field') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses the Job of spec.rollback.check, so nothing was changed: no such field',
    },
  ])
})

describe('before a rollout', () => {
  checkRows(start, [
    {
      title: 'The API server is asked whether it would take the Job of its check',
      given: world(wantingWorld(), allAllowed, checked),
      decides: 'ask checkJob',
      question: { kind: 'checkJob', order },
    },
  ])
})
