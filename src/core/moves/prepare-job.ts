/**
 * The migration's Job is made before its rollout starts, suspended: what it does is frozen in it from then on, and the rollout
 * records its uid in its first write, so that no Job that comes late, or is a stranger's, is ever taken for it.
 */
import { act, type Decision, wait } from '../decision.ts'
import { nextNumber } from '../attempts.ts'
import type { Facts } from '../facts.ts'
import { handedClaims, type JobOrder, jobName, revisionsOf } from '../jobs/job-order.ts'
import { jobsTo } from '../jobs/migration.ts'
import type { JobView, MigrationSpec } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { RolloutMigration, RolloutRecord } from '../record.ts'
import { awaitJobEnd } from './await-job-end.ts'

/** Undefined where there is it, and none of an earlier attempt. */
export function prepareJob(facts: Facts, record: RolloutRecord): Decision | undefined {
  const order = migrationOrder(facts, record)
  const made = preparedJob(facts)
  const old = facts.jobs.find((job) => job.ours && job.purpose === undefined && job !== made)
  if (old !== undefined) return removeJob(facts, old)
  if (order === undefined || made !== undefined) return undefined
  return act({ kind: 'createJob', ...order }, { code: 'Creating', what: `Job ${order.job}` })
}

/** What would be made now; undefined where none is wanted. */
export function migrationOrder(facts: Facts, { accepted }: RolloutRecord): JobOrder | undefined {
  const { spec } = facts.resource
  const { migration } = spec
  if (migration?.type !== 'Job') return undefined
  const attempt = nextNumber(facts)
  const step = facts.steps.at(migration.timing === 'BeforeCanary' ? 0 : -1)
  return {
    purpose: 'migrate',
    job: jobName(facts.resource, 'migrate', attempt),
    attempt,
    ...revisionsOf(facts, { from: accepted, to: spec.target }),
    claims: handedClaims(facts, step?.canaryReplicas ?? 0),
    mounts: migration.mountClaims,
  }
}

/** Of the next attempt, from the spec as it is, and still inert. */
function preparedJob(facts: Facts): JobView | undefined {
  const attempt = nextNumber(facts)
  return facts.jobs.find(
    (job) =>
      job.ours &&
      job.purpose === undefined &&
      job.attempt === attempt &&
      job.generation === facts.resource.generation &&
      job.suspended &&
      !job.deleting &&
      job.outcome === undefined,
  )
}

/**
 * Of the next attempt, and somebody else let it run. Another one in its place would be resumed like it, and the migration run again and
 * again, before its rollout has begun: it is for a person to delete, whatever the spec says since. Asked before who has the claims: its
 * pod, which the Job would make again, is no stranger's.
 */
export function jobNotResumed(facts: Facts): Decision | undefined {
  if (facts.resource.spec.migration?.type !== 'Job') return undefined
  const attempt = nextNumber(facts)
  const resumed = facts.jobs.find(
    (job) =>
      job.ours &&
      job.purpose === undefined &&
      job.attempt === attempt &&
      !job.deleting &&
      (!job.suspended || job.outcome !== undefined),
  )
  return resumed && wait({ code: 'JobResumed', target: facts.resource, job: resumed.name })
}

/** As the rollout that starts now records it. */
export function recordedMigration(facts: Facts): RolloutMigration | undefined {
  const { migration } = facts.resource.spec
  if (migration === undefined) return undefined
  return { ...frozen(migration), ...(migration.type === 'Job' ? jobUid(facts) : earlierJobs(facts)) }
}

function frozen({ type, timing, digest, reversible, mountClaims }: MigrationSpec): RolloutMigration {
  return {
    type,
    timing,
    ...(!reversible && { irreversible: true }),
    ...(mountClaims && { mountsClaims: true }),
    digest,
  }
}

function jobUid(facts: Facts): Pick<RolloutMigration, 'job'> {
  const job = preparedJob(facts)
  return job === undefined ? {} : { job: job.uid }
}

function earlierJobs(facts: Facts): Pick<RolloutMigration, 'earlier'> {
  return { earlier: jobsTo(facts, facts.resource.spec.target).map(({ uid }) => uid) }
}

/** At rest nothing needs one that was never started; one that has ended stays until the next attempt, for people to read. */
export function pruneJobs(facts: Facts, { accepted, rejected }: RolloutRecord): Decision | undefined {
  const { target } = facts.resource.spec
  if (target !== accepted && target !== rejected) return undefined
  const old = facts.jobs.find(({ ours, outcome }) => ours && outcome === undefined)
  return old && removeJob(facts, old)
}

function removeJob(facts: Facts, job: JobView): Decision {
  const { name, uid, deleting } = job
  const reason: Reason = { code: 'RemovingJob', job: name }
  return deleting
    ? awaitJobEnd(facts, job, reason)
    : (claimDeleting(facts) ?? act({ kind: 'deleteJob', job: { name, uid } }, reason))
}
