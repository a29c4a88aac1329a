/**
 * Where snapshots are required, those that were recorded before the canary could write are there still when it is let loose: between
 * the two it may be held for days. Where new code runs already nobody asks again.
 */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { ActiveRecord } from '../record.ts'
import { snapshotted, type Snapshotted } from '../volumes/snapshots.ts'

/** Looks at the claims of the ordinals that the canary set has no replica of yet. */
export function snapshotsInPlace(facts: Facts, record: ActiveRecord, canary: SetView): Decision | undefined {
  const { resource, boundary, end } = facts
  const { rollout } = record
  // What a Job has stored is not ours to look at: one that was complete is taken at its word.
  if (resource.spec.snapshots.policy !== 'Required' || rollout.backups) return undefined
  const lost = snapshotted(facts, record, { from: boundary, to: end - canary.replicas }).find(
    (one) => !isThere(one, rollout.snapshots?.[one.name]),
  )
  return (
    lost &&
    wait({
      code: 'SnapshotMissing',
      target: resource,
      claim: lost.name,
      snapshot: lost.snapshotName,
      trouble: troubleOf(lost),
    })
  )
}

function isThere({ snapshot }: Snapshotted, recorded: string | undefined): boolean {
  return snapshot?.uid === recorded && snapshot?.ready === true && !snapshot.deleting
}

function troubleOf({ snapshot }: Snapshotted): string {
  if (snapshot?.deleting) return 'is being deleted'
  return snapshot?.ready === false ? 'is not ready any more' : 'is gone'
}
