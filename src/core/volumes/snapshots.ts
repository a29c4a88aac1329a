/**
 * Which snapshots a rollout needs, and which of them count. They are named by attempt, since one of an earlier attempt has an
 * older content (run for real), and count by the uid that the record has of them. Where Jobs back the claims up, one Job stands for the
 * snapshots of all claims of a replica.
 */
import { claimNames, earliest, type Facts } from '../facts.ts'
import { replicaJobName } from '../jobs/job-order.ts'
import type { ClaimView, SnapshotView } from '../observation.ts'
import { type Names, type Rollout, type RolloutRecord, takesSnapshots } from '../record.ts'

/** The resource's uid in it keeps a resource that was made anew from meeting the snapshots of the one before. */
export function snapshotName(facts: Facts, claim: string, attempt: number): string {
  return `${claim}-${facts.resource.uid.slice(0, 8)}-${attempt}`
}

/** One claim of a rollout, with its snapshot of this attempt, as far as they are there. */
export interface Snapshotted {
  readonly name: string
  readonly ordinal: number
  /** Undefined where a Job backs it up. */
  readonly className: string | undefined
  readonly claim: ClaimView | undefined
  readonly snapshotName: string
  readonly snapshot: SnapshotView | undefined
  /** uid of the pod that was stopped for it; undefined where none runs there anyhow. */
  readonly pod: string | undefined
}

/** The claims of ordinals [from, to), from the top; none where no snapshots are taken. */
export function snapshotted(
  facts: Facts,
  { id, rollout }: RolloutRecord,
  { from, to, pod }: { readonly from: number; readonly to: number; readonly pod?: string },
): readonly Snapshotted[] {
  if (rollout === undefined || !takesSnapshots(rollout)) return []
  const { snapshotClasses: classes } = rollout
  const ordinals = Array.from({ length: Math.max(0, to - from) }, (_, index) => to - 1 - index)
  return ordinals.flatMap((ordinal) =>
    claimNames(facts, ordinal).map((name, index) => {
      const className = classes && (classes[facts.resource.spec.claimTemplates[index] ?? ''] ?? '')
      const wanted = rollout.backups
        ? replicaJobName(facts.resource, 'backup', { attempt: id, ordinal })
        : snapshotName(facts, name, id)
      return {
        name,
        ordinal,
        className,
        claim: facts.claims.find((claim) => claim.name === name),
        snapshotName: wanted,
        snapshot: snapshotOf(facts, { name: wanted, claim: name }),
        pod,
      }
    }),
  )
}

/** A Job's is of all claims of its replica; of a VolumeSnapshot of that name one looks of which claim it is. */
export function snapshotOf(
  { snapshots }: Pick<Facts, 'snapshots'>,
  { name, claim }: { readonly name: string; readonly claim: string },
): SnapshotView | undefined {
  return snapshots.find((one) => one.name === name && (one.byJob !== true || one.claim === claim))
}

/** It has the content of this very claim, which nobody has written to since, and stays. */
export function isUsable(one: Snapshotted): boolean {
  const { claim, snapshot } = one
  return (
    snapshot?.ready === true && !snapshot.deleting && snapshot.claimUid === claim?.uid && !isOutdated(one)
  )
}

/** The replica ran again after it was stopped for that one: what it wrote since is not in it. Or a Job is of another claim of that name. */
export function isOutdated({ snapshot, pod, claim }: Snapshotted): boolean {
  if (snapshot === undefined) return false
  return snapshot.pod !== pod || (snapshot.byJob === true && snapshot.claimUid !== claim?.uid)
}

/** A claim is still to be made of it. */
export function isSource({ claims }: Pick<Facts, 'claims'>, snapshot: string): boolean {
  return claims.some(({ source, volume }) => source === snapshot && volume === undefined)
}

/** What is to be recorded of them with `touched`, besides what is recorded already. */
export function withSnapshots(
  rollout: Rollout,
  taken: readonly Snapshotted[],
): { readonly snapshots?: Names } {
  if (!takesSnapshots(rollout)) return {}
  const added = taken.map(({ name, snapshot }) => [name, snapshot?.uid ?? ''] as const)
  return { snapshots: { ...rollout.snapshots, ...Object.fromEntries(added) } }
}

/** When the first snapshot that the rollout waits for will have had all its time. */
export function snapshotDeadline(facts: Facts): number | undefined {
  const { record, boundary, end, rollout } = facts
  if (record === undefined || rollout === undefined) return undefined
  const awaited = snapshotted(facts, record, { from: boundary, to: end - rollout.touched }).filter(
    (one) => !isUsable(one),
  )
  const { snapshot: answer } = facts.answers
  const refusedSince = answer?.yes === false ? rollout.at.started : undefined
  return earliest(
    ...awaited.map(({ snapshot }) =>
      snapshot === undefined
        ? refusedSince && refusedSince + facts.resource.spec.progressDeadlineSeconds * 1000
        : dueAt(facts, snapshot),
    ),
  )
}

/** When it will have had all its time: a Job has its own. */
export function dueAt({ resource: { spec } }: Facts, { byJob, createdAt }: SnapshotView): number {
  const { progressDeadlineSeconds, backups } = spec
  const seconds = byJob === true && backups !== undefined ? backups.deadlineSeconds : progressDeadlineSeconds
  return createdAt + seconds * 1000
}
