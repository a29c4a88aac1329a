/**
 * Jobs that have replicas' claims, where what they do is wanted no more: they end before anybody else may have those. One that has
 * not ended is deleted in the foreground, be it suspended still: a dead leader's late patch would resume it.
 */
import { act, type Decision } from '../decision.ts'
import { type Facts, isFinished } from '../facts.ts'
import { unfinishedPods } from '../jobs/backups.ts'
import { isReplicaJobName } from '../jobs/job-order.ts'
import type { JobView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import { isToFill } from '../volumes/fill-claims.ts'
import { awaitJobEnd } from './await-job-end.ts'
import { takeOrphansAway } from './take-orphans-away.ts'

/** `restoring`: whoever calls goes on with the restores that the rollout has decided on. */
export function endReplicaJobs(
  facts: Facts,
  reason: (doing: string) => Reason,
  { restoring }: { readonly restoring: boolean },
): Decision | undefined {
  const own = facts.jobs.filter(({ ours, purpose }) => ours && purpose !== undefined)
  const open = own.find(
    (job) => !hasEnded(facts, job) && !(restoring && job.purpose === 'restore' && isToFill(facts, job)),
  )
  if (open !== undefined) return end(facts, open, reason)
  const orphans = facts.jobPods.filter(
    (pod) =>
      !isFinished(pod) &&
      isReplicaJobName(pod.job ?? '', facts.resource) &&
      !own.some(({ name }) => name === pod.job),
  )
  return orphans.length === 0
    ? undefined
    : takeOrphansAway(facts, orphans, reason('waiting until the pods of a Job are gone'))
}

function hasEnded({ pods }: Facts, { name, outcome, deleting }: JobView): boolean {
  return outcome !== undefined && !deleting && unfinishedPods(pods, name).length === 0
}

/** The pods of a backup may be the last that keep a claim; those of a restore have what was made again. */
function end(facts: Facts, job: JobView, reason: (doing: string) => Reason): Decision {
  const { name, uid, deleting, purpose } = job
  const doing = reason(`ending Job ${name}`)
  if (deleting) return awaitJobEnd(facts, job, doing)
  return (
    (purpose === 'backup' ? claimDeleting(facts) : undefined) ??
    act({ kind: 'deleteJob', job: { name, uid } }, doing)
  )
}
