/**
 * What rules ask of an observation, derived once: whose pods are where, who is available, who is gone. Facts are
 * about objects only; what follows from them is said in `rules/`.
 */
import type { ClaimView, Observation, PodView, SetView } from './observation.ts'
import type { ParsedRecord, RolloutRecord, Rollout, Step } from './record.ts'
import { parseRecord } from './record.ts'
import { mostOf, plannedSteps } from './steps.ts'

export interface Facts extends Observation {
  readonly now: number
  /** The stable set's record, where that set is there. */
  readonly parsed: ParsedRecord | undefined
  readonly record: RolloutRecord | undefined
  /** The rollout under way, if any. */
  readonly rollout: Rollout | undefined
  /** Replicas that count now: frozen in a rollout, else the spec's. */
  readonly replicas: number
  /** Frozen in a rollout, else as the spec asks for them. */
  readonly steps: readonly Step[]
  /** Canary replicas that count now: the step's in a rollout, else the spec's, clamped. */
  readonly canaries: number
  /** First ordinal of the whole. */
  readonly first: number
  /** First displaced ordinal; equal to `end` where none is displaced. */
  readonly boundary: number
  /** First ordinal of the canary pods: the boundary, or 0 where they are numbered anew. */
  readonly canaryStart: number
  /** One beyond the last ordinal. */
  readonly end: number
  readonly stablePods: readonly PodView[]
  readonly canaryPods: readonly PodView[]
  readonly releasedPods: readonly PodView[]
  readonly jobPods: readonly PodView[]
  readonly foreignPods: readonly PodView[]
}

export function factsOf(observation: Observation, now: number): Facts {
  const { resource, stable, pods } = observation
  const parsed = stable === undefined ? undefined : parseRecord(stable.record)
  const record = parsed?.ok === true ? parsed.record : undefined
  const rollout = record?.rollout
  const replicas = rollout?.replicas ?? resource.spec.replicas
  const steps = rollout?.steps ?? plannedSteps(resource.spec, replicas)
  const canaries = steps[rollout?.step ?? 0]?.canaryReplicas ?? 0
  const first = stable?.ordinalsStart ?? resource.spec.ordinalsStart
  const boundary = first + replicas - canaries
  const fromZero = isFromZero({ rollout, resource, steps })
  return {
    ...observation,
    now,
    parsed,
    record,
    rollout,
    replicas,
    steps,
    canaries,
    first,
    boundary,
    canaryStart: fromZero ? 0 : boundary,
    end: first + replicas,
    stablePods: pods.filter((pod) => pod.role === 'stable'),
    canaryPods: pods.filter((pod) => pod.role === 'canary'),
    releasedPods: pods.filter((pod) => pod.role === 'released'),
    jobPods: pods.filter((pod) => pod.role === 'job'),
    foreignPods: pods.filter((pod) => pod.role === 'foreign'),
  }
}

/** Canaries are numbered from 0: frozen in a rollout, else as the spec asks for, and only where there is one at most. */
export function isFromZero({
  rollout,
  resource,
  steps,
}: Pick<Facts, 'rollout' | 'resource' | 'steps'>): boolean {
  if (rollout !== undefined) return rollout.fromZero === true
  return resource.spec.fromZero && mostOf(steps) <= 1
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
}

/** Every ordinal of the range has a pod that is Ready, not terminating, and was Ready for minReadySeconds. */
export function availability(range: Range, now: number): Availability {
  let available = true
  for (let ordinal = range.from; ordinal < range.to; ordinal++) {
    const pod = range.pods.find((candidate) => candidate.ordinal === ordinal)
    const right = pod !== undefined && (range.revision === undefined || pod.revision === range.revision)
    if (right && isAvailable(pod, range.minReadySeconds, now)) continue
    available = false
    if (pod !== undefined) return { available, lacking: pod }
  }
  return { available, lacking: undefined }
}

