/**
 * What rules ask of an observation, derived once: whose pods are where, who is available, who is gone. Facts are
 * about objects only; what follows from them is said in `rules/`.
 */
import type { ClaimView, Observation, PodView, SetView } from './observation.ts'
import type { ParsedRecord, RolloutRecord, Rollout } from './record.ts'
import { parseRecord } from './record.ts'

export interface Facts extends Observation {
  readonly now: number
  /** The stable set's record, where that set is there. */
  readonly parsed: ParsedRecord | undefined
  readonly record: RolloutRecord | undefined
  /** The rollout under way, if any. */
  readonly rollout: Rollout | undefined
  /** Replicas that count now: frozen in a rollout, else the spec's. */
  readonly replicas: number
  /** Canary replicas that count now: the step's in a rollout, else the spec's, clamped. */
  readonly canaries: number
  /** First ordinal of the whole. */
  readonly first: number
  /** First displaced ordinal; equal to `end` where none is displaced. */
  readonly boundary: number
  /** One beyond the last ordinal. */
  readonly end: number
  readonly stablePods: readonly PodView[]
  readonly canaryPods: readonly PodView[]
  readonly foreignPods: readonly PodView[]
}

export function factsOf(observation: Observation, now: number): Facts {
  const { resource, stable, pods } = observation
  const parsed = stable === undefined ? undefined : parseRecord(stable.record)
  const record = parsed?.ok === true ? parsed.record : undefined
  const rollout = record?.rollout
  const replicas = rollout?.replicas ?? resource.spec.replicas
  const canaries = rollout?.steps[rollout.step] ?? Math.min(resource.spec.canaryReplicas, replicas)
  const first = stable?.ordinalsStart ?? resource.spec.ordinalsStart
  return {
    ...observation,
    now,
    parsed,
    record,
    rollout,
    replicas,
    canaries,
    first,
    boundary: first + replicas - canaries,
    end: first + replicas,
    stablePods: pods.filter((pod) => pod.role === 'stable'),
    canaryPods: pods.filter((pod) => pod.role === 'canary'),
    foreignPods: pods.filter((pod) => pod.role === 'foreign'),
  }
}

/** Ordinals [from, to) of one of the two sets, and the revision that their pods are to run. */
export interface Range {
  readonly pods: readonly PodView[]
  readonly from: number
  readonly to: number
  /** Any revision will do where left out. */
  readonly revision?: string
  readonly minReadySeconds: number
}

export interface Availability {
  readonly available: boolean
  /** First pod of the range that is there but not available. */
  readonly lacking: PodView | undefined
  /** When the first Ready pod of the range will have been Ready for long enough, if that is all that lacks. */
  readonly availableAt: number | undefined
}

/** Every ordinal of the range has a pod that is Ready, not terminating, and was Ready for minReadySeconds. */
export function availability(range: Range, now: number): Availability {
  let lacking: PodView | undefined
  let availableAt: number | undefined
  let available = true
  for (let ordinal = range.from; ordinal < range.to; ordinal++) {
    const pod = range.pods.find((candidate) => candidate.ordinal === ordinal)
    const since = pod === undefined ? undefined : readySince(pod, range.revision)
    const at = since === undefined ? Infinity : since + range.minReadySeconds * 1000
    if (at <= now) continue
    available = false
    lacking ??= pod
    if (at !== Infinity) availableAt = Math.min(availableAt ?? Infinity, at)
  }
  return { available, lacking, availableAt }
}

function readySince(pod: PodView, revision: string | undefined): number | undefined {
  if (pod.deleting || (revision !== undefined && pod.revision !== revision)) return undefined
  return pod.readySince
}

/** Availability of stable ordinals [from, to) at `revision`. */
export function stableAvailability(
  facts: Facts,
  range: { from: number; to: number; revision?: string },
): Availability {
  const minReadySeconds = facts.stable?.minReadySeconds ?? 0
  return availability({ pods: facts.stablePods, minReadySeconds, ...range }, facts.now)
}

