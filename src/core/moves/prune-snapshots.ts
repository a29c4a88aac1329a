/**
 * At rest the snapshots of the newest attempts are kept, as many and for as long as the spec says, and the Jobs that backed up or restored
 * in them. An attempt without any that is ready is no way back to anything, and pushes none out. A snapshot that a claim is still
 * made from stays; and so do those of an attempt whose restore was given up, until a person deletes them: nothing else has what was
 * there before. What a Job has stored is for people to keep or to delete.
 */
import { act, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { JobView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { RolloutRecord } from '../record.ts'
import { hasExpired } from '../volumes/expiry.ts'
import { isSource } from '../volumes/snapshots.ts'

export function pruneSnapshots(facts: Facts, record: RolloutRecord): Decision | undefined {
  const { rollout, id, unrestoredAttempts: unrestored = [] } = record
  if (rollout !== undefined) return undefined
  const kept = keptAttempts(facts, unrestored)
  // A record that is older than what was taken knows nothing of the rollout that it was taken for.
  const isOld = (one: {
    readonly attempt?: number
    readonly createdAt: number
    readonly deleting: boolean
  }) => {
    const { attempt = 0, deleting } = one
    if (deleting || attempt > id || unrestored.includes(attempt)) return false
    return !kept.includes(attempt) || hasExpired(facts, one)
  }
  const old = facts.snapshots.find((one) => one.byJob !== true && isOld(one) && !isSource(facts, one.name))
  if (old !== undefined) {
    const { name, uid } = old
    return act(
      { kind: 'deleteSnapshot', snapshot: { name, uid } },
      { code: 'PruningSnapshots', snapshot: name },
    )
  }
  // The last one that failed stays, for people to read.
  const isRead = ({ outcome, attempt }: JobView) => outcome === 'failed' && attempt === id
  const job = facts.jobs.find((one) => one.ours && one.purpose !== undefined && isOld(one) && !isRead(one))
  if (job === undefined) return undefined
  const { name, uid } = job
  const removing = act({ kind: 'deleteJob', job: { name, uid } }, { code: 'RemovingJob', job: name })
  return claimDeleting(facts) ?? removing
}

/** Besides those that stay anyhow. */
function keptAttempts({ snapshots, resource }: Facts, unrestored: readonly number[]): readonly number[] {
  const usable = snapshots.filter(
    ({ ready, deleting, attempt }) => ready && !deleting && !unrestored.includes(attempt),
  )
  const attempts = [...new Set(usable.map(({ attempt }) => attempt))]
  return attempts.toSorted((one, other) => other - one).slice(0, resource.spec.snapshots.keep)
}
