/**
 * Old code gets its data back before it starts: each claim that new code may have written to is taken out of use, with its volume kept
 * as it is, and made again from the snapshot that was taken before; or empty, for a Job to fill (fill-claims.ts). One write a visit, and
 * from objects alone where it had come to: the volume is kept -> the claim is deleted -> it is made again. A claim that a set wants is
 * never away: the set's controller would make it anew, empty (run for real, 13 ms), so stable has no replica there until its claims are done.
 */
import { changeStable, type ClaimOrder, refOf } from '../action.ts'
import { act, ask, wait, type Decision } from '../decision.ts'
import { type Facts, isFinished } from '../facts.ts'
import type { ClaimView, KeptVolumeView, PodView, SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord, Rollout, RolloutRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { awaitClaimEnd } from './await-claim-end.ts'
import { awaitEnd } from './await-end.ts'
import { fillClaims } from './fill-claims.ts'
import { replaceStuckPod } from './replace-stuck-pod.ts'
import { finalizerWords } from '../words/finalizer-words.ts'
import { restoreBlocked, takenWords } from '../words/restore-blocked.ts'
import { reachOf, restorable, type Restorable } from '../volumes/way-back.ts'

/** Those whose replicas are away; one that was released has its turn when it is taken away. */
export function restore(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const open = restorable(facts, record).filter((one) => !one.isDone)
  if (open.length === 0) return undefined
  const making = reason('making room to restore the data')
  const replicas = withinBounds(facts, stable, record)
  if (stable.replicas !== replicas)
    return claimDeleting(facts) ?? act(changeStable(stable, 'restoreDisplacement', { replicas }), making)
  const leaving = facts.stablePods.filter((pod) => pod.ordinal >= facts.first + replicas)
  if (leaving.length > 0 || !stable.observed)
    return (
      replaceStuckPod(facts, making) ??
      awaitEnd(facts, leaving, reason('waiting until the replicas to restore are gone'))
    )
  const away = open.filter(({ ordinal }) => !facts.releasedPods.some((pod) => pod.ordinal === ordinal))
  const next = away.find(({ isEmpty }) => !isEmpty)
  if (next !== undefined) return restoreClaim(facts, record, next, reason(`restoring claim ${next.name}`))
  const ordinals = away.map(({ ordinal }) => ordinal)
  return fillClaims(facts, stable, record, ordinals)
}

/** At least the replicas that new code has not reached, and none of which a claim is still to be restored. */
function withinBounds(facts: Facts, { replicas }: SetView, record: ActiveRecord): number {
  const { rollout } = record
  const least = rollout.replicas - Math.max(rollout.touched, facts.canaries)
  const most = reachOf(facts, record) - facts.first
  return Math.min(Math.max(replicas, least), most)
}

/**
 * For whoever leaves a rollback in the middle: a claim that is away is made again, or its set makes an empty one. One that was being
 * taken out of use goes first: a dead leader's deletion of it may still be under way, and nobody would make it again. One that no Job
 * will fill any more gives way to the volume that was kept.
 */
export function claimsBack(
  facts: Facts,
  record: RolloutRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const away = restorable(facts, record).find(
    ({ claim, kept, byJob, fallsBack, isLeaving, isDone, isStrange }) =>
      kept !== undefined &&
      !isStrange &&
      (claim === undefined ||
        (!isInUse(facts, userOf(facts, claim)) &&
          (claim.deleting || (!isDone && (byJob || fallsBack || isLeaving))))),
  )
  const kept = away?.kept
  if (away === undefined || kept === undefined) return undefined
  const doing = reason(`making claim ${away.name} again`)
  const user = away.claim && userOf(facts, away.claim)
  if (user !== undefined) return replaceStuckPod(facts, doing) ?? awaitEnd(facts, [user], doing)
  const ended = away.claim && takeEndedAway(facts, away.claim, doing)
  if (ended !== undefined) return ended
  if (away.claim !== undefined)
    return takeOutOfUse(facts, away, away.claim, { attempt: record.id, reason: doing })
  const fallsBack = away.fallsBack || away.byJob || !isUsable(away)
  return remake(facts, away, { kept, fallsBack, reason: doing })
}

/** By one that does not leave. */
function isInUse({ stable }: Facts, user: PodView | undefined): boolean {
  if (user === undefined || stable === undefined) return false
  return user.role !== 'stable' || user.ordinal < stable.ordinalsStart + stable.replicas
}

function isUsable({ snapshot, backup }: Restorable): boolean {
  return backup !== undefined || (snapshot?.ready === true && !snapshot.deleting)
}

function restoreClaim(facts: Facts, record: ActiveRecord, one: Restorable, reason: Reason): Decision {
  const { claim, kept, fallsBack } = one
  if (one.isStrange)
    return blockedBy(facts, one, strangeTrouble(facts, one), { opens: (one.taken ?? one.kept) === undefined })
  if (!fallsBack && !isUsable(one) && (claim ?? kept) !== undefined)
    return blockedBy(facts, one, snapshotTrouble(one), { written: record.rollout })
  if (claim === undefined && kept !== undefined) return remake(facts, one, { kept, fallsBack, reason })
  if (claim === undefined)
    return blockedBy(facts, one, goneTrouble(one), { opens: !isUsable(one) || one.byJob })
  if (claim.deleting && kept === undefined) return blockedBy(facts, one, goingTrouble(claim))
  const user = userOf(facts, claim)
  if (user !== undefined) return blockedBy(facts, one, `pod ${user.name} uses it; delete that pod`)
  const ended = takeEndedAway(facts, claim, reason)
  if (ended !== undefined) return ended
  const may = fallsBack ? {} : { written: record.rollout }
  return takeOutOfUse(facts, one, claim, { attempt: record.id, reason, ...may })
}

/** One of a Job of ours that has ended only keeps the claim from going. */
function userOf({ pods }: Facts, { name }: ClaimView): PodView | undefined {
  return pods.find((pod) => pod.claims.includes(name) && !(pod.role === 'job' && isFinished(pod)))
}

function takeEndedAway(facts: Facts, { name }: ClaimView, reason: Reason): Decision | undefined {
  const ended = facts.jobPods.filter((pod) => isFinished(pod) && pod.claims.includes(name))
  const [first] = ended.filter((pod) => !pod.deleting)
  if (first === undefined) return ended.length === 0 ? undefined : awaitEnd(facts, ended, reason)
  const goes = act({ kind: 'deletePod', pod: { name: first.name, uid: first.uid } }, reason)
  return isLastOf(facts, first) ? (claimDeleting(facts) ?? goes) : goes
}

/** A claim of it is being deleted whose volume is not kept. */
function isLastOf({ claims, keptVolumes }: Facts, pod: PodView): boolean {
  return claims.some(
    ({ name, uid, deleting }) =>
      deleting &&
      pod.claims.includes(name) &&
      !keptVolumes.some(({ claimUid, retains }) => claimUid === uid && retains),
  )
}

/** It was kept, and somebody has given it another reclaim policy since. */
function losesVolume({ keptVolumes }: Facts, { uid }: ClaimView): boolean {
  return keptVolumes.some(({ claimUid, retains }) => claimUid === uid && !retains)
}

/**
 * Its volume first, whatever it has: without that its deletion would be the end of what new code wrote. One that was restored may have
 * been opened, too, where the restore of another claim of the replica is given up: old code ran on both, and a person has deleted that
 * one since. (Nobody has opened a claim without a volume; one that gets it meanwhile is another matter to the deletion.)
 */
function takeOutOfUse(
  facts: Facts,
  { kept }: Restorable,
  claim: ClaimView,
  { attempt, reason, ...may }: TakingOut,
): Decision {
  const { name, uid, volume } = claim
  if (claim.deleting && !losesVolume(facts, claim)) return awaitClaimEnd(facts, claim, reason)
  const known = facts.keptVolumes.find((one) => one.name === volume && one.attempt === attempt)
  if (volume === undefined || known?.retains) return act({ kind: 'deleteClaim', claim: refOf(claim) }, reason)
  const isRestored = known?.restored ?? (kept !== undefined && kept !== known)
  const order = { volume, claim: { name, uid }, attempt, ...(isRestored && { restored: true as const }) }
  const keeping = act({ kind: 'keepVolume', ...order }, reason)
  if (facts.answers.volume === undefined) return keeping
  const refused = (message: string) =>
    restoreBlocked(facts, {
      claim: name,
      trouble: `its volume cannot be kept: ${message}`,
      // Its deletion may be under way where it was kept before: then no version may have it.
      ...(known === undefined && may),
    })
  return ask(facts, { kind: 'volume', order }, refused) ?? keeping
}

interface TakingOut {
  readonly attempt: number
  readonly reason: Reason
  readonly written?: Rollout
}

interface Remaking {
  readonly kept: KeptVolumeView
  readonly fallsBack: boolean
  readonly reason: Reason
}

function remake(facts: Facts, one: Restorable, { kept, fallsBack, reason }: Remaking): Decision {
  if (fallsBack && kept.holder !== undefined) return blockedBy(facts, one, heldTrouble(facts, kept))
  if (fallsBack && !kept.free) return act({ kind: 'freeVolume', volume: refOf(kept) }, reason)
  const { name: claim, snapshot, backup, snapshotName } = one
  const source =
    backup !== undefined
      ? { backup: snapshotName }
      : snapshot && { snapshot: { name: snapshot.name, uid: snapshot.uid } }
  const order: ClaimOrder = { claim, volume: kept.name, ...(!fallsBack && source) }
  const making = act({ kind: 'createClaim', ...order }, reason)
  if (facts.answers.claim === undefined) return making
  // Once refused it is asked for by dry run before it is tried again.
  const refused = (message: string) =>
    restoreBlocked(facts, { claim, trouble: `the API server refuses it: ${message}` })
  return ask(facts, { kind: 'claim', order }, refused) ?? making
}

/** Somebody may have it open. */
function heldTrouble({ resource }: Facts, { name, claim, holder }: KeptVolumeView): string {
  const claimRef = { namespace: resource.namespace, name: claim, uid: null, resourceVersion: null }
  return (
    `volume ${name}, which it is to get back, was handed to claim ${holder}; ` +
    `delete that claim, and hand the volume back: kubectl patch pv ${name} --type merge -p '${JSON.stringify({ spec: { claimRef } })}'`
  )
}

/** Without a volume that was kept nothing tells how to make it again. */
function strangeTrouble(facts: Facts, { name, kept, taken }: Restorable): string {
  if (taken !== undefined) return takenWords(facts, name, taken)
  const strange = 'somebody else made a claim of that name meanwhile'
  return kept === undefined
    ? `${strange}, and the volume of the one before is not kept`
    : `${strange}; delete it, if nothing in it counts`
}

function goingTrouble({ finalizer }: ClaimView): string {
  const going = 'it is being deleted'
  return finalizer === undefined
    ? going
    : `${going}, and finalizer ${finalizer} keeps it. ${finalizerWords(finalizer)}`
}

/** Of a backup nobody makes a claim by hand; one with its data is opened where a person says so. */
function goneTrouble(one: Restorable): string {
  const { snapshotName, byJob } = one
  const gone = 'it is gone, and no volume of it is kept'
  const source = byJob || !isUsable(one) ? 'with its data' : `of VolumeSnapshot ${snapshotName}`
  return `${gone}; make a claim of that name, ${source}`
}

function snapshotTrouble({ snapshotName, snapshot, isRecorded, byJob }: Restorable): string {
  if (byJob) return 'it was never backed up'
  if (!isRecorded) return 'no snapshot of it was taken before the new version could write'
  if (snapshot?.deleting) return `VolumeSnapshot ${snapshotName} is being deleted`
  if (snapshot !== undefined)
    return `VolumeSnapshot ${snapshotName} is not ready any more (look at its events); once it is, this goes on by itself`
  return `VolumeSnapshot ${snapshotName}, taken before the new version could write, is missing`
}

function blockedBy(
  facts: Facts,
  { name: claim }: Restorable,
  trouble: string,
  may: { readonly written?: Rollout; readonly opens?: boolean } = {},
): Decision {
  return wait(restoreBlocked(facts, { claim, trouble, ...may }))
}
