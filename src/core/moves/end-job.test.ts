import { describe } from 'vitest'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { rollBack } from '../rules/roll-back.ts'
import { terminating } from '../rules/terminating.ts'
import {
  aJob,
  jobPod,
  hour,
  migrating,
  now,
  withClaimDeleting,
  withJobs,
  withPods,
  withResource,
  withRollout,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { clearedWorld, rollingBackWorld } from '../testing/rollout-worlds.ts'

const started = migrating({ mountsClaims: true, started: true })
const rolling = world(rollingBackWorld(), started)
const running = aJob({ suspended: false })
const ended = aJob({ suspended: false, outcome: 'failed' })
const job = { name: 'redis-migrate-resource-3', uid: 'redis-migrate-resource-3-uid' }
const deleted = { decides: 'act deleteJob', change: { job } } as const

describe('the Job of a rollout that is rolled back', () => {
  checkRows(rollBack, [
    {
      title: 'One that runs is ended',
      given: world(rolling, withJobs(running), withPods(jobPod(2))),
      ...deleted,
    },
    {
      title: 'One that was started is, also where it is still suspended',
      given: world(rolling, withJobs(aJob())),
      ...deleted,
    },
    {
      title: 'One that somebody resumed by hand is',
      given: world(rollingBackWorld(), migrating(), withJobs(running)),
      ...deleted,
    },
    {
      title: 'One that was never started is left for later',
      given: world(rollingBackWorld(), migrating(), withJobs(aJob())),
      decides: 'act emptyCanary',
    },
    {
      title: 'Not while a claim that it may keep is being deleted',
      given: world(rolling, withJobs(running), withPods(jobPod(2)), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'It is waited for',
      given: world(rolling, withJobs(aJob({ suspended: false, deleting: true })), withPods(jobPod(2))),
      decides: 'wait RollingBack',
    },
    {
      title: 'Where it does not go though its pods have, that is said in the end',
      given: world(rolling, withJobs(aJob({ deleting: true, deletingSince: now - hour }))),
      decides: 'wait JobStuck',
    },
    {
      title: 'And its last pod, when it is gone',
      given: world(rolling, withJobs(), withPods(jobPod(2, { deleting: true }))),
      decides: 'wait RollingBack',
    },
    {
      title: 'A pod that was left without its Job is taken away',
      given: world(rolling, withJobs(), withPods(jobPod(2, { orphan: true }))),
      decides: 'act deletePod',
    },
    {
      title: 'One that has ended stays, for people to read',
      given: world(rolling, withJobs(ended), withPods(jobPod(2, { phase: 'Failed' }))),
      decides: 'act emptyCanary',
    },
    {
      title: 'But goes where its claims are to be restored',
      given: world(
        rolling,
        withRollout({ restores: true }),
        withJobs(ended),
        withPods(jobPod(2, { phase: 'Failed' })),
      ),
      ...deleted,
    },
  ])
})

const busy = [withJobs(running), withPods(jobPod(2))] as const

describe('the Job of a rollout that is left otherwise', () => {
  checkRows(force, [
    {
      title: 'A forced version ends it',
      given: world(clearedWorld(), started, ...busy, withResource({ force: 'new' })),
      ...deleted,
    },
  ])
  checkRows(terminating, [
    {
      title: 'A deletion ends it',
      given: world(clearedWorld(), started, ...busy, withResource({ deleting: true })),
      ...deleted,
    },
  ])
  checkRows(orphan, [
    {
      title: 'A deletion that leaves the replicas ends it before they come back',
      given: world(
        clearedWorld(),
        started,
        ...busy,
        withResource({ deleting: true }),
        withSpec({ deletionPolicy: 'Orphan' }),
      ),
      ...deleted,
    },
  ])
})
