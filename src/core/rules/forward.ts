/**
 * Nothing is decided yet: the displaced replicas leave, the data is migrated where that comes first, the canary set is
 * created inert, what it may touch is recorded, it is armed with one guarded patch, and then it bakes and waits for its
 * approval. A further step is the same again, with more of them and beside canaries that run. A pause holds it before each
 * of these.
 */
import { changeStable, refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, ask, wait } from '../decision.ts'
import { canaryAvailability, claimNames, displacedGone, versionOf, isArmed, type Facts } from '../facts.ts'
import type { PodView, SetView } from '../observation.ts'
import type { ActiveRecord, Rollout, RolloutRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { claimsFree } from '../preconditions/claims-free.ts'
import { snapshotsInPlace } from '../preconditions/snapshots-in-place.ts'
import { canaryTrouble, untilDeadline } from './decide.ts'
import { canonicalJson } from '../canonical-json.ts'
import { claimOrdinal, displacedNames } from '../hand-over.ts'
import { isPastReturn } from '../jobs/irreversible.ts'
import { migrationAhead } from '../jobs/migration.ts'
import { bakedAt, isLastStep, needsApproval, plannedSteps } from '../steps.ts'
import { awaitEnd } from '../moves/await-end.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { isMigrating, migrate } from '../moves/migrate.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { takeOrphansAway } from '../moves/take-orphans-away.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { discardSnapshots, takeSnapshots } from '../moves/take-snapshots.ts'
import { snapshotted, withSnapshots } from '../volumes/snapshots.ts'
import { obstacleAmong } from '../words/trouble.ts'
import { canaryFailing } from '../words/canary-failing.ts'

export function forward(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable === undefined || record === undefined || rollout === undefined) return undefined
  if (rollout.decision !== undefined || stable.revision !== rollout.from) return undefined
  const decided =
    displace(facts, stable, { ...record, rollout }) ??
    removeStale(facts, record, rollout) ??
    (isMigrating(rollout) ? migrate(facts, stable, { ...record, rollout }) : undefined) ??
    hold(facts, rollout) ??
    unarmed(facts, record) ??
    takeSnapshots(facts, { ...record, rollout }, untouched(facts, rollout)) ??
    migrate(facts, stable, { ...record, rollout }) ??
    createCanary(facts, record, rollout) ??
    recordTouched(facts, stable, { ...record, rollout }) ??
    arm(facts, { ...record, rollout }) ??
    completeClaims(facts, rollout) ??
    watch(facts, rollout)
  return untilDeadline(facts, rollout, decided)
}

function displace(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { replicas, canaries } = facts
  const reason = { code: 'Displacing', pods: displacedNames(facts, 'stable') } as const
  const outdated = discardSnapshots(facts, record, untouched(facts, record.rollout))
  if (stable.replicas !== replicas - canaries)
    return (
      claimDeleting(facts) ??
      outdated ??
      act(changeStable(stable, 'restoreDisplacement', { replicas: replicas - canaries }), reason)
    )
  if (displacedGone(facts)) return undefined
  if (outdated !== undefined) return outdated
  const stuck = replaceStuckPod(facts, reason)
  if (stuck !== undefined) return stuck
  const leaving = facts.stablePods.filter((pod) => pod.ordinal >= facts.boundary)
  return awaitEnd(facts, leaving, reason)
}

/** Before the canary is armed nobody else may be on its claims; one that comes later is no reason to stop what runs. */
function unarmed(facts: Facts, { id }: RolloutRecord): Decision | undefined {
  const jobPods = facts.jobPods.filter((pod) => !isBackingUp(facts, pod, id))
  return isArmed(facts) ? undefined : claimsFree({ ...facts, jobPods }, { from: facts.boundary })
}

/** That of this rollout is waited for by whoever takes snapshots. */
function isBackingUp({ jobs }: Facts, { job: name }: PodView, attempt: number): boolean {
  const job = jobs.find((one) => one.ours && one.name === name)
  return job?.purpose === 'backup' && job.attempt === attempt
}

function createCanary(facts: Facts, record: RolloutRecord, rollout: Rollout): Decision | undefined {
  const { canary, canaryPods } = facts
  const reason = { code: 'Creating', what: `StatefulSet ${facts.resource.name}-canary` } as const
  if (canary !== undefined) return canary.deleting ? wait(reason) : undefined
  if (rollout.at.stepped !== undefined && canaryPods.length === 0) return remake(facts, record, rollout)
  const action = {
    kind: 'createCanary',
    revision: rollout.to,
    claimOrdinal: claimOrdinal(facts),
    attempt: record.id,
  } as const
  return (
    claimDeleting(facts) ??
    (canaryPods.length > 0 ? takeOrphansAway(facts, canaryPods, reason) : act(action, reason))
  )
}

/**
 * The canary was armed, and is gone (somebody edited or deleted its set, or wanted to force a version). Who took it away may have sent a
 * patch of stable and died: this write fences it, before there is a canary again.
 */
function remake(facts: Facts, record: RolloutRecord, { at, ...rollout }: Rollout): Decision | undefined {
  const { stable, resource } = facts
  const { stepped: _, ...moments } = at
  const change = { record: { ...record, rollout: { ...rollout, at: moments } } }
  return (
    stable &&
    act(changeStable(stable, 'recordTouched', change), {
      code: 'Creating',
      what: `StatefulSet ${resource.name}-canary`,
    })
  )
}

/** Displaced ordinals that new code has not had yet. */
function untouched({ boundary, end }: Facts, { touched }: Rollout) {
  return { from: boundary, to: end - touched }
}

