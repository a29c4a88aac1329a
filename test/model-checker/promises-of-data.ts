/**
 * What a rollback with snapshots promises: old code gets what was there before new code wrote, and nothing that either of
 * them wrote is lost.
 */
import type { Action } from '../../src/core/action.ts'
import type { UserEvent } from '../../src/core/event.ts'
import { type Rollout, takesSnapshots } from '../../src/core/record.ts'
import { authorOf, contentOf } from './contents.ts'
import {
  type Claim,
  claimName,
  claimsOf,
  mounts,
  nameOf,
  type Pod,
  type Snapshot,
  Violation,
  type Volume,
  type World,
} from './world.ts'

/** A pod begins to write. */
export function judgeData(world: World, pod: Pod): void {
  if (world.storage === undefined) return
  for (const claim of claimsOf(world, pod.claim)) judgeClaim(world, { ...pod, claim })
}

/** Each of those that it mounts. */
function judgeClaim(world: World, pod: Pod): void {
  const { storage, stable, ledger } = world
  const content = contentOf(world, pod.claim)
  const isOurs = (ledger.claimsDeleted ?? ledger.strangers) === undefined
  if (isOurs && content === '' && (storage?.made[`claim-${pod.claim}`] ?? 0) > 1)
    throw new Violation(`${nameOf(pod)} comes back on an empty claim`)
  judgeSource(world, pod)
  const { rollout, id = 0 } = stable?.record ?? {}
  if (rollout === undefined || !takesSnapshots(rollout) || pod.revision !== rollout.to) return
  if (authorOf(content) !== rollout.to) judgeWayBack(world, pod, { ...rollout, id })
}

/** What becomes the way back is there, stays, and is of the very claims that new code is to have. */
export function judgeRecorded(world: World, action: Action): void {
  const { storage, stable, frozen } = world
  // What a cache shows that stands still may have changed since.
  if (action.kind !== 'changeStable' || frozen.storage !== undefined || frozen.claims !== undefined) return
  const { rollout } = stable?.record ?? {}
  const before = Object.values(rollout?.snapshots ?? {})
  const after = Object.values(action.change.record?.rollout?.snapshots ?? {})
  const added = takenIn(storage).filter(({ uid }) => after.includes(uid) && !before.includes(uid))
  const wrong = added.find((snapshot) => !snapshot.ready || snapshot.deleting || !isOfClaim(world, snapshot))
  if (wrong !== undefined)
    throw new Violation(`${wrong.name} is called the way back, and is not there to stay, or of another claim`)
  const bound = ({ claimUid }: Snapshot) => storage?.volumes.find((volume) => volume.claimUid === claimUid)
  const old = added.find((snapshot) => snapshot.content !== bound(snapshot)?.content)
  // What others let a migration write: the record says that no snapshot is known to be of before.
  if (old !== undefined && rollout?.migration?.uncovered !== true)
    throw new Violation(`${old.name} is called the way back, and its claim has been written to since`)
}

/** Of claims: snapshots, and what Jobs have backed up. */
function takenIn(storage: World['storage']): readonly Snapshot[] {
  return [...(storage?.snapshots ?? []), ...(storage?.backups ?? [])]
}

function isOfClaim({ claims }: World, { claimUid }: Snapshot): boolean {
  return claims.some(({ uid }) => uid === claimUid)
}

/** New code is about to write over what old code wrote. Of a resource that is deleted there is no way back, nor to data that was. */
function judgeWayBack(
  { storage, ledger, resource, stable }: World,
  { claim, ...pod }: Pod,
  { snapshots = {}, id }: Rollout & { readonly id: number },
): void {
  // Somebody else has resumed its Job, before there was one.
  if (pod.role === 'job' && ledger.strangers) return
  // It was handed over, and the snapshots go with the resource.
  if (stable?.released) return
  const uid = snapshots[claimName(claim)]
  // Replicas that a stranger has scaled away, past all fences, come back on the new version: that is told, and a rollback is blocked.
  if (uid === undefined && ledger.strangers) return
  const snapshot = takenIn(storage).find((one) => one.uid === uid && one.ordinal === claim)
  if (uid === undefined || (snapshot === undefined && ledger.snapshotsDeleted === undefined))
    throw new Violation(
      `${nameOf(pod)} writes over the data of claim ${claim}, of which there is no snapshot`,
    )
  if (snapshot === undefined || resource.deleting || (ledger.claimsDeleted ?? ledger.strangers)) return
  const bound = storage?.volumes.find(({ claimUid }) => claimUid === snapshot.claimUid)
  if (snapshot.attempt !== id || !snapshot.ready || snapshot.content !== bound?.content)
    throw new Violation(
      `${nameOf(pod)} writes over the data of claim ${claim}, and its snapshot has something else`,
    )
}

