/**
 * Scales stable to what it should have outside of a rollout's own moves. Down is more than a number: claims must be
 * retained, and no pod is taken from a claim that is being deleted.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { retained } from './retain.ts'

export function setReplicas(facts: Facts, reason: Reason): Decision | undefined {
  const { stable, replicas } = facts
  if (stable === undefined || stable.replicas === replicas) return undefined
  const scale = act(changeStable(stable, 'scale', { replicas }), reason)
  return stable.replicas < replicas ? scale : (retained(facts) ?? claimDeleting(facts) ?? scale)
}
