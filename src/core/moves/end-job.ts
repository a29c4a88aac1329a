/**
 * The Job of a rollout that is left: it ends before anybody else may write. What was started is deleted in the foreground, be it
 * suspended still: a dead leader's late patch would resume it. One that has ended stays, for people to read; but its pods keep
 * a claim from going, so that not where a restore takes claims out of use.
 */
import { act, type Decision } from '../decision.ts'
import { type Facts, isFinished } from '../facts.ts'
import { jobOf, nameOfJob } from '../jobs/migration.ts'
import type { JobView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { Rollout } from '../record.ts'
import { awaitJobEnd } from './await-job-end.ts'
import { takeOrphansAway } from './take-orphans-away.ts'

export function endJob(facts: Facts, reason: (doing: string) => Reason): Decision | undefined {
  const { rollout, jobPods } = facts
  const { migration } = rollout ?? {}
  if (rollout === undefined || migration?.job === undefined) return undefined
  const job = jobOf(facts, migration)
  const pods = jobPods.filter((pod) => pod.job === nameOfJob(facts))
  const left = mustGo(rollout) ? pods : pods.filter((pod) => !isFinished(pod))
  const doing = reason('waiting until the Job of the migration is gone')
  if (job === undefined) return left.length === 0 ? undefined : takeOrphansAway(facts, left, doing)
  if (job.deleting) return awaitJobEnd(facts, job, doing)
  if (isHarmless(job, rollout) && left.length === 0) return undefined
  const { name, uid } = job
  return (
    claimDeleting(facts) ??
    act({ kind: 'deleteJob', job: { name, uid } }, reason('ending the Job of the migration'))
  )
}

/** Claims that it has are to be taken out of use. */
function mustGo({ migration, restores }: Rollout): boolean {
  return migration?.mountsClaims === true && restores === true
}

/** It has ended, or was never started. */
function isHarmless({ outcome, suspended }: JobView, { migration }: Rollout): boolean {
  return outcome !== undefined || (suspended && migration?.started !== true)
}
