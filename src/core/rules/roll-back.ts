/**
 * Roll back was decided: the canary goes, stable gets its replicas back on the version before, and the rollout is
 * closed when they are whole. Where the old version cannot open what the new one wrote, that is said with the way
 * out, and a third image may close the rollout.
 */
import { annotations as names } from '../../api/v1alpha1/constants.ts'
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import {
  earliest,
  hopelessAt,
  imageOf,
  versionOf,
  isHopeless,
  isWhole,
  stableAvailability,
  type Facts,
} from '../facts.ts'
import type { UserEvent } from '../event.ts'
import type { PodView, SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { annotateCommand, changeImageWords, letGoCommand, onRollbackCommand } from '../reason.ts'
import { plannedSteps } from '../steps.ts'
import {
  type ActiveRecord,
  rejects,
  type Rollout,
  type RolloutRecord,
  unrestoredAttempts,
} from '../record.ts'
import { whyWords } from '../words/why-words.ts'
import { adoptRestore, restoreWords } from '../moves/adopt-restore.ts'
import { claimsFree } from '../preconditions/claims-free.ts'
import { checkedEvents, checkRollback } from '../moves/check-rollback.ts'
import { endJob } from '../moves/end-job.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { giveUpRestore } from '../moves/give-up-restore.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { renewReleased, revert } from '../moves/release-replicas.ts'
import { restore } from '../moves/restore.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { isUnmade, reachOf, restorable, retainedVolumes } from '../volumes/way-back.ts'
import { troubleOf } from '../words/trouble.ts'
import { volumeAwaited, volumeAwaitedAt } from '../words/volume-awaited.ts'
import { isRetried } from './annotations.ts'

export function rollBack(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable === undefined || record === undefined || rollout?.decision !== 'rollback') return undefined
  const active = { ...record, rollout }
  const doing = (what: string) => rollingBack(facts, rollout, what)
  return (
    adoptRestore(facts, stable, active, doing) ??
    endJob(facts, doing) ??
    endReplicaJobs(facts, doing, { restoring: true }) ??
    takeCanaryAway(facts, doing) ??
    giveUpRestore(facts, stable, active, doing) ??
    revert(facts, stable, active, doing) ??
    restore(facts, stable, active, doing) ??
    bringBack(facts, stable, active) ??
    replaceStuckPod(facts, doing('replacing a pod that its set leaves standing')) ??
    renewReleased(facts, stable, active, doing) ??
    settle(facts, stable, record, rollout)
  )
}

/** As many as have their data, in one patch. */
function bringBack(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const replicas = reachOf(facts, record) - facts.first
  if (stable.replicas === replicas) return undefined
  const at = { ...rollout.at, returned: facts.now }
  return (
    claimsFree(facts, { from: facts.first + stable.replicas, to: facts.first + replicas }) ??
    act(
      changeStable(stable, 'returnReplicas', {
        record: { ...record, rollout: { ...rollout, at } },
        replicas,
      }),
      rollingBack(facts, rollout, `bringing the replicas back on ${versionOf(facts, rollout.from)}`),
    )
  )
}

function settle(
  facts: Facts,
  stable: SetView,
  record: RolloutRecord,
  rollout: Rollout,
): Decision | undefined {
  if (stable.revision !== rollout.from) return undefined
  if (isWhole(facts, rollout.from)) {
    const checking = checkRollback(facts, record, rollout)
    const left = checking?.reason.code === 'RollbackCheckFailed' ? leaving(facts, record, rollout) : undefined
    if (checking !== undefined && left === undefined) return checking
    return close(facts, stable, left ?? closedRecord(facts, record, rollout))
  }
  const from = versionOf(facts, rollout.from)
  const blocker = blockerOf(facts, rollout)
  if (blocker === undefined)
    return wait(
      rollingBack(
        facts,
        rollout,
        volumeAwaited(facts, record) ?? `waiting until every replica is available on ${from}`,
      ),
      earliest(blockedAt(facts, rollout), volumeAwaitedAt(facts, record)),
    )
  const left = leaving(facts, record, rollout)
  return left === undefined
    ? wait(blocked(facts, { ...record, rollout }, blocker))
    : close(facts, stable, left)
}

interface Blocker {
  readonly trouble: string
  /** The old version got as far as the data. */
  readonly isData: boolean
  /** A claim of it that waits for the volume of its restore. */
  readonly unmade?: string
}

