/**
 * What the new version wrote was to be kept, and somebody wants the data of before after all: `spec.volumes.onRollback` says
 * Restore by now, most likely since the old version cannot open what is there. One write, which fences an older patch as the
 * decision does, and takes the replicas away that run on it; from then on it is restored like any other. Only where that can be:
 * of every claim the snapshot is there, and the claim is still the one.
 */
import { changeStable } from '../action.ts'
import { act, type Decision } from '../decision.ts'
import { type Facts, versionOf } from '../facts.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { onRollbackCommand, type Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { isCovered, reachOf } from '../volumes/way-back.ts'

export function adoptRestore(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const { rollout } = record
  if (facts.resource.spec.onRollback !== 'Restore' || !mayBeAdopted(facts, record)) return undefined
  const from = versionOf(facts, rollout.from)
  const adopted = { ...record, rollout: { ...rollout, restores: true } } as const
  // What new code has written since must not be opened either: from now on its set makes no replica there. While that has the new version
  // an evicted one comes back on that, and they are let go of one by one (release-replicas.ts).
  const below = reachOf(facts, adopted) - facts.first
  const replicas = stable.revision === rollout.from ? Math.min(stable.replicas, below) : stable.replicas
  return (
    (stable.replicas > replicas ? claimDeleting(facts) : undefined) ??
    act(
      changeStable(stable, 'adoptRestore', { record: adopted, replicas }),
      reason('making room to restore the data'),
      {
        type: 'Normal',
        reason: 'RestoreAdopted',
        note: `The rollback to ${from} restores after all: what ${versionOf(facts, rollout.to)} wrote is kept in volumes of their own`,
      },
    )
  )
}

/** The way out of a rollback to a version that cannot open the data; undefined where there is nothing to restore from. */
export function restoreWords(facts: Facts, record: ActiveRecord): string | undefined {
  if (!mayBeAdopted(facts, record)) return undefined
  const { from, to } = record.rollout
  return (
    `To give ${versionOf(facts, from)} its data of before, with what ${versionOf(facts, to)} wrote kept aside: ` +
    onRollbackCommand(facts.resource, 'Restore')
  )
}

function mayBeAdopted(facts: Facts, record: ActiveRecord): boolean {
  const { decision, restores } = record.rollout
  return decision === 'rollback' && restores !== true && isCovered(facts, record)
}
