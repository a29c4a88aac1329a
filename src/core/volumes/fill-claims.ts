/** Claims that were made again, empty, and that a Job is to fill from the backup of their replica. */
import type { Facts } from '../facts.ts'
import { replicaJobName } from '../jobs/job-order.ts'
import type { JobView } from '../observation.ts'
import type { ActiveRecord } from '../record.ts'
import { restorable, type Restorable } from './way-back.ts'

/** The open claims of one replica. */
export interface ToFill {
  readonly ordinal: number
  readonly claims: readonly Restorable[]
  readonly jobName: string
  /** Of that name, whatever it was made for. */
  readonly job: JobView | undefined
}

/** Replicas whose claims are all made again as far as they are to be, and not all of them filled. */
export function toFill(facts: Facts, record: ActiveRecord): readonly ToFill[] {
  const open = restorable(facts, record).filter(({ isDone }) => !isDone)
  const ordinals = [...new Set(open.map(({ ordinal }) => ordinal))]
  return ordinals.flatMap((ordinal) => {
    const claims = open.filter((one) => one.ordinal === ordinal)
    const jobName = replicaJobName(facts.resource, 'restore', { attempt: record.id, ordinal })
    const job = facts.jobs.find(({ ours, name }) => ours && name === jobName)
    return claims.every(({ isEmpty }) => isEmpty) ? [{ ordinal, claims, jobName, job }] : []
  })
}

/** It was made for these very claims. */
export function isOf({ claims = {} }: JobView, { claims: wanted }: Pick<ToFill, 'claims'>): boolean {
  return wanted.every(({ name, claim }) => claim !== undefined && claims[name] === claim.uid)
}

/** It fills claims that the rollout's rollback is to restore. */
export function isToFill(facts: Facts, job: JobView): boolean {
  const { record, rollout, resource } = facts
  if (record === undefined || rollout === undefined || resource.spec.onRollback === 'KeepData') return false
  return toFill(facts, { ...record, rollout }).some((one) => one.job === job && isOf(job, one))
}