/** A restored claim is opened: it was made of this attempt's snapshot, or is the one that the attempt began with. */
function judgeSource({ storage, stable, claims }: World, { claim: ordinal }: Pod): void {
  const { rollout, id } = stable?.record ?? {}
  const { source, uid } = claims.find((claim) => claim.ordinal === ordinal) ?? {}
  const snapshot = takenIn(storage).find(({ name }) => name === source)
  const isOfBefore = takenIn(storage).some(({ attempt, claimUid }) => attempt === id && claimUid === uid)
  if (rollout?.restores && snapshot !== undefined && snapshot.attempt !== id && !isOfBefore)
    throw new Violation(`${source}, of attempt ${snapshot.attempt}, is restored in attempt ${id}`)
}

/** Replicas come back on the version before: each on a claim that was restored, or is to be opened as it is, and not on somebody else's. */
export function judgeBroughtBack(world: World, action: Action): void {
  const { stable, claims, storage, ledger, frozen } = world
  if (action.kind !== 'changeStable' || stable === undefined || frozen.storage !== undefined) return
  const { record = stable.record, replicas = 0 } = action.change
  const { rollout, id } = record ?? {}
  if (rollout?.restores !== true || (ledger.strangers ?? ledger.snapshotsDeleted)) return
  const first = Math.max(stable.replicas, rollout.replicas - rollout.touched)
  const ordinals = Array.from(
    { length: Math.max(0, replicas - first) },
    (_, index) => stable.start + first + index,
  )
  for (const ordinal of ordinals.flatMap((one) => claimsOf(world, one))) {
    const { source, volume } = claims.find((claim) => claim.ordinal === ordinal) ?? {}
    const isMade = takenIn(storage).some(({ name, attempt }) => attempt === id && name === source)
    const kept = storage?.volumes.find(({ name }) => name === volume)?.kept
    const isGivenUp = rollout.unrestored?.some((one) => mounts({ claim: one }, ordinal))
    if (!isMade && !isGivenUp && kept?.attempt !== id)
      throw new Violation(`claim ${ordinal} is to be opened, and was not restored`)
  }
}

/** A claim is made of it. What new code left in an earlier attempt, whose restore was given up, is what was there. */
export function judgeRestored({ stable }: World, { name, writer }: Snapshot): void {
  const { to, migration } = stable?.record?.rollout ?? {}
  // Somebody else let that run, maybe before the snapshot; a person has accepted what is lost.
  if (migration?.uncovered) return
  if (writer === to) throw new Violation(`${name} is restored, and has what new code wrote`)
}

/** A Job fills a claim: from this attempt's backup, which the record names. */
export function judgeFilled({ stable }: World, { name, uid, attempt, writer, ordinal }: Snapshot): void {
  const { rollout, id } = stable?.record ?? {}
  if (attempt !== id || rollout?.snapshots?.[claimName(ordinal)] !== uid)
    throw new Violation(`${name} is restored, which is not of attempt ${id}`)
  if (writer === rollout.to) throw new Violation(`${name} is restored, and has what new code wrote`)
}

/** Carried out, whenever it was sent. */
export function judgeClaimDeleted({ storage, pods }: World, { ordinal, volume }: Claim): void {
  const user = pods.find((pod) => mounts(pod, ordinal) && pod.state !== 'pending')
  if (user !== undefined) throw new Violation(`claim ${ordinal} is deleted while ${nameOf(user)} uses it`)
  const bound = storage?.volumes.find(({ name }) => name === volume)
  if (bound !== undefined && bound.kept === undefined)
    throw new Violation(`claim ${ordinal} is deleted while its volume is not kept`)
}

/** A volume goes with its claim. */
export function judgeDestroyed({ storage, ledger }: World, volume: Volume): void {
  if (ledger.claimsDeleted) return
  const others = storage?.volumes.filter((other) => other !== volume) ?? []
  if (!isElsewhere([...others, ...takenIn(storage)], volume))
    throw new Violation(`what ${authorOf(volume.content)} wrote is lost with ${volume.name}`)
}

function isElsewhere(others: readonly (Volume | Snapshot)[], { content }: Volume): boolean {
  return content === '' || others.some((other) => other.content === content)
}

