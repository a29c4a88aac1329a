/**
 * Promotion was decided: the data is migrated where that is wanted, the canary goes, then ONE patch gives stable the new
 * template, all its replicas and the partition N-k (two patches could start old code on data that new code has written), then the
 * partition is lowered one ordinal at a time, each when everybody is available. It is never raised.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import {
  claimNames,
  earliest,
  hopelessAt,
  imageOf,
  versionOf,
  isHopeless,
  isWhole,
  stableAvailability,
  wasBelowPartition,
  type Facts,
} from '../facts.ts'
import { isPastReturn } from '../jobs/irreversible.ts'
import type { PodView, SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { changeImageWords } from '../reason.ts'
import { type ActiveRecord, allTouched, type Rollout, type RolloutRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { claimsFree } from '../preconditions/claims-free.ts'
import { replicasLacking } from '../preconditions/replicas-lacking.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import { isMigrating, migrate } from '../moves/migrate.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { stopForSnapshot } from '../moves/stop-for-snapshot.ts'
import { takeSnapshots } from '../moves/take-snapshots.ts'
import { snapshotted, withSnapshots } from '../volumes/snapshots.ts'
import { canaryFailing } from '../words/canary-failing.ts'
import { troubleOf } from '../words/trouble.ts'
import { canaryTrouble, untilDeadline } from './decide.ts'

export function promote(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable === undefined || record === undefined || rollout?.decision !== 'promote') return undefined
  const doing = (what: string) => promoting(facts, rollout, what)
  if (stable.revision === rollout.from) {
    const migration = migrate(facts, stable, { ...record, rollout })
    return untilDeadline(
      facts,
      rollout,
      (isMigrating(rollout) ? migration : undefined) ??
        keepServing(facts, rollout) ??
        (rollout.migration?.mountsClaims ? undefined : migration) ??
        takeCanaryAway(facts, doing) ??
        migration ??
        onePatch(facts, stable, { ...record, rollout }),
    )
  }
  if (stable.revision !== rollout.to) return undefined
  return (
    takeCanaryAway(facts, doing) ??
    returnReplicas(facts, stable, { ...record, rollout }) ??
    lower(facts, stable, { ...record, rollout }) ??
    finish(facts, stable, record, rollout)
  )
}

/** The canary keeps serving until the replicas below it are all there; one that fails meanwhile proves nothing. */
function keepServing(facts: Facts, rollout: Rollout): Decision | undefined {
  if (facts.canary === undefined || facts.canary.replicas === 0) return undefined
  // Replicas that a stranger has scaled away are put back before the canary goes (takeCanaryAway).
  if (facts.stable?.replicas !== facts.replicas - facts.canaries) return undefined
  const trouble = canaryTrouble(facts, rollout)
  if (trouble !== undefined) return wait(canaryFailing(facts, rollout, trouble.detail))
  const below = { from: facts.first, to: facts.boundary, revision: rollout.from }
  return replicasLacking(facts, below, 'the promotion')
}

function onePatch(facts: Facts, stable: SetView, record: ActiveRecord): Decision {
  const { rollout } = record
  if (!stable.observed) return wait(promoting(facts, rollout, 'waiting for the controller of the stable set'))
  const displaced = facts.boundary - facts.first
  const change = { revision: rollout.to, replicas: rollout.replicas, partition: displaced }
  return (
    revisionInStore(facts, rollout.to) ??
    claimDeleting(facts) ??
    claimsFree(facts, { from: facts.boundary }) ??
    act(
      changeStable(stable, 'promote', change),
      promoting(facts, rollout, 'giving stable the new version and all its replicas'),
    )
  )
}

/** Somebody scaled the set meanwhile; whatever is missing from the partition on comes back on the new version. */
function returnReplicas(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const { replicas } = rollout
  if (stable.replicas === replicas) return undefined
  const touched = wasBelowPartition(stable) && { record: allTouched(record, rollout) }
  const bringBack = act(
    changeStable(stable, 'returnReplicas', { replicas, ...touched }),
    promoting(facts, rollout, 'bringing back all replicas'),
  )
  return stable.replicas < replicas ? bringBack : (claimDeleting(facts) ?? bringBack)
}

