/** What a rollback would find of the data that was there before: claim by claim, as the record and the objects tell it. */
import { claimNames, type Facts } from '../facts.ts'
import type { ClaimView, KeptVolumeView, SnapshotView } from '../observation.ts'
import type { Rollout, RolloutRecord } from '../record.ts'
import { snapshotName } from './snapshots.ts'

/** A claim that new code may have written to, and that has a snapshot. */
export interface Restorable {
  readonly name: string
  readonly ordinal: number
  readonly claim: ClaimView | undefined
  readonly snapshotName: string
  /** The very one that was taken before new code could write; undefined where that is gone. */
  readonly snapshot: SnapshotView | undefined
  /** Its volume as new code left it. */
  readonly kept: KeptVolumeView | undefined
  /** It is to get that volume back, since its restore failed. */
  readonly fallsBack: boolean
  /** It has what it should have, or something that nobody here put there. */
  readonly isDone: boolean
}

/** Those that the decision to roll back is to restore, from the top. */
export function restorable(facts: Facts, { id, rollout }: RolloutRecord): readonly Restorable[] {
  if (rollout?.restores !== true) return []
  return touchedClaims(facts, rollout).flatMap(({ ordinal, name }) => {
    const uid = rollout.snapshots?.[name]
    if (uid === undefined) return []
    const wanted = snapshotName(facts, name, id)
    const found = {
      name,
      ordinal,
      claim: facts.claims.find((claim) => claim.name === name),
      snapshotName: wanted,
      snapshot: facts.snapshots.find((snapshot) => snapshot.name === wanted && snapshot.uid === uid),
      kept: facts.keptVolumes.find((volume) => volume.claim === name && volume.attempt === id),
      fallsBack: rollout.unrestored?.includes(ordinal) ?? false,
    }
    return [{ ...found, isDone: isDone(found) }]
  })
}

function touchedClaims(facts: Facts, { touched }: Rollout) {
  const ordinals = Array.from({ length: touched }, (_, index) => facts.end - 1 - index)
  return ordinals.flatMap((ordinal) => claimNames(facts, ordinal).map((name) => ({ ordinal, name })))
}

function isDone({
  claim,
  snapshotName: wanted,
  snapshot,
  kept,
  fallsBack,
}: Omit<Restorable, 'isDone'>): boolean {
  if (fallsBack && kept === undefined) return true
  if (claim === undefined) return false
  // Its deletion may be under way, be it a dead leader's: whoever gets that volume again gets it with another claim.
  if (kept?.claimUid === claim.uid) return false
  const isRestored = claim.source === wanted
  // The volume may have come in time after all, and a replica may have written to it.
  if (fallsBack) return claim.volume !== undefined || !isRestored
  // It never had a volume, so that nobody wrote to it.
  if (claim.volume === undefined && kept === undefined) return true
  const isOriginal = snapshot === undefined || snapshot.claimUid === claim.uid
  return isRestored || !isOriginal
}

/** What a rollback from here would mean for the data; undefined where no rollout is under way. */
export interface WayBack {
  /** The version before would find its data as it was. */
  readonly possible: boolean
  readonly reason:
    | 'NothingWritten'
    | 'Snapshots'
    | 'NoSnapshots'
    | 'SnapshotMissing'
    | 'KeepData'
    | 'Promoting'
    | 'MigrationIrreversible'
  /** Milliseconds since 1970: what was written since then would be lost, or was. */
  readonly since?: number
}

export function wayBack(facts: Facts): WayBack | undefined {
  const { rollout, stable } = facts
  if (rollout === undefined || stable === undefined) return undefined
  if (rollout.touched === 0) return { possible: true, reason: 'NothingWritten' }
  if (rollout.snapshots === undefined) return { possible: false, reason: 'NoSnapshots' }
  if (stable.revision !== rollout.from) return { possible: false, reason: 'Promoting' }
  if (facts.resource.spec.onRollback === 'KeepData') return { possible: false, reason: 'KeepData' }
  const claims = touchedClaims(facts, rollout)
  const taken = claims.map(({ name }) =>
    facts.snapshots.find(
      ({ uid, ready, deleting }) => uid === rollout.snapshots?.[name] && ready && !deleting,
    ),
  )
  if (taken.some((snapshot) => snapshot === undefined)) return { possible: false, reason: 'SnapshotMissing' }
  const moments = taken.flatMap((snapshot) => (snapshot?.takenAt === undefined ? [] : [snapshot.takenAt]))
  return { possible: true, reason: 'Snapshots', ...(moments.length > 0 && { since: Math.min(...moments) }) }
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
