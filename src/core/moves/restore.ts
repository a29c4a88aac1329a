/**
 * Old code gets its data back before it starts: each claim that new code may have written to is taken out of use, with its volume kept
 * as it is, and made again from the snapshot that was taken before. One write a visit, and from objects alone where it had come
 * to: the volume is kept -> the claim is deleted -> it is made again. A claim that a set wants is never away: the set's
 * controller would make it anew, empty (run for real, 13 ms), so stable stays scaled down until all is done.
 */
import { changeStable } from '../action.ts'
import { act, wait, type Decision } from '../decision.ts'
import { displacedGone, type Facts } from '../facts.ts'
import type { ClaimView, KeptVolumeView, SetView, SnapshotView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { Rollout, RolloutRecord } from '../record.ts'
import { awaitEnd } from './await-end.ts'
import { restorable, type Restorable } from '../volumes/way-back.ts'

type ActiveRecord = RolloutRecord & { readonly rollout: Rollout }

export function restore(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const open = restorable(facts, record).filter((one) => !one.isDone)
  const [first] = open
  if (first === undefined) return undefined
  const { replicas, canaries, boundary } = facts
  if (stable.replicas !== replicas - canaries)
    return act(
      changeStable(stable, 'restoreDisplacement', { replicas: replicas - canaries }),
      reason('making room to restore the data'),
    )
  if (!displacedGone(facts)) {
    const leaving = facts.stablePods.filter((pod) => pod.ordinal >= boundary)
    return awaitEnd(facts, leaving, reason('waiting until the replicas to restore are gone'))
  }
  return restoreClaim(facts, record, first, reason(`restoring claim ${first.name}`))
}

/**
 * For whoever leaves a rollback in the middle: a claim that is away is made again, or its set makes an empty one. Nothing more is
 * restored.
 */
export function claimsBack(
  facts: Facts,
  record: RolloutRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const away = restorable(facts, record).find(
    ({ claim, kept }) => kept !== undefined && (claim === undefined || claim.deleting),
  )
  if (away === undefined) return undefined
  const doing = reason(`making claim ${away.name} again`)
  if (away.claim !== undefined) return wait(doing)
  return remake({ ...away, fallsBack: away.fallsBack || !isUsable(away) }, doing)
}

function isUsable({ snapshot }: Restorable): boolean {
  return snapshot?.ready === true && !snapshot.deleting
}

function restoreClaim(facts: Facts, record: ActiveRecord, one: Restorable, reason: Reason): Decision {
  const { claim, snapshot, kept, fallsBack } = one
  if (!fallsBack && !isUsable(one)) return blocked(facts, one, snapshot)
  if (claim === undefined) return remake(one, reason)
  if (claim.deleting) return kept === undefined ? blockedBy(facts, one, 'it is being deleted') : wait(reason)
  const user = facts.pods.find((pod) => pod.claims.includes(claim.name))
  if (user !== undefined) return blockedBy(facts, one, `pod ${user.name} uses it; delete that pod`)
  return takeOutOfUse(one, claim, { attempt: record.id, reason })
}

/** Its volume first: without that its deletion would be the end of what new code wrote. */
function takeOutOfUse(
  { kept }: Restorable,
  { name, uid, volume }: ClaimView,
  { attempt, reason }: { readonly attempt: number; readonly reason: Reason },
): Decision {
  if (volume !== undefined && kept === undefined)
    return act({ kind: 'keepVolume', volume, claim: { name, uid }, attempt }, reason)
  return act({ kind: 'deleteClaim', claim: { name, uid } }, reason)
}

function remake({ name, kept, fallsBack, snapshot }: Restorable, reason: Reason): Decision {
  if (kept === undefined) return wait({ code: 'ClaimMissing', claim: name })
  if (!fallsBack)
    return act(
      { kind: 'createClaim', claim: name, volume: kept.name, ...(snapshot && { snapshot: snapshot.name }) },
      reason,
    )
  return act(
    kept.free
      ? { kind: 'createClaim', claim: name, volume: kept.name }
      : { kind: 'freeVolume', volume: refOf(kept) },
    reason,
  )
}

function blocked(facts: Facts, one: Restorable, snapshot: SnapshotView | undefined): Decision {
  const name = one.snapshotName
  return blockedBy(
    facts,
    one,
    snapshot === undefined ? `VolumeSnapshot ${name} is missing` : `VolumeSnapshot ${name} is being deleted`,
  )
}

function blockedBy(facts: Facts, { name }: Restorable, trouble: string): Decision {
  return wait({ code: 'RestoreBlocked', target: facts.resource, claim: name, trouble })
}

function refOf({ name, uid, resourceVersion }: KeptVolumeView) {
  return { name, uid, resourceVersion }
}