/** The pod that will not let the rollback finish by itself, and why; or one that nobody makes. */
function blockerOf(facts: Facts, rollout: Rollout): Blocker | undefined {
  const from = versionOf(facts, rollout.from)
  const pod = comingBack(facts, rollout).find((candidate) => isHopeless(facts, candidate))
  if (pod?.unschedulable) return unplaced(facts, pod)
  if (pod !== undefined) {
    const data = `it may be unable to open data that ${versionOf(facts, rollout.to)} wrote`
    return { trouble: `${pod.name} ${troubleOf(pod)} on ${from}; ${data}`, isData: true }
  }
  const ordinal = missingOrdinal(facts)
  if (ordinal === undefined || (missingAt(facts, rollout) ?? Infinity) > facts.now) return undefined
  const set = `${facts.resource.name}-stable`
  return {
    trouble: `${set}-${ordinal} is not created (look at the events of StatefulSet ${set})`,
    isData: false,
  }
}

/** Where its claim waits for a volume, too, that may be why; and the storage may never be asked for one. */
function unplaced(facts: Facts, pod: PodView): Blocker {
  const trouble = `${pod.name} ${troubleOf(pod)}`
  const claims = facts.record === undefined ? [] : restorable(facts, facts.record)
  const unmade = claims.find((one) => one.ordinal === pod.ordinal && isUnmade(one))?.name
  return unmade === undefined
    ? { trouble, isData: false }
    : { trouble: `${trouble}, and its claim ${unmade} has no volume yet`, isData: false, unmade }
}

function blockedAt(facts: Facts, rollout: Rollout): number | undefined {
  const missing = missingOrdinal(facts) === undefined ? undefined : missingAt(facts, rollout)
  return earliest(missing, ...comingBack(facts, rollout).map((pod) => hopelessAt(facts, pod)))
}

/** Those of the new version are still to be replaced, whatever ails them. */
function comingBack(facts: Facts, rollout: Rollout): readonly PodView[] {
  return facts.stablePods.filter((pod) => pod.revision === rollout.from || pod.deleting)
}

/** An ordinal without a pod while every pod that is there is settled: no successor is on its way. */
function missingOrdinal(facts: Facts): number | undefined {
  if (facts.stablePods.some((pod) => pod.deleting || pod.readySince === undefined)) return undefined
  const ordinals = Array.from({ length: facts.stable?.replicas ?? 0 }, (_, index) => facts.first + index)
  return ordinals.find((ordinal) => !facts.stablePods.some((pod) => pod.ordinal === ordinal))
}

function missingAt(facts: Facts, rollout: Rollout): number | undefined {
  const { decided, returned = decided } = rollout.at
  return returned === undefined ? undefined : returned + facts.resource.spec.progressDeadlineSeconds * 1000
}

/**
 * A blocked rollback is left by asking for another version (the rejected one is none, unless it is to be tried again). Where the
 * replicas below are whole on the old one that is a rollout like any other. Where a promotion had reached them, the
 * other version goes straight in: the set begins with the broken replica and waits for it, as a canary would.
 */
function leaving(facts: Facts, record: RolloutRecord, rollout: Rollout): RolloutRecord | undefined {
  if (!mayLeaveFor(facts, rollout) || isRestoring(facts, record)) return undefined
  // What the first step of the next rollout leaves where it is.
  const [next] = plannedSteps(facts.resource.spec, facts.replicas)
  const below = { from: facts.first, to: facts.end - (next?.canaryReplicas ?? 0), revision: rollout.from }
  const settled =
    stableAvailability(facts, below).available &&
    facts.stable?.caughtUp === true &&
    facts.stablePods.every((pod) => pod.revision === rollout.from)
  if (settled) return closedRecord(facts, record, rollout)
  const reached =
    rollout.touched > facts.canaries || facts.stablePods.some((pod) => pod.revision === rollout.to)
  return reached ? { ...closedRecord(facts, record, rollout), proven: false } : undefined
}

/** What is not restored then, nobody restores once its attempt is closed: not a claim that waits for its volume either. */
function isRestoring(facts: Facts, record: RolloutRecord): boolean {
  const isAwaiting = restorable(facts, record).some(
    ({ claim, kept }) => claim !== undefined && claim.volume === undefined && kept !== undefined,
  )
  return isAwaiting || reachOf(facts, record) < facts.end
}

/** The spec asks for another version, or for the rejected one once more. */
function mayLeaveFor(facts: Facts, rollout: Rollout): boolean {
  const { target } = facts.resource.spec
  if (target === rollout.from) return false
  return target !== rollout.to || !rejects(rollout) || isRetried(facts)
}

function closedRecord(facts: Facts, record: RolloutRecord, rollout: Rollout): RolloutRecord {
  const { rollout: _, ...rest } = record
  const kept = { ...rest, ...unrestoredAttempts({ ...record, rollout }) }
  return rejects(rollout) && !isRetried(facts)
    ? { ...kept, rejected: rollout.to, rejectedFor: whyWords(rollout) }
    : kept
}

