/**
 * What is said while the storage makes the volume of a restored claim, once that takes long: before, it would be one more write
 * of the status in every rollback. What the storage says is in the claim's events, which the operator has no right to list.
 */
import { earliest, type Facts } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'
import { type Restorable, restorable } from '../volumes/way-back.ts'

/** Of `spec.strategy.progressDeadlineSeconds`, after which the restore is given up. */
const long = 0.1

/** Undefined where none is awaited for long. */
export function volumeAwaited(facts: Facts, record: RolloutRecord): string | undefined {
  const one = awaited(facts, record).find((candidate) => (longAt(facts, candidate) ?? Infinity) <= facts.now)
  if (one === undefined) return undefined
  return volumeAwaitedWords(facts, one.name)
}

export function volumeAwaitedWords({ resource }: Facts, claim: string): string {
  return `waiting until the storage makes the volume of claim ${claim} (what it says: kubectl describe pvc ${claim} -n ${resource.namespace})`
}

/** When that has more to say by itself. */
export function volumeAwaitedAt(facts: Facts, record: RolloutRecord): number | undefined {
  const moments = awaited(facts, record).map((one) => longAt(facts, one))
  return earliest(...moments.filter((moment) => moment !== undefined && moment > facts.now))
}

function awaited(facts: Facts, record: RolloutRecord): readonly Restorable[] {
  return restorable(facts, record).filter(
    ({ claim, snapshotName, byJob }) =>
      !byJob && claim?.source === snapshotName && claim.volume === undefined && !claim.deleting,
  )
}

function longAt({ resource, stablePods }: Facts, { ordinal }: Restorable): number | undefined {
  const since = stablePods.find((pod) => pod.ordinal === ordinal)?.unreadySince
  return since === undefined ? undefined : since + long * resource.spec.progressDeadlineSeconds * 1000
}
