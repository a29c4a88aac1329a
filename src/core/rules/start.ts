/**
 * A new revision is wanted and nothing is under way. The gates, in order, each a sentence when it holds; then one
 * write records the rollout and takes the top ordinals out of stable. Questions come last, so that their answers
 * are fresh when they count, and no pod is touched before all of them said yes.
 */
import { changeStable } from '../action.ts'
import { nextNumber } from '../attempts.ts'
import type { Decision } from '../decision.ts'
import { act, ask, rest, wait } from '../decision.ts'
import { claimNames, earliest, hopelessAt, isFromZero, isHopeless, versionOf, type Facts } from '../facts.ts'
import type { UserEvent } from '../event.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { Names, RolloutRecord } from '../record.ts'
import { replicaOrder } from '../jobs/job-order.ts'
import { claimsInPlace } from '../preconditions/claims-in-place.ts'
import { claimOrdinal } from '../hand-over.ts'
import { headlessService } from '../preconditions/headless-service.ts'
import { protectedFromStrangers } from '../preconditions/protected-from-strangers.ts'
import { replicasLacking } from '../preconditions/replicas-lacking.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import { checkOrder } from '../moves/check-rollback.ts'
import { jobNotResumed, migrationOrder, prepareJob, recordedMigration } from '../moves/prepare-job.ts'
import { storeRevision } from '../moves/store-revision.ts'

export function start(facts: Facts): Decision | undefined {
  const { stable, record } = facts
  if (stable === undefined || record === undefined || !wantsRollout(facts, record)) return undefined
  const { target } = facts.resource.spec
  if (facts.replicas === 0) return scaledToZero(facts, record)
  if (facts.resource.spec.paused)
    return wait({ code: 'RolloutPaused', target: facts.resource, image: versionOf(facts, target) })
  if (facts.canary !== undefined || !stable.retains) return wait(starting(facts, record))
  return (
    revisionInStore(facts, record.accepted) ??
    storeRevision(facts, target) ??
    settled(facts, stable, record) ??
    jobNotResumed(facts) ??
    claimsInPlace(facts, facts.boundary) ??
    headlessService(facts) ??
    protectedFromStrangers(facts) ??
    acceptable(facts, stable) ??
    migratable(facts, record) ??
    checkable(facts, record) ??
    snapshottable(facts) ??
    backedUp(facts, record) ??
    prepareJob(facts, record) ??
    displace(facts, stable, record)
  )
}

/** With no replica there is nothing to displace, and on the way up everything would start on the new version at once. */
function scaledToZero(facts: Facts, { accepted }: RolloutRecord): Decision {
  const { resource } = facts
  const to = versionOf(facts, resource.spec.target)
  return rest({ code: 'ScaledToZero', target: resource, from: versionOf(facts, accepted), to })
}

function wantsRollout({ resource }: Facts, { proven, rollout, accepted, rejected }: RolloutRecord): boolean {
  const { target } = resource.spec
  return proven && rollout === undefined && target !== accepted && target !== rejected
}

/** Stable runs what was accepted: whole below the boundary, and above it in any state, so that a bad replica can be left behind. */
function settled(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { first, boundary, end } = facts
  const below = { from: first, to: boundary, revision: record.accepted }
  const lacking = replicasLacking(facts, below, 'the rollout')
  if (lacking !== undefined) return lacking
  const pods = facts.stablePods
  const right = pods.every((pod) => pod.ordinal < end && pod.revision === record.accepted && !pod.deleting)
  const complete = right && (pods.length === end - first || isStalledAbove(facts))
  const ready = complete && stable.observed && stable.caughtUp && stable.revision === record.accepted
  return ready
    ? undefined
    : wait({ code: 'Healing', image: versionOf(facts, record.accepted) }, stalledAt(facts))
}

/** When one that stalls those above it will have had all its time: no event tells of that. */
function stalledAt(facts: Facts): number | undefined {
  if (!facts.resource.spec.ordered) return undefined
  const moments = facts.stablePods.map((pod) => hopelessAt(facts, pod))
  return earliest(...moments.filter((at) => at !== undefined && at > facts.now))
}

/** Under OrderedReady the displaced replicas above one that cannot run are never created; they are not needed either. */
function isStalledAbove(facts: Facts): boolean {
  const displaced = facts.stablePods.filter((pod) => pod.ordinal >= facts.boundary)
  return facts.resource.spec.ordered && displaced.some((pod) => isHopeless(facts, pod))
}

function acceptable(facts: Facts, stable: SetView): Decision | undefined {
  const { resource, canaries } = facts
  const revision = resource.spec.target
  const set = ask(facts, { kind: 'stableSet', revision }, refused(`StatefulSet ${stable.name}`))
  if (set !== undefined || canaries === 0) return set
  const rendered = { revision, claimOrdinal: claimOrdinal(facts) }
  return (
    ask(facts, { kind: 'canarySet', ...rendered }, refused(`StatefulSet ${resource.name}-canary`)) ??
    ask(facts, { kind: 'canaryPod', ...rendered }, refused('a canary pod'))
  )
}

function migratable(facts: Facts, record: RolloutRecord): Decision | undefined {
  const order = migrationOrder(facts, record)
  return order && ask(facts, { kind: 'migrationJob', order }, refused('the Job of spec.migration'))
}