/** Old ones only, beyond those that the spec keeps, and none that a claim is still made of; or all, with the resource. */
export function judgeSnapshotDeleted(world: World, snapshot: Snapshot): void {
  const { stable, ledger, resource } = world
  const { name, uid } = snapshot
  if (isSource(world, snapshot)) throw new Violation(`${name} is deleted while a claim is made of it`)
  if (resource.deleting && (stable === undefined || stable.released)) return
  const { rollout, id } = stable?.record ?? {}
  if (Object.values(rollout?.snapshots ?? {}).includes(uid))
    throw new Violation(`${name}, the way back of this rollout, is deleted`)
  // One that was taken of a replica that ran on is no way back.
  const { pod: of } = snapshot
  const isOutdated =
    rollout !== undefined && of !== undefined && !world.pods.some((pod) => nameOf(pod) === of)
  const isUnderWay = rollout !== undefined && snapshot.attempt === id
  // One that was not ready when that was decided was no use: it has become so since, or a cache did not show it.
  const isKnown = snapshot.late !== true && world.frozen.storage === undefined
  // A stranger brought its replica back, past all fences.
  const isOfBefore = isUnderWay && ledger.strangers === true
  const isWanted = !isOfBefore && (isUnderWay || (isKnown && isKept(world, snapshot)))
  if (ledger.snapshotsDeleted !== true && !isOutdated && isWanted)
    throw new Violation(`${name} is deleted, which the spec keeps`)
}

/** With no rollout under way. */
export function judgeLeftovers(world: World): void {
  const back = world.storage?.volumes.find((one) => isBackForGood(world, one))
  if (back !== undefined) throw new Violation(`${back.name} is its claim's again, and does not go with it`)
  const left = world.storage?.snapshots.find(
    (snapshot) => !snapshot.deleting && !isKept(world, snapshot) && !isSource(world, snapshot),
  )
  if (left !== undefined) throw new Violation(`${left.name} is left, which the spec does not keep`)
  const volume = world.storage?.volumes.find((one) => mayBeLetGo(world, one))
  if (volume !== undefined) throw new Violation(`${volume.name} is kept for longer than the spec says`)
  const open = world.jobs.find(({ purpose, outcome }) => purpose !== undefined && outcome === undefined)
  if (open !== undefined) throw new Violation(`${open.name} is left, and has not ended`)
  const backups = world.jobs.filter(
    ({ purpose, outcome, deleting }) => purpose === 'backup' && outcome === 'complete' && !deleting,
  )
  const unrestored = unrestoredOf(world)
  const attempts = backups.map(({ attempt }) => attempt).filter((attempt) => !unrestored.includes(attempt))
  const isOld = (attempt: number) =>
    !unrestored.includes(attempt) &&
    new Set(attempts.filter((other) => other > attempt)).size >= (world.resource.spec.snapshots?.keep ?? 1)
  const old = world.jobs.find(
    ({ purpose, attempt, deleting }) => purpose !== undefined && !deleting && isOld(attempt),
  )
  if (old !== undefined) throw new Violation(`${old.name} is left, which the spec does not keep`)
}

/** Attempts whose restore was given up: people delete what was taken in them. */
function unrestoredOf({ stable }: World): readonly number[] {
  return stable?.record?.unrestoredAttempts ?? []
}

/** It is of one of the newest attempts that have one that is ready, and not too old; or nothing else has what was there before. */
function isKept(world: World, { attempt, age }: Snapshot): boolean {
  const { storage, resource } = world
  const { spec } = resource
  const unrestored = unrestoredOf(world)
  if (unrestored.includes(attempt)) return true
  const usable = storage?.snapshots.filter(({ ready, deleting }) => ready && !deleting) ?? []
  const newer = new Set(
    usable.map((other) => other.attempt).filter((number) => number > attempt && !unrestored.includes(number)),
  )
  const isExpired = spec.snapshots?.ttlSeconds !== undefined && age === 3
  const isUsable = usable.some((other) => other.attempt === attempt)
  return isUsable && !isExpired && newer.size < (spec.snapshots?.keep ?? 0)
}

/** A kept volume is let go: with what new code wrote, so at rest, in its time, and where nobody else has it. */
export function judgeLetGo(
  world: World,
  { volume: { name } }: Extract<Action, { kind: 'releaseVolume' }>,
): void {
  const volume = world.storage?.volumes.find((one) => one.name === name)
  if (world.stable?.record?.rollout !== undefined || world.stable?.record?.proven !== true)
    throw new Violation(`${name} is let go while not all is at rest`)
  const serving = world.pods.filter(
    ({ role, state, deleting }) => role === 'stable' && state === 'ready' && !deleting,
  )
  if (serving.length < world.resource.spec.replicas)
    throw new Violation(`${name} is let go while a replica is missing, and somebody may need what is on it`)
  const isKnown = world.frozen.storage === undefined && world.frozen.claims === undefined
  if (volume !== undefined && isKnown && !mayBeLetGo(world, volume) && !isBackForGood(world, volume))
    throw new Violation(`${name} is let go, and was still to be kept`)
}

