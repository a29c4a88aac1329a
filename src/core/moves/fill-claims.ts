/**
 * A Job fills the claims of a replica from its backup, while nobody else has them: created suspended, resumed by ONE patch with its
 * resourceVersion, and recorded when it is complete, by the claims' uids, before a replica may come back to them.
 */
import { changeStable, refOf } from '../action.ts'
import { act, ask, type Decision, wait } from '../decision.ts'
import { type Facts, versionOf } from '../facts.ts'
import { isComplete, unfinishedPods } from '../jobs/backups.ts'
import { type JobOrder, replicaOrder } from '../jobs/job-order.ts'
import { otherUser } from '../jobs/job-users.ts'
import type { JobView, SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { isOf, type ToFill, toFill } from '../volumes/fill-claims.ts'
import { restoreBlocked } from '../words/restore-blocked.ts'
import { obstacleAmong } from '../words/trouble.ts'
import { awaitJobEnd } from './await-job-end.ts'
import { takeOrphansAway } from './take-orphans-away.ts'

/** All are made before any of them is waited for. `ordinals`: whose replicas are away. */
export function fillClaims(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  ordinals: readonly number[],
): Decision | undefined {
  const open = toFill(facts, record).filter(({ ordinal }) => ordinals.includes(ordinal))
  for (const one of open) {
    const making = prepare(facts, record, one)
    if (making !== undefined) return making
  }
  for (const one of open) {
    const { job } = one
    if (job?.suspended && job.outcome === undefined) return resume(facts, record, one, job)
  }
  const [next] = open
  if (next?.job === undefined) return undefined
  const reason = restoring(facts, record, next)
  return isComplete(next.job, facts.pods) ? recordRestored(stable, record, next, reason) : wait(reason)
}

/** Undefined where there is one for these very claims. */
function prepare(facts: Facts, record: ActiveRecord, one: ToFill): Decision | undefined {
  const { job, jobName } = one
  const reason = restoring(facts, record, one)
  if (job?.deleting) return awaitJobEnd(facts, job, reason)
  // Of claims that had these names before; endReplicaJobs has seen to it that it does nothing.
  if (job !== undefined)
    return isOf(job, one)
      ? undefined
      : act({ kind: 'deleteJob', job: { name: job.name, uid: job.uid } }, reason)
  const left = unfinishedPods(facts.pods, jobName)
  return left.length > 0 ? takeOrphansAway(facts, left, reason) : make(facts, record, one)
}

function make(facts: Facts, record: ActiveRecord, one: ToFill): Decision {
  const claim = one.claims[0]?.name ?? ''
  const blockedBy = (trouble: string) => restoreBlocked(facts, { claim, trouble, written: record.rollout })
  const { ordinal, claims } = one
  const backup = claims.map((found) => found.backup).find((uid) => uid !== undefined)
  if (backup === undefined) return wait(blockedBy('it was never backed up'))
  if (facts.resource.spec.backups === undefined)
    return wait(blockedBy('the spec no longer gives spec.volumes.restore; put it back'))
  const order: JobOrder = replicaOrder(facts, record, { purpose: 'restore', ordinal, backup })
  const making = act({ kind: 'createJob', ...order }, restoring(facts, record, one))
  if (facts.answers.restoreJob === undefined) return making
  return (
    ask(facts, { kind: 'restoreJob', order }, (message) =>
      blockedBy(`the API server refuses the Job of spec.volumes.restore: ${message}`),
    ) ?? making
  )
}

function resume(facts: Facts, record: ActiveRecord, one: ToFill, job: JobView): Decision {
  const user = otherUser(facts, job)
  if (user !== undefined) {
    const claim = one.claims[0]?.name ?? ''
    return wait(restoreBlocked(facts, { claim, trouble: `pod ${user.pod} uses it; delete that pod` }))
  }
  return act({ kind: 'resumeJob', job: refOf(job) }, restoring(facts, record, one))
}

function recordRestored(stable: SetView, record: ActiveRecord, { claims }: ToFill, reason: Reason): Decision {
  const { rollout } = record
  const filled = claims.map(({ name, claim }) => [name, claim?.uid ?? ''] as const)
  const restored = { ...rollout.restored, ...Object.fromEntries(filled) }
  const change = { record: { ...record, rollout: { ...rollout, restored } } }
  return act(changeStable(stable, 'recordRestored', change), reason)
}

function restoring(facts: Facts, { rollout }: ActiveRecord, { ordinal, jobName }: ToFill): Reason {
  const trouble = obstacleAmong(facts.jobPods.filter((pod) => pod.job === jobName))
  return {
    code: 'RestoringData',
    target: facts.resource,
    pod: `${facts.resource.name}-stable-${ordinal}`,
    image: versionOf(facts, rollout.to),
    job: jobName,
    ...(trouble !== undefined && { trouble }),
  }
}
