/** A claim that a restore has deleted has to be gone first. What somebody else's finalizer keeps beyond its time is for people. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { ClaimView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { finalizerWords } from '../words/finalizer-words.ts'
import { restoreBlocked } from '../words/restore-blocked.ts'

export function awaitClaimEnd(
  facts: Facts,
  { name: claim, finalizer, deletingSince }: ClaimView,
  reason: Reason,
): Decision {
  if (finalizer === undefined || deletingSince === undefined) return wait(reason)
  const until = deletingSince + facts.resource.spec.progressDeadlineSeconds * 1000
  if (until > facts.now) return wait(reason, until)
  const trouble = `it was deleted, its volume is kept, and finalizer ${finalizer} does not let it go. ${finalizerWords(finalizer)}`
  return wait(restoreBlocked(facts, { claim, trouble }))
}
