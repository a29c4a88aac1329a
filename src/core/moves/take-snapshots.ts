/**
 * Before new code can write to a claim, the snapshot of it is there and ready: one of this attempt, taken while nobody
 * writes, since its replica was displaced, or stopped for it (stop-for-snapshot.ts).
 */
import { act, wait, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { SnapshotView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { RolloutRecord } from '../record.ts'
import { isOutdated, isUsable, type Snapshotted, snapshotted } from '../volumes/snapshots.ts'

/** All are asked for before any of them is waited for. */
export function takeSnapshots(
  facts: Facts,
  record: RolloutRecord,
  range: { readonly from: number; readonly to: number; readonly pod?: string },
): Decision | undefined {
  const wanted = snapshotted(facts, record, range)
  const lost = wanted.find(({ claim }) => claim === undefined)
  if (lost !== undefined) return wait({ code: 'ClaimMissing', claim: lost.name })
  const outdated = wanted.find((one) => isOutdated(one) && one.snapshot?.deleting === false)
  if (outdated?.snapshot !== undefined) return discard(outdated.name, outdated.snapshot)
  const open = wanted.find(({ snapshot }) => snapshot === undefined)
  if (open !== undefined) return claimDeleting(facts) ?? take(open, record.id)
  const awaited = wanted.find((one) => !isUsable(one))
  return awaited && awaitReady(facts, awaited)
}

/** No record names it: it was never a way back. */
function discard(claim: string, { name, uid }: SnapshotView): Decision {
  return act({ kind: 'deleteSnapshot', snapshot: { name, uid } }, { code: 'Snapshotting', claim })
}

function take({ name, claim, className, snapshotName, pod }: Snapshotted, attempt: number): Decision {
  const of = { name, uid: claim?.uid ?? '' }
  return act(
    {
      kind: 'createSnapshot',
      snapshot: snapshotName,
      claim: of,
      className,
      attempt,
      ...(pod !== undefined && { pod }),
    },
    { code: 'Snapshotting', claim: name },
  )
}

/** Nothing else wakes whoever waits for a storage that is silent. */
function awaitReady(facts: Facts, { name, claim, snapshotName, snapshot }: Snapshotted): Decision {
  const trouble = troubleOf({ snapshot, claim }, snapshotName)
  const said = { claim: name, ...(trouble !== undefined && { trouble }) }
  const due = (snapshot?.createdAt ?? facts.now) + facts.resource.spec.progressDeadlineSeconds * 1000
  return due > facts.now
    ? wait({ code: 'Snapshotting', ...said }, due)
    : wait({ code: 'SnapshotNotReady', snapshot: snapshotName, ...said })
}

function troubleOf(
  { snapshot, claim }: Pick<Snapshotted, 'snapshot' | 'claim'>,
  name: string,
): string | undefined {
  if (snapshot?.deleting) return `VolumeSnapshot ${name} is being deleted`
  if (snapshot?.claimUid !== claim?.uid)
    return `VolumeSnapshot ${name} is of another claim of that name; delete it`
  return snapshot?.trouble === undefined ? undefined : `VolumeSnapshot ${name}: ${snapshot.trouble}`
}