/** A check that cannot run is found before it is needed. */
function checkable(facts: Facts, { accepted }: RolloutRecord): Decision | undefined {
  if (facts.resource.spec.checksRollback !== true) return undefined
  const rollout = { from: accepted, to: facts.resource.spec.target, touched: facts.canaries }
  const order = checkOrder(facts, nextNumber(facts), rollout)
  return ask(facts, { kind: 'checkJob', order }, refused('the Job of spec.rollback.check'))
}

/** A way back is asked for before it is needed: which class takes the snapshots is the storage's to say. */
function snapshottable(facts: Facts): Decision | undefined {
  const { snapshots, claimTemplates } = facts.resource.spec
  if (snapshots.policy === 'None' || claimTemplates.length === 0) return undefined
  const claims = Object.fromEntries(
    claimTemplates.map((template, index) => [template, claimToAskOf(facts, index)]),
  )
  const { policy, className } = snapshots
  return ask(facts, { kind: 'snapshotClasses', policy, className, claims }, (message) => ({
    code: 'SnapshotsRefused',
    message,
  }))
}

/** From the top, the first one that has a volume: only that tells whose storage it is. */
function claimToAskOf(facts: Facts, template: number): string {
  const ordinals = Array.from({ length: facts.end - facts.first }, (_, index) => facts.end - 1 - index)
  const names = ordinals.map((ordinal) => claimNames(facts, ordinal)[template] ?? '')
  const bound = names.find((name) =>
    facts.claims.some((claim) => claim.name === name && claim.volume !== undefined),
  )
  return bound ?? names[0] ?? ''
}

/** Told once, with the start: a rollout that nobody can take back whole is not to be found out about when it is to be. */
function withoutSnapshots(facts: Facts): readonly UserEvent[] {
  const found = facts.answers.snapshotClasses
  if (facts.resource.spec.snapshots.policy === 'None' || backsUp(facts)) return []
  if (found?.yes !== true || found.snapshotClasses !== undefined) return []
  const [why] = found.warnings
  if (why === undefined) return []
  const note = `This rollout takes no snapshots, so that a rollback would leave the version before with what the new one wrote: ${why}. Where that is meant: spec.volumes.snapshot.policy None`
  return [{ type: 'Warning', reason: 'SnapshotsSkipped', note }]
}

/** Jobs back the claims up where no snapshots are taken. */
function backsUp({ resource: { spec }, answers }: Facts): boolean {
  if (spec.backups === undefined || spec.claimTemplates.length === 0) return false
  return spec.snapshots.policy === 'None' || classesOf(answers) === undefined
}

function classesOf({ snapshotClasses: found }: Facts['answers']): Names | undefined {
  return found?.yes === true ? found.snapshotClasses : undefined
}

/** Both: a restore that cannot run is found before it is needed. Those of one replica stand for those of all. */
function backedUp(facts: Facts, { accepted }: RolloutRecord): Decision | undefined {
  if (!backsUp(facts)) return undefined
  const id = nextNumber(facts)
  const attempt = { id, rollout: { from: accepted, to: facts.resource.spec.target } }
  const ordinal = facts.end - 1
  const backup = replicaOrder(facts, attempt, { purpose: 'backup', ordinal })
  const restore = replicaOrder(facts, attempt, { purpose: 'restore', ordinal, backup: facts.resource.uid })
  return (
    ask(facts, { kind: 'backupJob', order: backup }, refused('the Job of spec.volumes.backup')) ??
    ask(facts, { kind: 'restoreJob', order: restore }, refused('the Job of spec.volumes.restore'))
  )
}

function refused(what: string): (message: string) => Reason {
  return (message) => ({ code: 'SetRefused', what, message })
}

function displace(facts: Facts, stable: SetView, record: RolloutRecord): Decision {
  const { replicas, canaries, now } = facts
  const { rejected: _, rejectedFor: __, ...kept } = record
  const migration = recordedMigration(facts)
  const snapshotClasses = classesOf(facts.answers)
  const rollout = {
    from: record.accepted,
    to: facts.resource.spec.target,
    replicas,
    steps: facts.steps,
    step: 0,
    ...(isFromZero(facts) && { fromZero: true as const }),
    touched: 0,
    ...(snapshotClasses !== undefined && { snapshotClasses }),
    ...(backsUp(facts) && { backups: true as const }),
    ...(migration !== undefined && { migration }),
    ack: false,
  }
  const next: RolloutRecord = {
    ...kept,
    id: nextNumber(facts),
    rollout:
      canaries === 0
        ? { ...rollout, decision: 'promote', at: { started: now, decided: now } }
        : { ...rollout, at: { started: now } },
  }
  return act(
    changeStable(stable, 'startRollout', { record: next, replicas: replicas - canaries }),
    starting(facts, record),
    {
      type: 'Normal',
      reason: 'RolloutStarted',
      note: `Rollout from ${versionOf(facts, record.accepted)} to ${versionOf(facts, facts.resource.spec.target)} started`,
    },
    ...withoutSnapshots(facts),
  )
}

function starting(facts: Facts, record: RolloutRecord) {
  return {
    code: 'RolloutStarting',
    from: versionOf(facts, record.accepted),
    to: versionOf(facts, facts.resource.spec.target),
  } as const
}
