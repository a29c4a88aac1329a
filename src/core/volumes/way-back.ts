/** What a rollback would find of the data that was there before: claim by claim, as the record and the objects tell it. */
import { claimNames, type Facts } from '../facts.ts'
import type { ClaimView, KeptVolumeView, PodView, SnapshotView } from '../observation.ts'
import { type ActiveRecord, type Names, type Rollout, type RolloutRecord, takesSnapshots } from '../record.ts'
import { replicaJobName } from '../jobs/job-order.ts'
import { snapshotName, snapshotOf } from './snapshots.ts'

/** A claim that new code may have written to. */
export interface Restorable {
  readonly name: string
  readonly ordinal: number
  readonly claim: ClaimView | undefined
  readonly snapshotName: string
  /** The very one that was taken before new code could write; undefined where that is gone. */
  readonly snapshot: SnapshotView | undefined
  /** It was taken, whatever has become of it. */
  readonly isRecorded: boolean
  /** It is to be restored by a Job, from what another one backed up. */
  readonly byJob: boolean
  /** What a Job backed up, by that Job's uid: it is restored from that, even where the Job is gone. */
  readonly backup: string | undefined
  /** Its volume as new code left it. */
  readonly kept: KeptVolumeView | undefined
  /**
   * The volume that it got though it was made anew: one that was kept of another claim, or in an earlier attempt. Kubernetes binds a claim to
   * any volume that is free and fits, and does not look at what it is made from (FindMatchingVolume).
   */
  readonly taken: KeptVolumeView | undefined
  /** The claim's own volume is kept: its deletion may be under way, be it a dead leader's. */
  readonly isLeaving: boolean
  /** It is to get that volume back, since its restore failed. */
  readonly fallsBack: boolean
  /** It was made again, and a Job is to fill it from the backup. */
  readonly isEmpty: boolean
  /** It has what it should have. */
  readonly isDone: boolean
  /** It is none of those that a restore makes, nor the one that new code wrote to: somebody else made it, or bound it. */
  readonly isStrange: boolean
}

/** Those that the decision to roll back is to restore, from the top. */
export function restorable(facts: Facts, record: RolloutRecord): readonly Restorable[] {
  const { rollout } = record
  if (rollout?.restores !== true) return []
  return touchedOrdinals(facts, rollout).flatMap((ordinal) => {
    const found = claimNames(facts, ordinal).map((name) =>
      find(facts, { ...record, rollout }, { ordinal, name }),
    )
    const areRestored = found.every(
      (one) => !one.isLeaving && isRestored(one, rollout) && one.claim?.volume !== undefined,
    )
    const isToFill = found.some((one) => isEmpty(one, rollout))
    return found.map((one) => ({
      ...one,
      isEmpty: isEmpty(one, rollout),
      // A Job fills all of them: over what old code has written to this one since, where a person has deleted another.
      isDone: isDone(one, rollout, areRestored) && !(isToFill && isRestored(one, rollout)),
      isStrange: isStrange(one),
    }))
  })
}

/** It was made again and waits for its volume, which may never come; what new code left is kept. */
export function isUnmade({ claim, kept, ...one }: Restorable): boolean {
  return one.isDone && kept !== undefined && claim !== undefined && claim.volume === undefined
}

type Found = Omit<Restorable, 'isEmpty' | 'isDone' | 'isStrange'>

function find(
  facts: Facts,
  { id, rollout }: ActiveRecord,
  { ordinal, name }: Pick<Restorable, 'ordinal' | 'name'>,
): Found {
  const uid = rollout.snapshots?.[name]
  const wanted = rollout.backups
    ? replicaJobName(facts.resource, 'backup', { attempt: id, ordinal })
    : snapshotName(facts, name, id)
  const snapshot = snapshotOf(facts, { name: wanted, claim: name })
  const claim = facts.claims.find((one) => one.name === name)
  const keptVolumes = facts.keptVolumes.filter((volume) => volume.claim === name && volume.attempt === id)
  const kept = keptVolumes.find(({ restored }) => restored !== true)
  return {
    name,
    ordinal,
    claim,
    snapshotName: wanted,
    snapshot: snapshot?.uid === uid ? snapshot : undefined,
    isRecorded: uid !== undefined,
    byJob: rollout.backups === true,
    backup: rollout.backups ? uid : undefined,
    kept,
    taken: claim?.source === wanted ? takenBy(claim, facts.keptVolumes, kept) : undefined,
    isLeaving: keptVolumes.some(({ claimUid }) => claimUid === claim?.uid),
    fallsBack: rollout.unrestored?.includes(ordinal) ?? false,
  }
}

