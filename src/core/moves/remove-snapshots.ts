/**
 * Snapshots go with the resource, where the spec says so, and last of all: nothing is to be restored from them any more. A claim that
 * has no volume yet is still to be made from its snapshot, by whoever mounts it next: that one stays behind.
 */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import { isSource } from '../volumes/snapshots.ts'

export function removeSnapshots(facts: Facts, reason: (doing: string) => Reason): Decision | undefined {
  if (facts.resource.spec.snapshots.onDelete === 'Keep') return undefined
  const left = facts.snapshots.find(
    ({ name, deleting, byJob }) => byJob !== true && !deleting && !isSource(facts, name),
  )
  if (left === undefined) return undefined
  const { name, uid } = left
  return act(
    { kind: 'deleteSnapshot', snapshot: { name, uid } },
    reason(`deleting VolumeSnapshot ${name}, as spec.volumes.snapshot.onDelete says`),
  )
}
