/** A restore that cannot be, or that nobody wants any more, is given up claim by claim, and told. */
import { changeStable } from '../action.ts'
import { act, type Decision, wait } from '../decision.ts'
import { earliest, type Facts, hopelessAt, isHopeless, versionOf } from '../facts.ts'
import type { PodView, SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { failureWords } from '../jobs/migration.ts'
import { isOf, type ToFill, toFill } from '../volumes/fill-claims.ts'
import { isUnmade, restorable, type Restorable } from '../volumes/way-back.ts'
import { volumeAwaitedWords } from '../words/volume-awaited.ts'

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
  const claims = restorable(facts, record).filter(({ fallsBack }) => !fallsBack)
  // Of what is gone, volume and all, nothing could be given back.
  const open = claims.filter((one) => isUnmade(one) || (!one.isDone && (one.claim ?? one.kept) !== undefined))
  const unwanted = facts.resource.spec.onRollback === 'KeepData' ? open : []
  const failed = claims.filter((one) => {
    const pod = podOf(facts, one)
    // That it finds no node says nothing of the storage, which may never have been asked.
    const isStorage = one.claim?.asked === true || pod?.unschedulable !== true
    return isUnmade(one) && isStorage && pod !== undefined && isHopeless(facts, pod)
  })
  const unfilled = toFill(facts, record).filter((one) => hasFailed(one))
  const given = [...unwanted, ...failed, ...unfilled.flatMap((one) => one.claims)]
  const [job] = unfilled.flatMap((one) => one.job ?? [])
  const why = job === undefined || unwanted.length > 0 ? '' : `: ${failureWords(facts, job)}`
  return giveUp(facts, stable, record, { given, why, reason })
}

/**
 * For whoever goes straight in, which closes the attempt: nobody would give a claim its volume back from then on. One whose replica has
 * waited in vain gets it first, be it only that no node was found; another one has its time.
 */
export function giveUpUnmade(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const unmade = restorable(facts, record).flatMap((one) => {
    const pod = podOf(facts, one)
    return isUnmade(one) && !one.fallsBack && pod !== undefined ? [{ one, pod }] : []
  })
  const given = unmade.filter(({ pod }) => isHopeless(facts, pod)).map(({ one }) => one)
  const [first] = unmade
  return (
    giveUp(facts, stable, record, { given, why: '', reason }) ??
    (first &&
      wait(
        reason(volumeAwaitedWords(facts, first.one.name)),
        earliest(...unmade.map(({ pod }) => hopelessAt(facts, pod))),
      ))
  )
}

interface GivenUp {
  readonly given: readonly Restorable[]
  readonly why: string
  readonly reason: (doing: string) => Reason
}

function giveUp(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  { given, why, reason }: GivenUp,
): Decision | undefined {
  const { rollout } = record
  const [first] = given
  if (first === undefined) return undefined
  const unrestored = [...new Set([...(rollout.unrestored ?? []), ...given.map(({ ordinal }) => ordinal)])]
  const left = versionOf(facts, rollout.to)
  const names = given.map(({ name }) => name)
  const note =
    names.length === 1
      ? `Claim ${first.name} is not restored; it gets its volume back as ${left} left it${why}${stays(given)}`
      : `Claims ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are not restored; they get their volumes back as ${left} left them${why}${stays(given)}`
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

/** Nothing else has it: see prune-snapshots.ts. */
function stays(given: readonly Restorable[]): string {
  const sources = given.flatMap(({ backup, snapshot }) =>
    backup !== undefined
      ? [`the backup stored as ${backup}`]
      : snapshot === undefined
        ? []
        : [`VolumeSnapshot ${snapshot.name}`],
  )
  const what = [...new Set(sources)].join(', ')
  return what === '' ? '' : `. What was there before stays, until you delete it: ${what}`
}

function podOf({ stablePods }: Facts, { ordinal }: Restorable): PodView | undefined {
  return stablePods.find((pod) => pod.ordinal === ordinal)
}

/** The one for these very claims; of others nothing follows. */
function hasFailed(one: ToFill): boolean {
  return one.job?.outcome === 'failed' && !one.job.deleting && isOf(one.job, one)
}