function takenBy(
  { uid, volume }: ClaimView,
  keptVolumes: readonly KeptVolumeView[],
  own: KeptVolumeView | undefined,
): KeptVolumeView | undefined {
  return keptVolumes.find((one) => one.name === volume && one.claimUid !== uid && one !== own)
}

/**
 * Replicas of a half-done promotion that their set was made to let go of, from the bottom: they serve, on the new version, until it
 * is their turn to be restored. Others by that label are nobody's.
 */
export function awaitingRestore({ rollout, releasedPods, end }: Facts): readonly PodView[] {
  if (rollout?.decision !== 'rollback' || rollout.restores !== true) return []
  return releasedPods
    .filter(({ ordinal }) => ordinal >= end - rollout.touched)
    .toSorted((one, other) => one.ordinal - other.ordinal)
}

/** The first ordinal that stable may not have yet: a claim of it is to be restored, or its pod to be taken away for that. */
export function reachOf(facts: Facts, record: RolloutRecord): number {
  const open = restorable(facts, record).filter((one) => !one.isDone)
  return Math.min(facts.end, ...[...open, ...awaitingRestore(facts)].map(({ ordinal }) => ordinal))
}

function touchedOrdinals({ end }: Facts, { touched }: Rollout): readonly number[] {
  return Array.from({ length: touched }, (_, index) => end - 1 - index)
}

function touchedClaims(facts: Facts, rollout: Rollout) {
  return touchedOrdinals(facts, rollout).flatMap((ordinal) =>
    claimNames(facts, ordinal).map((name) => ({ ordinal, name })),
  )
}

/** `areRestored`: all claims of the replica have a volume with the content of a snapshot. */
function isDone(found: Found, rollout: Rollout, areRestored: boolean): boolean {
  const { claim, kept, taken, fallsBack, isLeaving, snapshot, isRecorded } = found
  if (claim === undefined || taken !== undefined) return false
  if (fallsBack && kept === undefined) return true
  if (isStrange(found)) return false
  // Whoever gets that volume again gets it with another claim.
  if (isLeaving) return false
  // The last volume may have come in time after all, and the replica may have written to them.
  if (fallsBack) return areRestored || claim.volume === kept?.name
  // It never had a volume, so that nobody wrote to it; what was snapshotted had one, or is made again by a person.
  if (claim.volume === undefined && kept === undefined)
    return !isRecorded || snapshot?.claimUid === claim.uid || isRestored(found, rollout)
  // A claim takes any volume that is free, be it the one that was kept of it (run for real): then it has what new code wrote.
  return claim.volume === kept?.name ? !isRemade(found) : isRestored(found, rollout)
}

/** A snapshot's content comes with the volume; a backup's when its Job is complete, which the record knows. */
function isRestored(found: Found, { backups, restored }: Rollout): boolean {
  const { name, claim } = found
  return backups ? claim !== undefined && restored?.[name] === claim.uid : isRemade(found)
}

function isRemade({ claim, snapshotName: wanted }: Found): boolean {
  return claim?.source === wanted
}

/** Where neither volume nor snapshot tells which one was there, nobody knows. */
function isStrange(found: Found): boolean {
  const { claim, kept, snapshot, taken } = found
  if (taken !== undefined) return true
  const original = kept?.claimUid ?? snapshot?.claimUid
  if (claim === undefined || original === undefined) return false
  const isGivenBack = kept !== undefined && claim.volume === kept.name
  return claim.uid !== original && !isGivenBack && !isRemade(found)
}

function isEmpty(found: Found, rollout: Rollout): boolean {
  if (rollout.backups !== true || found.fallsBack || found.isLeaving || found.claim?.deleting) return false
  return found.taken === undefined && isRemade(found) && !isRestored(found, rollout)
}

/**
 * All claims that new code may have written to can be restored: each is still the one that its snapshot was taken of, and that is
 * there.
 */
