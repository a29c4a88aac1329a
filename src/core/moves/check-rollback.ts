/**
 * The check after a rollback: all replicas are back on the version before, and a Job of the user's asserts that they found their data,
 * since being ready does not prove it. It only looks, so that it runs as soon as it is made, and again where somebody deletes it.
 */
import { act, ask, type Decision, wait } from '../decision.ts'
import type { UserEvent } from '../event.ts'
import { type Facts, versionOf } from '../facts.ts'
import { handedClaims, type JobOrder, jobName, revisionsOf } from '../jobs/job-order.ts'
import { failureOf } from '../jobs/migration.ts'
import type { JobView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { Rollout, RolloutRecord } from '../record.ts'
import { restoreWords } from './adopt-restore.ts'
import { obstacleAmong } from '../words/trouble.ts'
import { awaitJobEnd } from './await-job-end.ts'

/** Undefined where it has passed, or nobody wants one. */
export function checkRollback(facts: Facts, record: RolloutRecord, rollout: Rollout): Decision | undefined {
  if (facts.resource.spec.checksRollback !== true) return undefined
  const job = checkOf(facts, record)
  if (job === undefined) return make(facts, checkOrder(facts, record.id, rollout), rollout)
  if (job.outcome === 'complete') return undefined
  if (job.deleting) return awaitJobEnd(facts, job, checking(facts, rollout, job.name))
  if (job.outcome === undefined) return wait(checking(facts, rollout, job.name))
  const restores = restoreWords(facts, { ...record, rollout })
  return wait({
    code: 'RollbackCheckFailed',
    target: facts.resource,
    image: versionOf(facts, rollout.from),
    job: job.name,
    trouble: failureOf(facts, job),
    ...(restores !== undefined && { restores }),
  })
}

export function checkOrder(
  facts: Facts,
  attempt: number,
  { from, to, touched }: Pick<Rollout, 'from' | 'to' | 'touched'>,
): JobOrder {
  return {
    purpose: 'check',
    job: jobName(facts.resource, 'check', attempt),
    attempt,
    ...revisionsOf(facts, { from, to }),
    claims: handedClaims(facts, touched),
    mounts: false,
  }
}

/** Told with the end of the rollout: that it passed, or that the rollout is left though it failed. */
export function checkedEvents(facts: Facts, record: RolloutRecord): readonly UserEvent[] {
  const { rollout, resource } = facts
  const job = checkOf(facts, record)
  if (rollout === undefined || resource.spec.checksRollback !== true || job?.outcome === undefined) return []
  const what = `The check of the rollback to ${versionOf(facts, rollout.from)}`
  if (job.outcome === 'complete')
    return [{ type: 'Normal', reason: 'RollbackChecked', note: `${what} passed, Job ${job.name}` }]
  const target = versionOf(facts, resource.spec.target)
  return [{ type: 'Warning', reason: 'RollbackLeft', note: `${what} failed, and it is left for ${target}` }]
}

function checkOf({ jobs, resource }: Facts, { id }: RolloutRecord): JobView | undefined {
  const name = jobName(resource, 'check', id)
  return jobs.find((job) => job.ours && job.name === name)
}

/** Once refused it is asked for by dry run before it is tried again. */
function make(facts: Facts, order: JobOrder, rollout: Rollout): Decision {
  const making = act({ kind: 'createJob', ...order }, checking(facts, rollout, order.job))
  if (facts.answers.checkJob === undefined) return making
  const what = 'the Job of spec.rollback.check'
  return (
    ask(facts, { kind: 'checkJob', order }, (message) => ({ code: 'SetRefused', what, message })) ?? making
  )
}

function checking(facts: Facts, { from }: Rollout, job: string): Reason {
  const trouble = obstacleAmong(facts.jobPods.filter((pod) => pod.job === job))
  return {
    code: 'CheckingRollback',
    target: facts.resource,
    image: versionOf(facts, from),
    job,
    ...(trouble !== undefined && { trouble }),
  }
}
