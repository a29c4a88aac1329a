/**
 * Somebody else wrote the pod template of one of our sets, how it is rolled, or its first ordinal. No label shows it: what
 * such a set brings up is called by a revision that it does not run, or on claims that are not its own. Stable gets its template back at once, in every phase, since at each
 * moment one more replica may be handed to the edit; a canary that is still to be judged is made anew.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import type { RolloutRecord } from '../record.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'

export function edited(facts: Facts): Decision | undefined {
  const { stable, canary, record, rollout } = facts
  if (stable === undefined || record === undefined) return undefined
  if (isEdited(stable)) return putBack(facts, stable, record)
  const isJudged = rollout === undefined || rollout.decision !== undefined
  if (canary === undefined || isJudged || !isEdited(canary)) return undefined
  return takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: canary.name }))
}

function isEdited({ edits = {} }: SetView): boolean {
  return ['template', 'updateStrategy', 'ordinals'].some((field) => field in edits)
}

/** The template that its label names, and no replica more or less on it. */
function putBack(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout, resource } = facts
  const { partition } = stable
  const { ordinalsStart } = resource.spec
  const revision = rollout === undefined ? record.accepted : stable.revision
  // Without a label nobody knows how far a rollout is; the other rules say what they make of that.
  if (rollout !== undefined && revision !== rollout.from && revision !== rollout.to) return undefined
  return (
    revisionInStore(facts, revision) ??
    claimDeleting(facts) ??
    act(changeStable(stable, 'putBackTemplate', { revision, partition, ordinalsStart }), {
      code: 'Settling',
      set: stable.name,
    })
  )
}
