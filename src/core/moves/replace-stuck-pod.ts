/** The set controller stalls on some pods for ever; deleting them is what it would do itself if it got there. */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { stuckPod, type Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'

export function replaceStuckPod(facts: Facts, reason: Reason): Decision | undefined {
  const stuck = stuckPod(facts)
  if (stuck === undefined) return undefined
  return claimDeleting(facts) ?? act({ kind: 'deletePod', pod: { name: stuck.name, uid: stuck.uid } }, reason)
}
