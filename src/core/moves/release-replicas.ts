/**
 * The way back from a half-done promotion where data is restored. Replicas that run the new version cannot go back in
 * their set: its controller would make a claim that is taken out of use anew, empty, and start old code on those that are
 * not restored yet. So the set is made to let go of them, by their label (Kubernetes: ControllerRefManager releases what the
 * selector no longer fits; run for real, 60 ms, no restart). They run on, and serve, while stable is put back on the version before
 * with the replicas that new code has not reached; from there it grows over them, one at a time.
 */
import { changeStable } from '../action.ts'
import { act, wait, type Decision } from '../decision.ts'
import { stableAvailability, versionOf, type Facts } from '../facts.ts'
import type { PodView, SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import { awaitingRestore, reachOf } from '../volumes/way-back.ts'
import { awaitEnd } from './await-end.ts'

/**
 * After the one patch of a promotion the template is reverted, with no partition: below one a set that was without any replica
 * brings them up on the version that it had last, and that may be the new one. Where nothing is to be restored, its
 * controller rolls all replicas back.
 */
export function revert(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const { from } = record.rollout
  if (stable.revision === from) return undefined
  const reach = reachOf(facts, record)
  const own = facts.stablePods.find((pod) => pod.ordinal >= reach && !pod.deleting)
  if (own !== undefined) {
    const { name, uid } = own
    return (
      claimDeleting(facts) ??
      act({ kind: 'releasePod', pod: { name, uid } }, reason(`${name} serves until its data can be restored`))
    )
  }
  // Until its controller has noticed, it would take them for its own, and away.
  const held = facts.releasedPods.find((pod) => pod.orphan !== true)
  if (held !== undefined)
    return wait(reason(`waiting until the controller of ${stable.name} lets go of ${held.name}`))
  const change = { revision: from, replicas: reach - facts.first, partition: 0 }
  return (
    revisionInStore(facts, from) ??
    claimDeleting(facts) ??
    act(
      changeStable(stable, 'revertTemplate', change),
      reason(`bringing the replicas back on ${versionOf(facts, from)}`),
    )
  )
}

/** The lowest of them goes as soon as all replicas below it are available on the version before. */
export function renewReleased(
  facts: Facts,
  stable: SetView,
  { rollout }: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const [next] = awaitingRestore(facts)
  if (next === undefined) return undefined
  const below = { from: facts.first, to: next.ordinal, revision: rollout.from }
  const mayGo = stable.observed && stableAvailability(facts, below).available
  return mayGo || next.deleting ? takeReleasedAway(facts, [next], reason) : undefined
}

export function takeReleasedAway(
  facts: Facts,
  [next]: readonly PodView[],
  reason: (doing: string) => Reason,
): Decision | undefined {
  if (next === undefined) return undefined
  const { name, uid, deleting } = next
  if (deleting) return awaitEnd(facts, [next], reason(`waiting until ${name} is gone`))
  return claimDeleting(facts) ?? act({ kind: 'deletePod', pod: { name, uid } }, reason(`taking ${name} away`))
}
