/** A restore that cannot be, or that nobody wants any more, is given up claim by claim, and told. */
import { changeStable } from '../action.ts'
import { act, type Decision } from '../decision.ts'
import { type Facts, isHopeless, versionOf } from '../facts.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { failureWords } from '../jobs/migration.ts'
import { isOf, type ToFill, toFill } from '../volumes/fill-claims.ts'
import { restorable } from '../volumes/way-back.ts'

/**
 * Those that cannot be restored get their volumes back as the new version left them: where a person would rather have that,
 * where no volume was made in time, or where the Job that is to fill them has failed. All claims of a replica share its lot.
 */
export function giveUpRestore(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const { rollout } = record
  const claims = restorable(facts, record).filter(({ fallsBack }) => !fallsBack)
  // Of what is gone, volume and all, nothing could be given back.
  const open = claims.filter(({ isDone, claim, kept }) => !isDone && (claim ?? kept) !== undefined)
  const unwanted = facts.resource.spec.onRollback === 'KeepData' ? open : []
  const failed = claims.filter(({ isDone, claim, kept, ordinal }) => {
    const pod = facts.stablePods.find((candidate) => candidate.ordinal === ordinal)
    const isUnmade = isDone && kept !== undefined && claim?.volume === undefined
    // That it finds no node says nothing of the storage, which may never have been asked.
    const isStorage = claim?.asked === true || pod?.unschedulable !== true
    return isUnmade && isStorage && pod !== undefined && isHopeless(facts, pod)
  })
  const unfilled = toFill(facts, record).filter((one) => hasFailed(one))
  const given = [...unwanted, ...failed, ...unfilled.flatMap((one) => one.claims)]
  const [first] = given
  if (first === undefined) return undefined
  const [job] = unfilled.flatMap((one) => one.job ?? [])
  const why = job === undefined || unwanted.length > 0 ? '' : `: ${failureWords(facts, job)}`
  const unrestored = [...new Set([...(rollout.unrestored ?? []), ...given.map(({ ordinal }) => ordinal)])]
  const note = `Claim ${first.name} is not restored; it gets its volume back as ${versionOf(facts, rollout.to)} left it${why}`
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

/** The one for these very claims; of others nothing follows. */
function hasFailed(one: ToFill): boolean {
  return one.job?.outcome === 'failed' && !one.job.deleting && isOf(one.job, one)
}