/** The next lower ordinal is given to new code when all N are available, those from the partition on at the new version. */
function lower(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  if (stable.partition === undefined || stable.partition === 0) return undefined
  const edge = facts.first + stable.partition
  const going = facts.stablePods.find(({ ordinal }) => ordinal === edge - 1)
  const isStopping = going?.pinned === true && going.deleting
  const above = stableAvailability(facts, { from: edge, to: facts.end, revision: rollout.to })
  const below = stableAvailability(facts, { from: facts.first, to: isStopping ? edge - 1 : edge })
  if (!above.available || !below.available || !stable.observed) return waiting(facts, rollout)
  if (facts.resource.spec.paused && !isStopping)
    return wait({ code: 'RolloutPaused', target: facts.resource, image: versionOf(facts, rollout.to) })
  const partition = stable.partition - 1
  const isUnwritten = edge <= facts.end - rollout.touched || stillOnBefore(facts, rollout, going)
  const next = { from: edge - 1, to: isUnwritten ? edge : edge - 1, ...(going && { pod: going.uid }) }
  const touched = {
    touched: Math.max(rollout.touched, rollout.replicas - partition),
    ...withSnapshots(rollout, snapshotted(facts, record, next)),
  }
  const doing = (what: string) => promoting(facts, rollout, what)
  const isSnapshotted = snapshotted(facts, record, next).length > 0
  const change = { record: { ...record, rollout: { ...rollout, ...touched } }, partition }
  return (
    claimDeleting(facts) ??
    (going && isSnapshotted ? stopForSnapshot(facts, going, doing) : undefined) ??
    takeSnapshots(facts, record, next) ??
    act(
      changeStable(stable, 'lowerPartition', change),
      doing(`moving ${stable.name}-${facts.first + partition} to the new version`),
    )
  )
}

/** It may be called touched (see allTouched), and still be what the version before runs on, with no snapshot to go back to. */
function stillOnBefore(facts: Facts, { from, snapshots }: Rollout, pod: PodView | undefined): boolean {
  if (pod?.revision !== from) return false
  return claimNames(facts, pod.ordinal).every((name) => snapshots?.[name] === undefined)
}

function finish(
  facts: Facts,
  stable: SetView,
  record: RolloutRecord,
  rollout: Rollout,
): Decision | undefined {
  if (!isWhole(facts, rollout.to)) return waiting(facts, rollout)
  const { rollout: _, ...kept } = record
  const closed: RolloutRecord = { ...kept, accepted: rollout.to }
  return act(
    changeStable(stable, 'closeRollout', { record: closed }),
    promoting(facts, rollout, 'closing the rollout'),
    { type: 'Normal', reason: 'Promoted', note: `All replicas run ${versionOf(facts, rollout.to)}` },
  )
}

function waiting(facts: Facts, rollout: Rollout): Decision {
  const pod = facts.stablePods.find((candidate) => isHopeless(facts, candidate))
  // Beside one that is hopeless, too: the next may be one for which another image supersedes the promotion.
  const moments = facts.stablePods.map((unready) => hopelessAt(facts, unready))
  const next = earliest(...moments.filter((at) => at !== undefined && at > facts.now))
  if (pod === undefined)
    return wait(promoting(facts, rollout, 'waiting until every replica is available'), next)
  const way = changeImageWords(facts.resource, imageOf(facts, rollout.to), imageOf(facts, rollout.from))
  // A revert would be held, so it is none.
  const wayOut = isPastReturn(facts, rollout)
    ? `Mend that, and it goes on. Its migration cannot be taken back: a revert would be held until somebody accepts the loss.`
    : `To take the promotion back: ${way}`
  return wait({ code: 'PromotionBlocked', trouble: `${pod.name} ${troubleOf(pod)}`, wayOut }, next)
}

function promoting(facts: Facts, rollout: Rollout, doing: string): Reason {
  return { code: 'Promoting', image: versionOf(facts, rollout.to), doing }
}
