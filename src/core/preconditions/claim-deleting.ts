/**
 * A precondition of everything that takes a pod away: Kubernetes completes the deletion of a claim when its pod
 * goes, so a claim that is being deleted loses its data by our hand. (Run for real: the replica came back empty.)
 */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { claimBeingDeleted, type Facts } from '../facts.ts'

export function claimDeleting(facts: Facts): Decision | undefined {
  const claim = claimBeingDeleted(facts)
  if (claim === undefined) return undefined
  const pod = facts.pods.find((user) => user.claims.includes(claim.name))
  const isCanary = pod?.role === 'canary'
  return wait({
    code: 'ClaimDeleting',
    claim: claim.name,
    ...(claim.finalizer !== undefined && { finalizer: claim.finalizer }),
    ...(pod !== undefined && { pod: pod.name }),
    ...(isCanary && { isCanary }),
    ...(pod?.stopped && { isStopped: true as const }),
  })
}
