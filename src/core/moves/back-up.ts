/**
 * A Job backs a replica up while nobody has its claims. It is created suspended, so that one that comes late is inert, and resumed by
 * ONE patch with its resourceVersion. One that fails is for people: deleted, it is made again.
 */
import { refOf } from '../action.ts'
import { act, ask, type Decision, wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { jobNamed } from '../jobs/backups.ts'
import { replicaOrder } from '../jobs/job-order.ts'
import { otherUser } from '../jobs/job-users.ts'
import { failureOf } from '../jobs/migration.ts'
import type { JobView, SnapshotView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { awaitJobEnd } from './await-job-end.ts'
import { dueAt, type Snapshotted } from '../volumes/snapshots.ts'
import { obstacleAmong } from '../words/trouble.ts'

const what = 'the Job of spec.volumes.backup'

/** Once refused it is asked for by dry run before it is tried again. */
export function backUp(
  facts: Facts,
  record: ActiveRecord,
  { ordinal, pod, snapshotName }: Snapshotted,
): Decision {
  const order = replicaOrder(facts, record, { purpose: 'backup', ordinal, ...(pod !== undefined && { pod }) })
  const making = act({ kind: 'createJob', ...order }, backingUp(facts, ordinal, snapshotName))
  if (facts.resource.spec.backups === undefined)
    return wait({
      code: 'SetRefused',
      what,
      message: 'the spec no longer gives it; put it back, or revert the spec',
    })
  if (facts.answers.backupJob === undefined) return making
  return (
    ask(facts, { kind: 'backupJob', order }, (message) => ({ code: 'SetRefused', what, message })) ?? making
  )
}

/** Its pods go with it: they may be the last that keep a claim. */
export function discardBackup(
  facts: Facts,
  { ordinal }: Snapshotted,
  job: { readonly name: string; readonly uid: string },
): Decision {
  return claimDeleting(facts) ?? act({ kind: 'deleteJob', job }, backingUp(facts, ordinal, job.name))
}

/** All are resumed before any of them is waited for; none that people have to see to is kept from them by one that runs. */
export function awaitBackup(facts: Facts, awaited: readonly Snapshotted[]): Decision | undefined {
  const jobs = awaited.flatMap((one) => {
    const job = jobNamed(facts, one.snapshotName)
    return job === undefined ? [] : [{ one, job }]
  })
  const suspended = jobs.find(({ job }) => job.suspended && !job.deleting && job.outcome === undefined)
  if (suspended !== undefined) return resume(facts, suspended.one, suspended.job)
  const next = jobs.find(({ job }) => job.outcome === 'failed') ?? jobs[0]
  return next && standing(facts, next.one, next.job)
}

function resume(facts: Facts, { ordinal, snapshot }: Snapshotted, job: JobView): Decision {
  const user = otherUser(facts, job)
  if (user !== undefined) return wait({ code: 'ForeignPod', ...user }, snapshot && untilDue(facts, snapshot))
  return (
    claimDeleting(facts) ?? act({ kind: 'resumeJob', job: refOf(job) }, backingUp(facts, ordinal, job.name))
  )
}

function standing(facts: Facts, { ordinal, snapshot }: Snapshotted, job: JobView): Decision {
  if (job.deleting) return awaitJobEnd(facts, job, backingUp(facts, ordinal, job.name))
  const due = snapshot && untilDue(facts, snapshot)
  const trouble = backupTrouble(facts, job)
  if (trouble === undefined && due !== undefined) return wait(backingUp(facts, ordinal, job.name), due)
  return wait(
    {
      code: 'BackupFailed',
      target: facts.resource,
      pod: replicaName(facts, ordinal),
      job: job.name,
      trouble:
        trouble ??
        `Job ${job.name} is not complete after spec.volumes.backup.deadlineSeconds${obstacleClause(facts, job.name)}`,
    },
    due,
  )
}

/** Once it is past nobody waits for it any more. */
function untilDue(facts: Facts, snapshot: SnapshotView): number | undefined {
  const due = dueAt(facts, snapshot)
  return due > facts.now ? due : undefined
}

function backupTrouble(facts: Facts, job: JobView): string | undefined {
  return job.outcome === 'failed' && !job.deleting ? failureOf(facts, job) : undefined
}

/** Why the rollout under way has no backups in time, in words for people. */
export function backupsTrouble(facts: Facts): string | undefined {
  const { record, rollout, jobs } = facts
  if (rollout?.backups !== true) return undefined
  const backups = jobs.filter(
    (job) => job.ours && job.purpose === 'backup' && job.attempt === record?.id && job.outcome !== 'complete',
  )
  const failed = backups.find(({ outcome }) => outcome === 'failed')
  const trouble = failed && backupTrouble(facts, failed)
  if (trouble !== undefined) return `a backup was not taken: ${trouble}`
  const late = backups.find(({ name }) => obstacleOf(facts, name) !== undefined) ?? backups[0]
  return `a backup was not complete in time${late === undefined ? '' : `: Job ${late.name}${obstacleClause(facts, late.name)}`}`
}

/** What keeps its pod from running: who reads of it afterwards finds neither. */
function obstacleClause(facts: Facts, job: string): string {
  const obstacle = obstacleOf(facts, job)
  return obstacle === undefined ? '' : `, ${obstacle}`
}

function obstacleOf({ jobPods }: Facts, job: string): string | undefined {
  return obstacleAmong(jobPods.filter((pod) => pod.job === job))
}

function backingUp(facts: Facts, ordinal: number, job: string): Reason {
  const trouble = obstacleOf(facts, job)
  return {
    code: 'BackingUp',
    target: facts.resource,
    pod: replicaName(facts, ordinal),
    job,
    ...(trouble !== undefined && { trouble }),
  }
}

function replicaName({ resource }: Facts, ordinal: number): string {
  return `${resource.name}-stable-${ordinal}`
}
