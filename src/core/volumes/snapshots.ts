/**
 * Which snapshots a rollout needs, and which of them count. They are named by attempt, since one of an earlier attempt has an
 * older content (run for real), and count by the uid that the record has of them.
 */
import { claimNames, earliest, type Facts } from '../facts.ts'
import type { ClaimView, SnapshotView } from '../observation.ts'
import type { Names, Rollout, RolloutRecord } from '../record.ts'

/** The resource's uid in it keeps a resource that was made anew from meeting the snapshots of the one before. */
export function snapshotName(facts: Facts, claim: string, attempt: number): string {
  return `${claim}-${facts.resource.uid.slice(0, 8)}-${attempt}`
}

/** One claim of a rollout, with its snapshot of this attempt, as far as they are there. */
export interface Snapshotted {
  readonly name: string
  readonly className: string
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
  const classes = rollout?.snapshotClasses
  if (classes === undefined) return []
  const ordinals = Array.from({ length: Math.max(0, to - from) }, (_, index) => to - 1 - index)
  return ordinals.flatMap((ordinal) =>
    claimNames(facts, ordinal).map((name, index) => {
      const wanted = snapshotName(facts, name, id)
      return {
        name,
        className: classes[facts.resource.spec.claimTemplates[index] ?? ''] ?? '',
        claim: facts.claims.find((claim) => claim.name === name),
        snapshotName: wanted,
        snapshot: facts.snapshots.find((snapshot) => snapshot.name === wanted),
        pod,
      }
    }),
  )
}

/** It has the content of this very claim, which nobody has written to since, and stays. */
export function isUsable(one: Snapshotted): boolean {
  const { claim, snapshot } = one
  return (
    snapshot?.ready === true && !snapshot.deleting && snapshot.claimUid === claim?.uid && !isOutdated(one)
  )
}

/** The replica ran again after it was stopped for that one: what it wrote since is not in it. */
export function isOutdated({ snapshot, pod }: Snapshotted): boolean {
  return snapshot !== undefined && snapshot.pod !== pod
}

/** What is to be recorded of them with `touched`, besides what is recorded already. */
export function withSnapshots(
  rollout: Rollout,
  taken: readonly Snapshotted[],
): { readonly snapshots?: Names } {
  if (rollout.snapshotClasses === undefined) return {}
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
  const allowed = facts.resource.spec.progressDeadlineSeconds * 1000
  return earliest(...awaited.map(({ snapshot }) => snapshot && snapshot.createdAt + allowed))
}