/** It was given back in an attempt before the last one. */
function isBackForGood({ claims, stable }: World, { name, kept }: Volume): boolean {
  const isBack = claims.some(
    ({ ordinal, volume, deleting }) => ordinal === kept?.ordinal && volume === name && !deleting,
  )
  return isBack && kept?.attempt !== stable?.record?.id
}

function mayBeLetGo({ claims, resource: { spec } }: World, { name, claimUid, kept }: Volume): boolean {
  if (spec.retainedTtlSeconds === undefined || kept?.age !== 3 || claimUid !== kept.claimUid) return false
  return !claims.some(({ uid, volume }) => uid === claimUid || volume === name)
}

function isSource({ claims }: World, { name }: Snapshot): boolean {
  return claims.some(({ source, volume }) => source === name && volume === undefined)
}

/** A rollout is recorded: with a class for its snapshots where the spec does not go without. */
export function judgeSnapshotted({ resource: { spec } }: World, rollout: Rollout): void {
  if (spec.snapshots?.policy === 'Required' && rollout.snapshotClasses === undefined)
    throw new Violation('a rollout starts without snapshots, which the spec requires')
}

/** The stable set is handed over: nobody will give a restore up any more, and the snapshot may go with the resource. */
export function judgeProvisioned({ claims, storage, pods, stable }: World): void {
  const { decided } = stable?.record?.rollout?.at ?? {}
  for (const { ordinal, source, volume } of storage === undefined ? [] : claims) {
    const age = pods.find((pod) => mounts(pod, ordinal))?.age ?? decided
    // Nobody waits for one that has had all its time, or for a pod that nobody may make.
    const isAwaited = source !== undefined && volume === undefined && age !== undefined && age < 3
    if (isAwaited)
      throw new Violation(`the stable set is handed over while claim ${ordinal} is made of ${source}`)
  }
}

/** Nothing else takes them along; one that a claim is still made of stays. */
export function judgeSnapshotsLeft(world: World): void {
  const { storage, frozen } = world
  if (frozen.claims !== undefined || frozen.storage !== undefined) return
  const left = storage?.snapshots.find((snapshot) => !snapshot.deleting && !isSource(world, snapshot))
  if (left !== undefined) throw new Violation(`${left.name} stays, and nothing is made of it`)
}

/** Old code is to open what new code wrote: only where it must, or is wanted, and not in silence. */
export function judgeGivenUp(world: World, action: Action, events: readonly UserEvent[] = []): void {
  if (action.kind !== 'changeStable' || action.intent !== 'giveUpRestore') return
  if (!events.some(({ reason }) => reason === 'RestoreFailed'))
    throw new Violation('a restore is given up, and nobody is told')
  const { resource, stable, frozen } = world
  if (resource.spec.onRollback === 'KeepData' || Object.keys(frozen).length > 1) return
  const before = stable?.record?.rollout?.unrestored ?? []
  const added = action.change.record?.rollout?.unrestored?.filter((ordinal) => !before.includes(ordinal))
  const hasFailed = (ordinal: number) =>
    world.jobs.some(
      ({ purpose, claim, outcome }) => purpose === 'restore' && claim === ordinal && outcome === 'failed',
    )
  const early = added?.find((ordinal) => !isOverdue(world, ordinal) && !hasFailed(ordinal))
  if (early !== undefined)
    throw new Violation(`the restore of claim ${early} is given up, and may still come to its end`)
}

/** New code may write for the first time: people hear what a rollback would mean from then on. */
export function judgeTold({ stable }: World, action: Action, events: readonly UserEvent[] = []): void {
  // Of another rollout, whose sets a cache still shows: the server refuses it.
  if (action.kind !== 'changeStable' || action.set.resourceVersion !== 'current') return
  const { rollout } = action.change.record ?? {}
  const isFirst = stable?.record?.rollout?.touched === 0 && rollout !== undefined && rollout.touched > 0
  const { irreversible, started, mountsClaims, uncovered } = rollout?.migration ?? {}
  // They have heard of a migration that cannot be taken back, and nothing is worse.
  if (irreversible && started && !(mountsClaims && !uncovered)) return
  if (isFirst && !events.some(({ reason }) => reason === 'RollbackCosts'))
    throw new Violation('new code may write, and nobody is told what a rollback would mean')
}

