/** A restore that cannot be, or that nobody wants any more, is given up claim by claim, and told. */
import { changeStable } from '../action.ts'
import { act, type Decision } from '../decision.ts'
import { type Facts, isHopeless, versionOf } from '../facts.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { restorable } from '../volumes/way-back.ts'

/**
 * Those that cannot be restored get their volumes back as the new version left them: where a person would rather have that, or
 * where no volume was made in time. All claims of a replica share its lot.
 */
export function giveUpRestore(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const { rollout } = record
  const claims = restorable(facts, record).filter(({ fallsBack }) => !fallsBack)
  const unwanted = facts.resource.spec.onRollback === 'KeepData' ? claims.filter(({ isDone }) => !isDone) : []
  const failed = claims.filter(({ isDone, claim, ordinal }) => {
    const pod = facts.stablePods.find((candidate) => candidate.ordinal === ordinal)
    return isDone && claim?.volume === undefined && pod !== undefined && isHopeless(facts, pod)
  })
  const given = [...unwanted, ...failed]
  const [first] = given
  if (first === undefined) return undefined
  const unrestored = [...new Set([...(rollout.unrestored ?? []), ...given.map(({ ordinal }) => ordinal)])]
  const note = `Claim ${first.name} is not restored; it gets its volume back as ${versionOf(facts, rollout.to)} left it`
  const change = { record: { ...record, rollout: { ...rollout, unrestored } } }
  // None of its claims is swapped while the set wants it; while that has the new version nothing is swapped at all.
  const below = Math.min(...given.map(({ ordinal }) => ordinal)) - facts.first
  const replicas = stable.revision === rollout.from ? Math.min(stable.replicas, below) : stable.replicas
  return (
    (stable.replicas > replicas ? claimDeleting(facts) : undefined) ??
    act(changeStable(stable, 'giveUpRestore', { ...change, replicas }), reason('giving up a restore'), {
      type: 'Warning',
      reason: 'RestoreFailed',
      note,
    })
  )
}
