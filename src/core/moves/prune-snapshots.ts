/**
 * At rest the snapshots of the newest attempts are kept, as many as the spec says, and the Jobs that backed up or restored in them; a
 * snapshot that a claim is still made from stays. What a Job has stored is for people to keep or to delete.
 */
import { act, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { RolloutRecord } from '../record.ts'

export function pruneSnapshots(facts: Facts, { rollout }: RolloutRecord): Decision | undefined {
  if (rollout !== undefined) return undefined
  const { snapshots, claims, resource } = facts
  const jobs = facts.jobs.flatMap(({ ours, purpose, attempt = 0, ...job }) =>
    ours && purpose !== undefined ? [{ ...job, attempt }] : [],
  )
  const all = [...snapshots, ...jobs].map(({ attempt }) => attempt)
  const attempts = [...new Set(all)].toSorted((one, other) => other - one)
  const kept = attempts.slice(0, resource.spec.snapshots.keep)
  const isOld = (one: { readonly attempt: number; readonly deleting: boolean }) =>
    !one.deleting && !kept.includes(one.attempt)
  const old = snapshots.find(
    (one) =>
      one.byJob !== true &&
      isOld(one) &&
      !claims.some(({ source, volume }) => source === one.name && volume === undefined),
  )
  if (old !== undefined) {
    const { name, uid } = old
    return act(
      { kind: 'deleteSnapshot', snapshot: { name, uid } },
      { code: 'PruningSnapshots', snapshot: name },
    )
  }
  const job = jobs.find(isOld)
  if (job === undefined) return undefined
  const { name, uid } = job
  const removing = act({ kind: 'deleteJob', job: { name, uid } }, { code: 'RemovingJob', job: name })
  return claimDeleting(facts) ?? removing
}
