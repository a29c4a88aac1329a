/**
 * A claim that has no volume yet is still to be made from its snapshot, by whoever mounts it next: that one does not go with the
 * resource, as the others do.
 */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'

export function releaseSnapshots({ snapshots, claims }: Facts, reason: Reason): Decision | undefined {
  const needed = snapshots.find(
    ({ name, owned }) =>
      owned && claims.some(({ source, volume }) => source === name && volume === undefined),
  )
  if (needed === undefined) return undefined
  const { name, uid } = needed
  return act({ kind: 'releaseSnapshot', snapshot: { name, uid } }, reason)
}