/** It is to be made of its snapshot, and its replica has waited for it all its time. */
function isOverdue({ claims, pods }: World, ordinal: number): boolean {
  const { source, volume } = claims.find((claim) => claim.ordinal === ordinal) ?? {}
  const isWaiting = pods.some((pod) => pod.claim === ordinal && pod.state === 'pending' && pod.age === 3)
  return source !== undefined && volume === undefined && isWaiting
}

/** Data comes back where there is a snapshot of it, unless the spec says that it is to be kept. */
export function judgeWhetherRestored({ resource: { spec } }: World, rollout: Rollout): void {
  const { touched, restores } = rollout
  const isWanted = spec.onRollback !== 'KeepData' && touched > 0 && takesSnapshots(rollout)
  if (isWanted && restores !== true)
    throw new Violation('a rollback restores nothing, and there are snapshots')
  if (!isWanted && restores === true) throw new Violation('a rollback restores what the spec says to keep')
}

/** A rollback that was to keep the data restores after all: as the spec says, and where it can. */
export function judgeAdopted(
  { resource: { spec }, stable, storage, claims, frozen }: World,
  action: Action,
): void {
  if (action.kind !== 'changeStable' || action.intent !== 'adoptRestore') return
  if (spec.onRollback === 'KeepData') throw new Violation('a rollback restores what the spec says to keep')
  const taken = Object.values(stable?.record?.rollout?.snapshots ?? {})
  const isThere = (uid: string) => {
    const { ready, deleting, claimUid } = storage?.snapshots.find((one) => one.uid === uid) ?? {}
    return ready && !deleting && claims.some((claim) => claim.uid === claimUid && !claim.deleting)
  }
  if (frozen.storage === undefined && !taken.every(isThere))
    throw new Violation('a rollback is to restore what it cannot, and would not have to')
}

/** What people read as blocked lacks something that a person, or a stranger, has taken away. */
export function judgeBlocked({ ledger, pods, claims, storage, stable }: World): void {
  const { snapshots = {} } = stable?.record?.rollout ?? {}
  const wanted = storage?.snapshots.filter(({ uid }) => Object.values(snapshots).includes(uid))
  // A create that was sent in an earlier attempt, and landed between a deletion and its successor.
  const isOfAnother = claims.some(
    ({ source }) => source !== undefined && !wanted?.some(({ name }) => name === source),
  )
  const isHindered =
    (ledger.snapshotsDeleted ?? ledger.claimsDeleted ?? ledger.strangers) !== undefined ||
    pods.some(({ role }) => role === 'foreign') ||
    isOfAnother
  if (!isHindered) throw new Violation('a restore is blocked, and it lacks nothing')
}

/** A rollback is blocked: where the spec says Restore, and there are snapshots, what new code wrote is not what blocks it. */
export function judgeStillKept({ resource: { spec }, stable, ledger }: World): void {
  const { touched = 0, snapshots, restores } = stable?.record?.rollout ?? {}
  const isHindered = (ledger.snapshotsDeleted ?? ledger.claimsDeleted) !== undefined
  const isCovered = touched > 0 && snapshots !== undefined && !isHindered
  if (isCovered && spec.onRollback !== 'KeepData' && restores !== true)
    throw new Violation('a rollback is blocked by what it keeps, and the spec says that it restores')
}

/** A snapshot that is waited for is not there yet. */
export function judgeAwaited({ storage, ledger }: World): void {
  const isHindered = (ledger.snapshotsDeleted ?? ledger.claimsDeleted) !== undefined
  if (!isHindered && storage?.snapshots.every(({ ready, deleting }) => ready && !deleting))
    throw new Violation('a snapshot is waited for, and all of them are ready')
}

/** The stable set is deleted, and nobody comes back to a claim that was taken out of use. */
export function judgeClaimsLeft({ storage, claims, ledger }: World): void {
  if (ledger.claimsDeleted === true) return
  const away = storage?.volumes.find(
    ({ kept }) => kept && !claims.some(({ ordinal, deleting }) => ordinal === kept.ordinal && !deleting),
  )
  if (away !== undefined)
    throw new Violation(`the stable set is deleted while the claim that had volume ${away.name} is away`)
  const empty = claims.find(({ ordinal, volume, source, deleting }) => {
    const isToFill = storage?.backups?.some(({ name }) => name === source)
    const content = storage?.volumes.find(({ name }) => name === volume)?.content ?? ''
    return isToFill && !deleting && content === '' && storage?.made[`claim-${ordinal}`] !== 1
  })
  if (empty !== undefined)
    throw new Violation(`the stable set is deleted while claim ${empty.ordinal} is not filled`)
}