/** A late create of an earlier attempt: its claims may be those of another ordinal, where stable writes. */
function removeStale(facts: Facts, record: RolloutRecord, rollout: Rollout): Decision | undefined {
  const { canary } = facts
  if (canary === undefined || (canary.revision === rollout.to && canary.attempt === record.id))
    return undefined
  return takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: canary.name }))
}

/** Paused by the spec: no further pod is started or displaced, but what runs is kept as it should be. */
function hold(facts: Facts, rollout: Rollout): Decision | undefined {
  if (!facts.resource.spec.paused) return undefined
  const trouble = canaryTrouble(facts, rollout)?.detail
  return (
    completeClaims(facts, rollout) ??
    wait({
      code: 'RolloutPaused',
      target: facts.resource,
      image: versionOf(facts, rollout.to),
      ...(trouble !== undefined && { trouble }),
    })
  )
}

function recordTouched(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  if (rollout.touched >= facts.canaries && rollout.at.stepped !== undefined) return undefined
  const touched: Rollout = {
    ...rollout,
    touched: Math.max(rollout.touched, facts.canaries),
    ...withSnapshots(rollout, snapshotted(facts, record, untouched(facts, rollout))),
    at: { ...rollout.at, stepped: facts.now },
  }
  return (
    claimDeleting(facts) ??
    act(
      changeStable(stable, 'recordTouched', { record: { ...record, rollout: touched } }),
      starting(facts, rollout),
    )
  )
}

function arm(facts: Facts, record: ActiveRecord): Decision | undefined {
  const { canary, canaries, canaryStart } = facts
  if (canary === undefined || isArmed(facts)) return undefined
  const action = {
    kind: 'armCanary',
    set: refOf(canary),
    ordinalsStart: canaryStart,
    replicas: canaries,
  } as const
  const reason = starting(facts, record.rollout)
  return (
    // Of a backup that somebody deleted another one was made, before a late write called that replica backed up.
    endReplicaJobs(facts, () => reason, { restoring: false }) ??
    claimDeleting(facts) ??
    snapshotsInPlace(facts, record, canary) ??
    act(action, reason)
  )
}

/** A pod made before the hand-over policy was in force keeps its placeholder for ever; its successor will not. */
function completeClaims(facts: Facts, rollout: Rollout): Decision | undefined {
  if (claimOrdinal(facts) !== undefined) return undefined
  const pod = facts.canaryPods.find(
    (canary) =>
      !canary.deleting && claimNames(facts, canary.ordinal).some((name) => !canary.claims.includes(name)),
  )
  if (pod === undefined) return undefined
  return (
    claimDeleting(facts) ??
    ask(facts, { kind: 'handover' }, (message) => ({ code: 'HandoverMissing', message })) ??
    act({ kind: 'deletePod', pod: { name: pod.name, uid: pod.uid } }, starting(facts, rollout))
  )
}

function watch(facts: Facts, rollout: Rollout): Decision {
  if (canaryAvailability(facts).available) return standing(facts, rollout)
  const trouble = canaryTrouble(facts, rollout)
  if (trouble === undefined) return wait(starting(facts, rollout))
  return wait(canaryFailing(facts, rollout, trouble.detail))
}

/** The canaries are available: they bake, and then `decide` moves on or a person is asked. */
function standing(facts: Facts, rollout: Rollout): Decision {
  const { resource, now } = facts
  const asks = needsApproval(facts, rollout)
  const said = {
    pods: displacedNames(facts, 'canary'),
    displaced: displacedNames(facts, 'stable'),
    image: versionOf(facts, rollout.to),
    move: isLastStep(rollout) ? 'promotion' : 'step',
    ...heldEdits(facts, rollout),
  } as const
  const losing = claimDeleting(facts)
  if (losing !== undefined) return losing
  const at = bakedAt(facts, rollout) ?? now
  if (at > now || !asks) return wait({ code: 'Baking', asks, ...said }, at > now ? at : undefined)
  const annotation = resource.spec.promoteAnnotation
  const ahead = migrationAhead(facts, rollout)
  return wait({
    code: 'AwaitingApproval',
    target: resource,
    annotation,
    ...said,
    ...(isPastReturn(facts, rollout) && { isPastReturn: true }),
    ...(ahead !== undefined && { ahead }),
  })
}

/** N, steps and migration are frozen in a rollout; who changed them meanwhile is told that it was noticed. */
function heldEdits({ resource }: Facts, rollout: Rollout): { readonly held?: string } {
  const { spec } = resource
  const planned = canonicalJson(plannedSteps(spec, rollout.replicas))
  const steps =
    spec.steps.length + rollout.steps.length > 1
      ? 'spec.strategy.steps'
      : `spec.canaryReplicas ${spec.canaryReplicas}`
  const held = [
    ...(spec.replicas === rollout.replicas ? [] : [`spec.replicas ${spec.replicas}`]),
    ...(spec.fromZero === (rollout.fromZero ?? false) ? [] : ['spec.strategy.ordinals']),
    ...(planned === canonicalJson(rollout.steps) ? [] : [steps]),
    ...(spec.migration?.digest === rollout.migration?.digest ? [] : ['spec.migration']),
  ]
  return held.length === 0 ? {} : { held: held.join(' and ') }
}

function starting(facts: Facts, rollout: Rollout) {
  const trouble = obstacleAmong(facts.canaryPods)
  return {
    code: 'CanaryStarting',
    pods: displacedNames(facts, 'canary'),
    image: versionOf(facts, rollout.to),
    ...(trouble !== undefined && { trouble }),
  } as const
}