/** Availability of the canaries that stand in for the displaced ordinals. */
export function canaryAvailability(facts: Facts): Availability {
  const { canary, rollout } = facts
  if (canary === undefined || rollout === undefined || !isArmed(facts) || !canary.observed)
    return { available: false, lacking: undefined, availableAt: undefined }
  const { boundary: from, end: to } = facts
  return availability(
    { pods: facts.canaryPods, from, to, revision: rollout.to, minReadySeconds: canary.minReadySeconds },
    facts.now,
  )
}

/** The canary set has the replicas and the first ordinal of the present step. */
export function isArmed(facts: Facts): boolean {
  const { canary, canaries, boundary } = facts
  return (
    canary !== undefined && canaries > 0 && canary.replicas === canaries && canary.ordinalsStart === boundary
  )
}

/** Stable has room for the canary: scaled to N-k and seen so by its controller, and nobody is left on what it gave up. */
export function displacedGone(facts: Facts): boolean {
  const { stable, replicas, canaries, boundary } = facts
  return (
    stable !== undefined &&
    stable.observed &&
    stable.replicas === replicas - canaries &&
    !facts.stablePods.some((pod) => pod.ordinal >= boundary) &&
    foreignWriter(facts, boundary) === undefined
  )
}

/** A pod that is not ours, not finished, and mounts a claim of an ordinal from `from` on. */
export function foreignWriter(facts: Facts, from: number): { pod: PodView; claim: ClaimView } | undefined {
  for (const pod of facts.foreignPods) {
    if (isFinished(pod)) continue
    const claim = facts.claims.find((held) => held.ordinal >= from && pod.claims.includes(held.name))
    if (claim !== undefined) return { pod, claim }
  }
  return undefined
}

export function isFinished(pod: PodView): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed'
}

/** A claim of a replica that counts which is being deleted: only its pod still keeps the data. */
export function claimBeingDeleted(facts: Facts): ClaimView | undefined {
  return facts.claims.find(
    (claim) => claim.deleting && claim.ordinal >= facts.first && claim.ordinal < facts.end,
  )
}

/**
 * N pods available at `revision`, no other pod of stable, the set seen by its controller and its currentRevision
 * caught up (without that an evicted pod would return on the revision before).
 */
export function isWhole(facts: Facts, revision: string): boolean {
  const { stable, first, end } = facts
  return (
    stable !== undefined &&
    stable.observed &&
    stable.caughtUp &&
    stable.revision === revision &&
    stable.replicas === facts.replicas &&
    facts.stablePods.length === facts.replicas &&
    stableAvailability(facts, { from: first, to: end, revision }).available
  )
}

/**
 * A pod that the set controller will not replace by itself under OrderedReady: unready, and either of a revision
 * that the set no longer asks for, or out of the set's range (Kubernetes issue 67250 and its scale-down stall).
 */
export function stuckPod(facts: Facts): PodView | undefined {
  const { stable } = facts
  if (stable === undefined || !stable.observed || !facts.resource.spec.ordered) return undefined
  return facts.stablePods.find(
    (pod) =>
      !pod.deleting && pod.readySince === undefined && (isOutOfRange(pod, stable) || isOutdated(pod, stable)),
  )
}

function isOutOfRange(pod: PodView, set: SetView): boolean {
  return pod.ordinal >= set.ordinalsStart + set.replicas
}

function isOutdated(pod: PodView, set: SetView): boolean {
  return (
    pod.failure !== undefined &&
    pod.revision !== set.revision &&
    pod.ordinal >= set.ordinalsStart + set.partition
  )
}

/** Names the claims of one ordinal. */
export function claimNames(facts: Facts, ordinal: number): readonly string[] {
  return facts.resource.spec.claimTemplates.map(
    (template) => `${template}-${facts.resource.name}-stable-${ordinal}`,
  )
}

/** The image of a stored revision, or its hash where it is not stored. */
export function imageOf(facts: Facts, revision: string): string {
  if (revision === facts.resource.spec.target) return facts.resource.spec.targetImage
  return facts.revisions.find((stored) => stored.revision === revision)?.image ?? revision
}

/** The revision's template is kept, so that it can be applied. */
export function isStored(facts: Facts, revision: string): boolean {
  return facts.revisions.some((stored) => stored.revision === revision)
}
