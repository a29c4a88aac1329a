/**
 * Somebody else wrote the pod template of one of our sets, how it is rolled, or its first ordinal. No label shows it: what
 * such a set brings up is called by a revision that it does not run, or is on claims that are not its own. Stable gets its
 * template back at once, in every phase, since at each moment one more replica may be handed to the edit; a canary that is
 * still to be judged is made anew.
 */
import { changeStable, type StableChange } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { isOutdated, stuckPod, type Facts } from '../facts.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { retain } from '../moves/retain.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import type { Reason } from '../reason.ts'
import type { RolloutRecord } from '../record.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'

export function edited(facts: Facts): Decision | undefined {
  const { stable, record } = facts
  if (stable === undefined || record === undefined) return undefined
  if (isEdited(stable)) return putBack(facts, stable, record)
  return replaceEdited(facts, stable) ?? remakeCanary(facts)
}

function isEdited({ edits = {}, partition }: SetView): boolean {
  return partition === undefined || ['template', 'updateStrategy', 'ordinals'].some((field) => field in edits)
}

/** The template that its label names, on the replicas that have it by right. */
function putBack(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout, resource } = facts
  const { ordinalsStart } = resource.spec
  const revision = rollout === undefined ? record.accepted : stable.revision
  // Without a label nobody knows how far a rollout is; the other rules say what they make of that.
  if (rollout !== undefined && revision !== rollout.from && revision !== rollout.to) return undefined
  return (
    retain(facts) ??
    revisionInStore(facts, revision) ??
    claimDeleting(facts) ??
    act(
      changeStable(stable, 'putBackTemplate', { revision, ordinalsStart, ...placed(stable, record) }),
      settling(stable),
    )
  )
}

/**
 * From the one patch of a promotion on the partition says how far new code has come, as the record does. Not below the
 * record, where nobody asked whether all are available; but where the edit was lower new code may be there by now, and an
 * evicted pod must not come back old: then the record follows.
 */
function placed(stable: SetView, record: RolloutRecord): Pick<StableChange, 'partition' | 'record'> {
  const { rollout } = record
  if (stable.revision !== rollout?.to) return { partition: 0 }
  const recorded = rollout.replicas - rollout.touched
  const partition = Math.min(stable.partition ?? recorded, recorded)
  if (partition === recorded) return { partition }
  return { partition, record: { ...record, rollout: { ...rollout, touched: rollout.replicas - partition } } }
}

/** A pod of the edit that never became ready: its set waits for it, also with the right template (Kubernetes issue 67250). */
function replaceEdited(facts: Facts, stable: SetView): Decision | undefined {
  const stuck = stuckPod(facts)
  if (stuck?.revision !== stable.revision || !isOutdated(stuck, stable)) return undefined
  return replaceStuckPod(facts, settling(stable))
}

function remakeCanary(facts: Facts): Decision | undefined {
  const { canary, rollout } = facts
  const isAtStake = rollout !== undefined && rollout.decision === undefined
  if (canary === undefined || !isAtStake || !isEdited(canary)) return undefined
  return takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: canary.name }))
}

function settling({ name }: SetView): Reason {
  return { code: 'Settling', set: name }
}
