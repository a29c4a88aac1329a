/**
 * The status of the resource, mirrored from facts and decision. One write per transition: while the operator is at
 * work, counts, hashes and images may lag; at a transition, at rest and wherever a person is waited for they are exact.
 */
import type { CanaryStatefulSetStatus, Condition, ConditionType } from '../api/v1alpha1/types.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Decision } from './decision.ts'
import { imageOf, isAvailable, type Facts } from './facts.ts'
import type { PodView } from './observation.ts'
import { phaseOf } from './phase.ts'
import { lastingSentence, type Reason, type Standing, standingOf } from './reason.ts'
import { noWayBack } from './jobs/irreversible.ts'
import { timestamp } from './timestamp.ts'
import { retainedVolumes, wayBack } from './volumes/way-back.ts'

/** What to write now; undefined where nothing may be written, or nothing that matters has changed. */
export function statusOf(facts: Facts, decision: Decision): CanaryStatefulSetStatus | undefined {
  if (decision.reason.code === 'Paused' || decision.reason.code === 'Gone') return undefined
  // What comes of an action or a question is seen in a moment, and is what people want to read.
  if (decision.next.kind === 'act' || decision.next.kind === 'ask') return undefined
  const status = describe(facts, decision)
  const previous = facts.resource.status
  const lagging = standingOf(decision.reason) === 'working' && !standsStill(decision.reason)
  return lagging && saysTheSame(previous, status) ? undefined : status
}

/** Nothing moves until a person, or the clock, says so: what is counted now is what stays. */
function standsStill({ code }: Reason): boolean {
  return code === 'AwaitingApproval' || code === 'Baking' || code === 'RolloutPaused'
}

function describe(facts: Facts, decision: Decision): CanaryStatefulSetStatus {
  const { resource, stable, canary, pods } = facts
  // Not known for the moment after a change of ours; that of the last status is of this set, or of the template before.
  const stableRevision = stable && (stable.hash ?? resource.status?.stableRevision)
  const message = lastingSentence(decision.reason)
  const ready = ownPods(pods).filter((pod) => pod.readySince !== undefined && !pod.deleting)
  return {
    phase: phaseOf(facts),
    message,
    observedGeneration: resource.generation,
    targetRevision: resource.spec.target,
    ...(decision.next.kind === 'wait' && { waiting: waitingFor(facts, decision.reason.code) }),
    ...(stableRevision === undefined ? {} : { stableRevision }),
    ...(canary?.hash === undefined ? {} : { canaryRevision: canary.hash }),
    replicas: ownPods(pods).filter((pod) => !pod.deleting).length,
    stableReplicas: [...facts.stablePods, ...facts.releasedPods].filter((pod) => !pod.deleting).length,
    canaryReplicas: facts.canaryPods.filter((pod) => !pod.deleting).length,
    readyReplicas: ready.length,
    // With the role: pods of Jobs have none, and an autoscaler must not count them.
    selector: `canary.example.com/name=${resource.name},canary.example.com/role`,
    images: {
      ...(stable === undefined ? {} : { stable: imageOf(facts, stable.revision) }),
      ...(canary === undefined ? {} : { canary: imageOf(facts, canary.revision) }),
    },
    ...rollback(facts),
    ...retained(facts),
    conditions: conditions(facts, decision, message),
  }
}

/** What it would cost. A loss that grows is told by when it began. */
function rollback(facts: Facts): Pick<CanaryStatefulSetStatus, 'rollback'> {
  const way = noWayBack(facts) ?? wayBack(facts)
  if (way === undefined) return {}
  const { possible, reason, since } = way
  const decided = facts.rollout?.decision === 'rollback' ? facts.rollout.at.decided : undefined
  const seconds = reason === 'NothingWritten' ? 0 : since && decided && Math.ceil((decided - since) / 1000)
  return {
    rollback: {
      possible,
      reason,
      ...(since !== undefined && { dataSince: timestamp(since) }),
      ...(seconds !== undefined && { dataLossSeconds: Math.max(0, seconds) }),
    },
  }
}