export function isAvailable(pod: PodView, minReadySeconds: number, now: number): boolean {
  return !pod.deleting && pod.readySince !== undefined && pod.readySince + minReadySeconds * 1000 <= now
}

/** When the next pod that is Ready but too young counts as available: the one fact that changes with no event. */
export function nextAvailable(facts: Facts): number | undefined {
  const moments = [
    ...availableMoments(facts.stablePods, facts.stable),
    ...availableMoments(facts.canaryPods, facts.canary),
  ]
  return earliest(...moments.filter((moment) => moment > facts.now))
}

function availableMoments(pods: readonly PodView[], set: SetView | undefined): readonly number[] {
  const minReady = (set?.minReadySeconds ?? 0) * 1000
  return pods.flatMap((pod) =>
    pod.readySince === undefined || pod.deleting ? [] : [pod.readySince + minReady],
  )
}

export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** It failed, or was not ready for longer than the progress deadline: waiting for it alone leads nowhere. */
export function isHopeless(facts: Facts, pod: PodView): boolean {
  const at = hopelessAt(facts, pod)
  return at !== undefined && at <= facts.now
}

/** When a pod that does not become ready, or does not end, will have had all its time. */
export function hopelessAt(facts: Facts, pod: PodView): number | undefined {
  const allowed = facts.resource.spec.progressDeadlineSeconds * 1000
  if (pod.deleting) return pod.endsBy === undefined ? undefined : pod.endsBy + allowed
  if (pod.failure !== undefined) return facts.now
  return pod.unreadySince === undefined ? undefined : pod.unreadySince + allowed
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
  const isSeen = canary?.generationSeen ?? canary?.observed
  if (canary === undefined || rollout === undefined || !isArmed(facts) || isSeen !== true)
    return { available: false, lacking: undefined }
  const from = facts.canaryStart
  const to = from + facts.canaries
  return availability(
    { pods: facts.canaryPods, from, to, revision: rollout.to, minReadySeconds: canary.minReadySeconds },
    facts.now,
  )
}

/** The canary set runs pods of this very rollout, those of the present step or of the one before. */
export function isServing({ canary, record, rollout }: Facts): boolean {
  return (
    canary !== undefined &&
    canary.replicas > 0 &&
    canary.revision === rollout?.to &&
    canary.attempt === record?.id
  )
}

/** The canary set has the replicas and the first ordinal of the present step. */
export function isArmed(facts: Facts): boolean {
  const { canary, canaries, canaryStart } = facts
  return (
    canary !== undefined &&
    canaries > 0 &&
    canary.replicas === canaries &&
    canary.ordinalsStart === canaryStart
  )
}

/** Stable has made room for the canary: scaled to N-k, seen so by its controller, and no pod of it is left above. */
export function displacedGone(facts: Facts): boolean {
  const { stable, replicas, canaries, boundary } = facts
  return (
    stable !== undefined &&
    stable.observed &&
    stable.replicas === replicas - canaries &&
    !facts.stablePods.some((pod) => pod.ordinal >= boundary)
  )
}

/** A pod of none of our sets, not finished, that mounts a claim of an ordinal in [from, to). */
export function foreignWriter(
  facts: Pick<Facts, 'foreignPods' | 'jobPods' | 'claims'>,
  from: number,
  to = Infinity,
): { pod: PodView; claim: ClaimView } | undefined {
  for (const pod of [...facts.foreignPods, ...facts.jobPods]) {
    if (isFinished(pod)) continue
    const claim = facts.claims.find(
      ({ name, ordinal }) => ordinal >= from && ordinal < to && pod.claims.includes(name),
    )
    if (claim !== undefined) return { pod, claim }
  }
  return undefined
}

export function isFinished(pod: PodView): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed'
}

