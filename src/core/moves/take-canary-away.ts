/**
 * The canary's way out, the same in promote and roll back: emptied, gone, deleted. Deleting the set fences a late
 * write that would arm it again; before stable's replicas may return there is no canary set and no canary pod.
 */
import { changeStable, refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import { awaitEnd } from './await-end.ts'
import { takeOrphansAway } from './take-orphans-away.ts'
import { replaceStuckPod } from './replace-stuck-pod.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'

export function takeCanaryAway(facts: Facts, reason: (doing: string) => Reason): Decision | undefined {
  const { canary, canaryPods } = facts
  if (canary === undefined)
    return canaryPods.length === 0
      ? undefined
      : (claimDeleting(facts) ??
          takeOrphansAway(facts, canaryPods, reason('waiting until the last canary pod is gone')))
  if (canary.replicas > 0 && !canary.deleting)
    return (
      claimDeleting(facts) ??
      strayStable(facts, reason) ??
      act({ kind: 'emptyCanary', set: refOf(canary) }, reason('taking the canary away'))
    )
  const waits = awaitEnd(facts, canaryPods, reason('waiting until the canary is gone'))
  // Only where pods are left: beside a set that a dead leader created late, stable has its replicas by right.
  if (canaryPods.length > 0) return strayStable(facts, reason) ?? waits
  if (canary.deleting || !canary.observed) return waits
  return act({ kind: 'deleteSet', set: refOf(canary) }, reason('deleting the empty canary set'))
}

/** A stray stable pod that the scheduler guard holds starts as soon as the canary lets go: put stable back before that. */
function strayStable(facts: Facts, reason: (doing: string) => Reason): Decision | undefined {
  const { stable, replicas, canaries, boundary, rollout } = facts
  // After the one patch stable has all its replicas by right.
  if (stable === undefined || !stable.ours || stable.revision !== rollout?.from) return undefined
  if (stable.replicas !== replicas - canaries)
    return (
      claimDeleting(facts) ??
      act(
        changeStable(stable, 'restoreDisplacement', { replicas: replicas - canaries }),
        reason('putting the stable set back to its size in this rollout'),
      )
    )
  const stray = facts.stablePods.filter((pod) => pod.ordinal >= boundary)
  if (stray.length === 0 && stable.observed) return undefined
  // Under OrderedReady one stays for ever beside a replica that fails: then no rollback and no force would ever end.
  return (
    replaceStuckPod(facts, reason('replacing a pod that its set leaves standing')) ??
    awaitEnd(facts, stray, reason('waiting until the displaced replicas are gone'))
  )
}