function close(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout } = facts
  if (rollout === undefined) return undefined
  const from = versionOf(facts, rollout.from)
  return act(
    changeStable(stable, 'closeRollout', { record }),
    rollingBack(facts, rollout, 'closing the rollout'),
    ...checkedEvents(facts, record),
    ...keptEvents(facts, rollout),
    ...lostEvents(facts, rollout),
    isWhole(facts, rollout.from)
      ? rolledBack(facts, rollout)
      : {
          type: 'Warning',
          reason: 'RollbackLeft',
          note: `The rollback to ${from} was left unfinished for ${versionOf(facts, facts.resource.spec.target)}`,
        },
  )
}

/** One that was made of its snapshot after all is not as the new version left it. */
function rolledBack(facts: Facts, { from, to }: Rollout): UserEvent {
  const note = `Rollout of ${versionOf(facts, to)} was rolled back to ${versionOf(facts, from)}`
  const claims = facts.record === undefined ? [] : restorable(facts, facts.record)
  const left = claims.filter(
    ({ fallsBack, claim, snapshotName }) => fallsBack && claim?.source !== snapshotName,
  )
  const replicas = [...new Set(left.map(({ ordinal }) => `${facts.resource.name}-stable-${ordinal}`))]
  return left.length === 0
    ? { type: 'Normal', reason: 'RolledBack', note }
    : {
        type: 'Warning',
        reason: 'RolledBack',
        note: `${note}; not restored: the data of ${replicas.join(', ')}`,
      }
}

/** Of this attempt; those of earlier ones were told of then. */
function keptEvents(facts: Facts, { to }: Rollout): readonly UserEvent[] {
  const kept = retainedVolumes(facts).filter(({ attempt }) => attempt === facts.record?.id)
  return kept.map(({ name, claim, restored }) => {
    const what = restored
      ? `What claim ${claim} had when its restore was given up`
      : `What ${versionOf(facts, to)} wrote to claim ${claim}`
    const note = `${what} is kept in volume ${name}. To let it go, with its disk: ${letGoCommand(name)}`
    return { type: 'Normal', reason: 'VolumeKept', note }
  })
}

/** A restored claim of which nothing is kept: somebody deleted the volume while the restore was under way. */
function lostEvents(facts: Facts, { to }: Rollout): readonly UserEvent[] {
  const { record } = facts
  if (record === undefined) return []
  const lost = restorable(facts, record).filter(
    ({ claim, snapshotName, kept }) => claim?.source === snapshotName && kept === undefined,
  )
  return lost.map(({ name }) => ({
    type: 'Warning',
    reason: 'VolumeLost',
    note: `What ${versionOf(facts, to)} wrote to claim ${name} is not kept any more: somebody deleted the volume that had it. If its disk is needed, look for it in the storage itself, which a volume with reclaim policy Retain leaves there`,
  }))
}

function blocked(facts: Facts, record: ActiveRecord, { trouble, isData, unmade }: Blocker): Reason {
  const { rollout } = record
  if (unmade !== undefined) {
    const mend = mending(facts, rollout).replace(/\.?$/, '.')
    const wayOut = `${mend} ${givenBack(facts, rollout, unmade)}`
    return { code: 'RollbackBlocked', trouble, wayOut, isUnmade: true }
  }
  const ways = isData ? [onward(facts, rollout), restoreWords(facts, record)] : [mending(facts, rollout)]
  const wayOut = ways.filter((way) => way !== undefined).join('. ')
  return { code: 'RollbackBlocked', trouble, wayOut }
}

function givenBack(facts: Facts, { to }: Rollout, claim: string): string {
  const command = onRollbackCommand(facts.resource, 'KeepData')
  return `To give claim ${claim} the volume that was kept of it, as ${versionOf(facts, to)} left that: ${command}`
}

function mending(facts: Facts, rollout: Rollout): string {
  return mayLeaveFor(facts, rollout) ? straight(facts) : 'Mend that, and it goes on by itself.'
}

function onward(facts: Facts, rollout: Rollout): string {
  const { resource } = facts
  // Another version is wanted already, and cannot start as a rollout from here.
  if (mayLeaveFor(facts, rollout)) return straight(facts)
  const to = versionOf(facts, rollout.to)
  const again = changeImageWords(resource, imageOf(facts, rollout.from), imageOf(facts, rollout.to))
  if (!rejects(rollout)) return `To go forward again: ${again}`
  const retry = annotateCommand(resource, names.retry, 'true')
  const commands = resource.spec.target === rollout.to ? retry : `${again}, then ${retry}`
  return `Set spec.image to a version that opens it. ${to} was rejected; to try it again all the same: ${commands}`
}

function straight(facts: Facts): string {
  const { target } = facts.resource.spec
  return `To go straight to ${versionOf(facts, target)}, every replica and no canary: ${annotateCommand(facts.resource, names.force, target)}`
}

function rollingBack(facts: Facts, rollout: Rollout, doing: string): Reason {
  return { code: 'RollingBack', image: versionOf(facts, rollout.to), cause: whyWords(rollout), doing }
}