/** A claim that is being deleted while a replica counts on it or a pod of ours still keeps it. */
export function claimBeingDeleted(facts: Facts): ClaimView | undefined {
  const own = [...facts.stablePods, ...facts.canaryPods, ...facts.releasedPods, ...facts.jobPods]
  return facts.claims.find(
    (claim) =>
      claim.deleting &&
      ((claim.ordinal >= facts.first && claim.ordinal < facts.end) ||
        own.some((pod) => pod.claims.includes(claim.name))),
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
    !facts.stablePods.some((pod) => isOutdated(pod, stable)) &&
    stableAvailability(facts, { from: first, to: end, revision }).available
  )
}

/**
 * A pod that the set controller may leave standing for ever, and that it would take away anyway: unready on a revision
 * that the set no longer asks for (it may be waiting for another one: Kubernetes issue 67250), or, under OrderedReady,
 * out of the set's range while it or a pod in range is not available (two unready condemned pods stall a scale-down).
 * From the top, one at a time.
 */
export function stuckPod(facts: Facts): PodView | undefined {
  const { stable, resource, stablePods } = facts
  if (stable === undefined || !stable.observed) return undefined
  if (stablePods.some((pod) => pod.deleting)) return undefined
  const end = stable.ordinalsStart + stable.replicas
  const available = (pod: PodView) => isAvailable(pod, stable.minReadySeconds, facts.now)
  const stalled = stablePods.some((pod) => pod.ordinal < end && !available(pod))
  return stablePods
    .toSorted((one, other) => other.ordinal - one.ordinal)
    .find((pod) =>
      pod.ordinal >= end
        ? resource.spec.ordered && (stalled || !available(pod))
        : pod.readySince === undefined && isOutdated(pod, stable),
    )
}

/** It has fewer replicas than stay on the version before: whatever comes back may not (see allTouched). */
export function wasBelowPartition({ replicas, partition }: SetView): boolean {
  return replicas < (partition ?? 0)
}

/** The set controller would replace it. Of an edit that was put back only the hash tells: its pods have the right label. */
export function isOutdated(pod: PodView, set: SetView): boolean {
  const isOfEdit = pod.hash !== undefined && set.hash !== undefined && pod.hash !== set.hash
  const isOther = pod.revision !== set.revision || isOfEdit
  return isOther && pod.ordinal >= set.ordinalsStart + (set.partition ?? Infinity)
}

/** The first claim that a replica from ordinal `from` on should have, and that is not there. */
export function missingClaim(facts: Facts, from: number): string | undefined {
  const ordinals = Array.from({ length: Math.max(0, facts.end - from) }, (_, index) => from + index)
  return ordinals
    .flatMap((ordinal) => claimNames(facts, ordinal))
    .find((name) => !facts.claims.some((claim) => claim.name === name))
}

/** Names the claims of one ordinal. */
export function claimNames(facts: Facts, ordinal: number): readonly string[] {
  return facts.resource.spec.claimTemplates.map(
    (template) => `${template}-${facts.resource.name}-stable-${ordinal}`,
  )
}

/** The image of a stored revision, or its hash where it is not stored. For commands; people are told `versionOf`. */
export function imageOf(facts: Facts, revision: string): string {
  if (revision === facts.resource.spec.target) return facts.resource.spec.targetImage
  return facts.revisions.find((stored) => stored.revision === revision)?.image ?? revision
}

/** What people call a revision: its image; with the revision, where another one that counts has the same image. */
export function versionOf(facts: Facts, revision: string): string {
  const { record, rollout, resource } = facts
  const others = [resource.spec.target, record?.accepted, record?.rejected, rollout?.from, rollout?.to]
  const image = imageOf(facts, revision)
  const alike = others.some(
    (other) => other !== undefined && other !== revision && imageOf(facts, other) === image,
  )
  return alike ? `${image} (revision ${revision})` : image
}

/** The revision's template is kept, so that it can be applied. */
export function isStored(facts: Facts, revision: string): boolean {
  return facts.revisions.some((stored) => stored.revision === revision)
}
