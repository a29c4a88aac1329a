/**
 * Before new code can write to a claim, the snapshot of it is there and ready: one of this attempt, taken while nobody
 * writes, since its replica was displaced, or stopped for it (stop-for-snapshot.ts). Where Jobs back the claims up, one stands for
 * the snapshots of its replica (back-up.ts).
 */
import { act, ask, wait, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { SnapshotView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { ActiveRecord } from '../record.ts'
import { dueAt, isOutdated, isUsable, type Snapshotted, snapshotted } from '../volumes/snapshots.ts'
import { awaitBackup, backUp, discardBackup } from './back-up.ts'

/** All are asked for before any of them is waited for. */
export function takeSnapshots(
  facts: Facts,
  record: ActiveRecord,
  range: { readonly from: number; readonly to: number; readonly pod?: string },
): Decision | undefined {
  const wanted = snapshotted(facts, record, range)
  const lost = wanted.find(({ claim }) => claim === undefined)
  if (lost !== undefined) return wait({ code: 'ClaimMissing', claim: lost.name })
  const outdated = wanted.find((one) => isOutdated(one) && one.snapshot?.deleting === false)
  if (outdated?.snapshot !== undefined) return discard(facts, outdated, outdated.snapshot)
  const open = wanted.find(({ snapshot }) => snapshot === undefined)
  if (open !== undefined) return claimDeleting(facts) ?? take(facts, open, record)
  const awaited = wanted.filter((one) => !isUsable(one))
  return record.rollout.backups ? awaitBackup(facts, awaited) : awaited[0] && awaitReady(facts, awaited[0])
}

/**
 * For whoever makes room a second time (somebody scaled the set, past the guard): what the replicas that are back write is in no
 * snapshot that was taken before. So those go before the replicas do: once they are away nothing tells of it any more.
 */
export function discardSnapshots(
  facts: Facts,
  record: ActiveRecord,
  range: { readonly from: number; readonly to: number },
): Decision | undefined {
  const { stable, first, stablePods } = facts
  const isBack = (ordinal: number) =>
    ordinal < first + (stable?.replicas ?? 0) || stablePods.some((pod) => pod.ordinal === ordinal)
  const old = snapshotted(facts, record, range).find(
    ({ ordinal, snapshot }) => isBack(ordinal) && snapshot?.deleting === false,
  )
  return old?.snapshot && discard(facts, old, old.snapshot)
}

/** No record names it: it was never a way back. */
function discard(facts: Facts, one: Snapshotted, { name, uid, byJob }: SnapshotView): Decision {
  if (byJob) return discardBackup(facts, one, { name, uid })
  return act({ kind: 'deleteSnapshot', snapshot: { name, uid } }, { code: 'Snapshotting', claim: one.name })
}

function take(facts: Facts, one: Snapshotted, record: ActiveRecord): Decision {
  const { name, claim, className, snapshotName, pod } = one
  if (className === undefined) return backUp(facts, record, one)
  const order = {
    snapshot: snapshotName,
    claim: { name, uid: claim?.uid ?? '' },
    className,
    attempt: record.id,
    ...(pod !== undefined && { pod }),
  }
  const taking = act({ kind: 'createSnapshot', ...order }, { code: 'Snapshotting', claim: name })
  if (facts.answers.snapshot === undefined) return taking
  // Once refused it is asked for by dry run before it is tried again.
  const what = `VolumeSnapshot ${snapshotName}`
  return (
    ask(facts, { kind: 'snapshot', order }, (message) => ({ code: 'SetRefused', what, message })) ?? taking
  )
}

/** Nothing else wakes whoever waits for a storage that is silent. */
function awaitReady(facts: Facts, one: Snapshotted): Decision {
  const { name, ordinal, claim, snapshotName, snapshot, pod } = one
  const trouble = troubleOf({ snapshot, claim }, snapshotName)
  const said = { claim: name, ...(trouble !== undefined && { trouble }) }
  const due = snapshot === undefined ? facts.now : dueAt(facts, snapshot)
  return due > facts.now
    ? wait({ code: 'Snapshotting', ...said }, due)
    : wait({
        code: 'SnapshotNotReady',
        snapshot: snapshotName,
        ...said,
        ...(pod !== undefined && { stopped: `${facts.resource.name}-stable-${ordinal}` }),
      })
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
