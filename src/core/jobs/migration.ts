/** How far the migration of a rollout has come, as record and Jobs tell it. */
import type { Facts } from '../facts.ts'
import type { JobView } from '../observation.ts'
import type { Rollout, RolloutMigration } from '../record.ts'
import { logsCommand } from '../words/job-words.ts'
import { jobName } from './job-order.ts'

/** `failed` says what of. A Job of ours that was not started yet waits as one of others does that is not there. */
export type Course = 'waits' | 'runs' | 'complete' | { readonly failed: string }

/** The Job of the rollout under way: the one that its start has recorded, and no other of that name. */
export function jobOf(
  { jobs }: Pick<Facts, 'jobs'>,
  migration: RolloutMigration | undefined,
): JobView | undefined {
  return migration?.job === undefined ? undefined : jobs.find(({ uid }) => uid === migration.job)
}

export function courseOf(facts: Facts, rollout: Rollout, migration: RolloutMigration): Course {
  return migration.type === 'Job' ? courseOfOurs(facts, migration) : courseOfOthers(facts, rollout, migration)
}

function courseOfOurs(facts: Facts, migration: RolloutMigration): Course {
  const job = jobOf(facts, migration)
  if (job === undefined) return { failed: `its Job ${nameOfJob(facts)} is gone` }
  if (job.outcome === 'complete') return 'complete'
  if (job.outcome === 'failed') return { failed: failureOf(facts, job) }
  return migration.started ? 'runs' : 'waits'
}

/** Where one has failed a further one may be tried at once; what the newest failed of is what counts then. */
function courseOfOthers(facts: Facts, rollout: Rollout, migration: RolloutMigration): Course {
  const jobs = jobsOfOthers(facts, rollout, migration)
  if (jobs.some(({ outcome }) => outcome === 'complete')) return 'complete'
  const failed = newest(jobs.filter(({ outcome }) => outcome === 'failed'))
  if (failed === undefined || jobs.some(({ outcome }) => outcome === undefined)) return 'waits'
  return { failed: failureOf(facts, failed) }
}

/** Those that others made to migrate to that revision, for whichever attempt. */
export function jobsTo({ jobs }: Pick<Facts, 'jobs'>, to: string): readonly JobView[] {
  return jobs.filter(({ ours, revision }) => !ours && revision === to)
}

/** Of this attempt is what was not there when it began: an earlier one may have been taken back since. */
function jobsOfOthers(
  facts: Pick<Facts, 'jobs'>,
  rollout: Rollout,
  migration: RolloutMigration,
): readonly JobView[] {
  return jobsTo(facts, rollout.to).filter((job) => !isEarlier(job, rollout, migration))
}

/** The newest of them that has not ended. */
export function runningJob(
  facts: Pick<Facts, 'jobs'>,
  rollout: Rollout,
  migration: RolloutMigration,
): JobView | undefined {
  return newest(jobsOfOthers(facts, rollout, migration).filter(({ outcome }) => outcome === undefined))
}

function newest(jobs: readonly JobView[]): JobView | undefined {
  return jobs.toSorted((one, other) => one.createdAt - other.createdAt).at(-1)
}

/** One that was there before the rollout began, while none is there that counts. */
export function ignoredJob(
  facts: Pick<Facts, 'jobs'>,
  rollout: Rollout,
  migration: RolloutMigration,
): JobView | undefined {
  const jobs = jobsTo(facts, rollout.to)
  return jobs.every((job) => isEarlier(job, rollout, migration)) ? jobs[0] : undefined
}

/** By what was seen, since two clocks may disagree; an older record has but the moment (and Kubernetes tells those in whole seconds). */
function isEarlier({ uid, createdAt }: JobView, { at }: Rollout, { earlier }: RolloutMigration): boolean {
  return earlier?.includes(uid) ?? createdAt < Math.floor(at.started / 1000) * 1000
}

/**
 * It may have done something by now. That ours may is recorded before we resume its Job; but others may resume that, too, and when a
 * Job of theirs begins nobody tells: one that is there has.
 */
export function hasBegun(facts: Facts, rollout: Rollout, migration: RolloutMigration): boolean {
  return migration.started === true || beganUnrecorded(facts, rollout, migration) !== undefined
}

/** The Job whose beginning the record does not know yet. */
export function beganUnrecorded(
  facts: Facts,
  rollout: Rollout,
  migration: RolloutMigration,
): JobView | undefined {
  if (migration.started) return undefined
  if (migration.type === 'External') return jobsOfOthers(facts, rollout, migration)[0]
  const job = jobOf(facts, migration)
  return job !== undefined && (!job.suspended || job.outcome !== undefined) ? job : undefined
}

export function failureOf(facts: Facts, job: JobView): string {
  return `${failureWords(facts, job)} (${logsCommand(facts.resource, job.name)})`
}

/** With what its pod said last: where claims are restored the pods have to go before, and their logs with them. */
export function failureWords({ jobPods }: Facts, { name, trouble }: JobView): string {
  const last = jobPods.findLast((pod) => pod.job === name && pod.failure !== undefined)?.failure?.message
  const said = [trouble, last].filter((words) => words !== undefined)
  const words = said.length === 0 ? '' : `: ${said.join('; ')}`
  return `its Job ${name} failed${words}`
}

export function nameOfJob({ resource, record }: Facts): string {
  return jobName(resource, 'migrate', record?.id ?? 0)
}

/** It is to be done next, or is being done: nothing else moves forward meanwhile. Others may begin theirs earlier, beside what moves. */
export function isDue({ decision }: Rollout, { type, timing, done, started }: RolloutMigration): boolean {
  if (done || decision === 'rollback') return false
  return decision === 'promote' || timing === 'BeforeCanary' || (type === 'Job' && started === true)
}

/** What it failed of, in words for people; undefined where it did not, or where nobody waits for it yet. */
export function migrationTrouble(facts: Facts, rollout: Rollout): string | undefined {
  const { migration } = rollout
  if (migration === undefined || !isDue(rollout, migration)) return undefined
  const course = courseOf(facts, rollout, migration)
  return typeof course === 'object' ? course.failed : undefined
}

/** What an approval of the promotion leads to first, in words for people; nothing where it is done already. */
export function migrationAhead(facts: Facts, rollout: Rollout): string | undefined {
  const { migration } = rollout
  if (migration === undefined || migration.done || isDue(rollout, migration)) return undefined
  const course = courseOf(facts, rollout, migration)
  if (course === 'complete') return undefined
  const isTheirs = migration.type === 'External'
  if (typeof course === 'object')
    return (
      `The migration that comes before the promotion has failed: ${course.failed}. ` +
      `Approved so, the rollout fails${isTheirs ? ': make another Job with its labels first' : ''}`
    )
  const job = isTheirs ? runningJob(facts, rollout, migration) : undefined
  if (job !== undefined) return `The promotion waits for its migration, Job ${job.name}`
  return `Its migration comes between the approval and the promotion${isTheirs ? ', by a Job that somebody else makes' : ''}`
}