export function isCovered(facts: Facts, record: ActiveRecord): boolean {
  const claims = touchedClaims(facts, record.rollout).map((one) => find(facts, record, one))
  return (
    claims.length > 0 &&
    claims.every(
      ({ claim, snapshot }) =>
        snapshot?.ready === true &&
        !snapshot.deleting &&
        claim?.deleting === false &&
        claim.uid === snapshot.claimUid,
    )
  )
}

/** What a rollback from here would mean for the data; undefined where no rollout is under way. */
export interface WayBack {
  /** The version before would find its data as it was. */
  readonly possible: boolean
  readonly reason:
    | 'NothingWritten'
    | 'Snapshots'
    | 'Backups'
    | 'NoSnapshots'
    | 'SnapshotMissing'
    | 'BackupMissing'
    | 'KeepData'
    /** A claim at least gets its volume back as new code left it. */
    | 'RestoreFailed'
    | 'MigrationIrreversible'
  /** Milliseconds since 1970: what was written since then would be lost, or was. */
  readonly since?: number
}

export function wayBack(facts: Facts): WayBack | undefined {
  const { rollout, stable } = facts
  if (rollout === undefined || stable === undefined) return undefined
  const claims = touchedClaims(facts, rollout)
  if (claims.length === 0) return { possible: true, reason: 'NothingWritten' }
  if (isGivenUp(facts)) return { possible: false, reason: 'RestoreFailed' }
  if (!takesSnapshots(rollout)) return { possible: false, reason: 'NoSnapshots' }
  if (facts.resource.spec.onRollback === 'KeepData') return { possible: false, reason: 'KeepData' }
  if (rollout.backups) return byBackups(facts, rollout, rollout.snapshots ?? {})
  const taken = claims.map(({ name }) =>
    facts.snapshots.find(
      ({ uid, ready, deleting }) => uid === rollout.snapshots?.[name] && ready && !deleting,
    ),
  )
  if (taken.some((snapshot) => snapshot === undefined)) return { possible: false, reason: 'SnapshotMissing' }
  const moments = taken.flatMap((snapshot) => (snapshot?.takenAt === undefined ? [] : [snapshot.takenAt]))
  return { possible: true, reason: 'Snapshots', ...(moments.length > 0 && { since: Math.min(...moments) }) }
}

/** The last volume may have come in time after all: then it is restored. */
function isGivenUp(facts: Facts): boolean {
  const claims = facts.record === undefined ? [] : restorable(facts, facts.record)
  return claims.some((one) => one.fallsBack && !(one.isDone && isRemade(one)))
}

/** What was stored is not ours to look at: a Job that was complete then is taken at its word, be it gone since. */
function byBackups(facts: Facts, rollout: Rollout, uids: Names): WayBack {
  const claims = touchedClaims(facts, rollout)
  if (claims.some(({ name }) => uids[name] === undefined)) return { possible: false, reason: 'BackupMissing' }
  const moments = claims.map(
    ({ name }) => facts.snapshots.find(({ uid }) => uid === uids[name])?.takenAt ?? Number.NaN,
  )
  const since = Math.min(...moments)
  // The Job that is gone may have been the first: what is told of the others would be too little.
  return { possible: true, reason: 'Backups', ...(!Number.isNaN(since) && { since }) }
}

/**
 * Claims that have the volume again that the last attempt took out of use: their restore was given up. Nothing but the note on the
 * volume tells of it once the attempt is closed; it counts until the next one begins.
 */
export function unrestoredClaims(facts: Facts): readonly string[] {
  return facts.keptVolumes
    .filter(
      (volume) => volume.attempt === facts.record?.id && volume.restored !== true && isBack(facts, volume),
    )
    .map(({ claim }) => claim)
    .toSorted()
}

/** The claim that it was taken from, or its successor, has it, and stays. */
export function isBack({ claims }: Facts, { name, claim }: KeptVolumeView): boolean {
  return claims.some((one) => one.name === claim && one.volume === name && !one.deleting)
}

/** Out of use: a claim of that name has another volume by now, or there is none. */
export function retainedVolumes({ keptVolumes, claims }: Facts): readonly KeptVolumeView[] {
  return keptVolumes.filter(
    ({ name, claim, claimUid }) =>
      !claims.some(
        ({ name: other, uid, volume }) => other === claim && (volume === name || uid === claimUid),
      ),
  )
}