function retained(facts: Facts): Pick<CanaryStatefulSetStatus, 'retainedVolumes'> {
  const volumes = retainedVolumes(facts)
  if (volumes.length === 0) return {}
  return {
    retainedVolumes: volumes.map(({ name, claim, keptAt }) => ({
      name,
      claim,
      ...(keptAt !== undefined && { since: timestamp(keptAt) }),
    })),
  }
}

function ownPods(pods: readonly PodView[]): readonly PodView[] {
  return pods.filter(({ role }) => role === 'stable' || role === 'canary')
}

function waitingFor(facts: Facts, code: string): { for: string; since: string } {
  const before = facts.resource.status?.waiting
  return before?.for === code ? before : { for: code, since: timestamp(facts.now) }
}

function conditions(facts: Facts, decision: Decision, message: string): readonly Condition[] {
  const standing = standingOf(decision.reason)
  const { code } = decision.reason
  const isReady = enoughAvailable(facts, standing)
  return [
    condition(facts, 'Ready', {
      status: isReady,
      reason: isReady ? 'ReplicasAvailable' : 'ReplicasUnavailable',
      message: isReady
        ? 'As many replicas are available as there should be now.'
        : 'Too few replicas are available.',
    }),
    condition(facts, 'Reconciling', {
      status: standing === 'working',
      reason: standing === 'working' ? code : 'Settled',
      message: standing === 'working' ? message : '',
    }),
    condition(facts, 'Stalled', {
      status: standing === 'stalled',
      reason: standing === 'stalled' ? code : 'NothingStalled',
      message: standing === 'stalled' ? message : '',
    }),
  ]
}

/**
 * At rest all N; in a rollout the displaced ones (or one, while replicas are renewed) may be away. Not where a promotion or a rollback
 * stands still until a person acts: then a replica is not on its way, but missing, as one that is broken at rest. A canary that is held
 * since it fails is tried all the same.
 */
function enoughAvailable(facts: Facts, standing: Standing): boolean {
  if (facts.stable === undefined) return false
  const { rollout } = facts
  const isStuck = rollout?.decision !== undefined && standing === 'stalled'
  const allowed = rollout === undefined || isStuck ? 0 : Math.max(facts.canaries, 1)
  const { stable, canary, now } = facts
  const available = [
    ...[...facts.stablePods, ...facts.releasedPods].filter((pod) =>
      isAvailable(pod, stable.minReadySeconds, now),
    ),
    ...facts.canaryPods.filter((pod) => isAvailable(pod, canary?.minReadySeconds ?? 0, now)),
  ]
  return available.length >= facts.replicas - allowed
}

interface Saying {
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

function condition(facts: Facts, type: ConditionType, saying: Saying): Condition {
  const status = saying.status ? 'True' : 'False'
  const before = facts.resource.status?.conditions?.find((old) => old.type === type)
  return {
    type,
    status,
    reason: saying.reason,
    message: saying.message,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(facts.now),
    observedGeneration: facts.resource.generation,
  }
}

function saysTheSame(previous: CanaryStatefulSetStatus | undefined, next: CanaryStatefulSetStatus): boolean {
  return previous !== undefined && whatIsSaid(previous) === whatIsSaid(next)
}

function whatIsSaid(status: CanaryStatefulSetStatus): string {
  const { phase, message, observedGeneration, targetRevision, rollback: way, retainedVolumes: kept } = status
  const waiting = status.waiting?.for
  const sayings = ['Ready', 'Reconciling', 'Stalled'].map((type) => {
    const found = status.conditions?.find((candidate) => candidate.type === type)
    return [found?.status, found?.reason, found?.message]
  })
  // In one order of keys: the API server has its own.
  return canonicalJson([phase, message, observedGeneration, targetRevision, waiting, sayings, way, kept])
}
