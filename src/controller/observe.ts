/**
 * From what the caches keep (or a live read returned) to the `Observation` that a plan is made of. Pure: no cache, no
 * request, no clock in here.
 */
import { annotations, finalizer, releasedRole, roles } from '../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../api/v1alpha1/types.ts'
import { refOf } from '../core/action.ts'
import type {
  ClaimView,
  JobView,
  KeptVolumeView,
  MigrationSpec,
  Observation,
  PodView,
  ResourceView,
  RevisionView,
  SetView,
  SnapshotView,
  SpecView,
} from '../core/observation.ts'
import { snapshotsByJobs } from '../core/jobs/backups.ts'
import { isJobName } from '../core/jobs/job-order.ts'
import { claimTemplateNames } from '../core/render/canary-set.ts'
import {
  canarySetName,
  claimOrdinal,
  placeholderClaimName,
  podOrdinal,
  stableSetName,
} from '../core/render/names.ts'
import { minReadySecondsOf } from '../core/render/stable-set.ts'
import { digestOf, imageOf, revisionAmong, withImage } from '../core/revision.ts'
import type {
  KeptClaim,
  KeptJob,
  KeptPod,
  KeptRevision,
  KeptService,
  KeptSet,
  KeptSnapshot,
  KeptVolume,
} from './projections.ts'
import type { RawResource } from './resources.ts'

/** Everything about one resource, as found. More than belongs to it may be in the lists; what does not is left out. */
export interface Findings {
  readonly resource: RawResource
  readonly stable: KeptSet | undefined
  readonly canary: KeptSet | undefined
  readonly pods: readonly KeptPod[]
  readonly claims: readonly KeptClaim[]
  readonly snapshots: readonly KeptSnapshot[]
  readonly keptVolumes: readonly KeptVolume[]
  readonly jobs: readonly KeptJob[]
  readonly revisions: readonly KeptRevision[]
  readonly serviceExists: boolean
  /** The Service of the template's serviceName, whoever made it. */
  readonly service: KeptService | undefined
  /** Name of another resource with claims of the same names, that was there before. */
  readonly rival: string | undefined
  readonly answers: Observation['answers']
}

/** `now` is for what ends by itself: a pod that crashed again and again is trusted when it has run for a while. */
export function observe(findings: Findings, now: number): Observation {
  const { resource, stable, canary, pods, serviceExists, service, rival, answers } = findings
  const { uid } = resource.metadata
  const jobs = jobViews(findings.jobs, uid)
  const revisions = revisionViews(findings.revisions, uid)
  // In one order, whatever order a cache or a list has: equal facts must give equal sentences.
  const views = podViews(findings, now).toSorted(byOrdinal)
  return {
    resource: resourceView(resource, revisions),
    stable: stable && setView(stable, resource, pods),
    canary: canary && setView(canary, resource, pods),
    pods: views,
    claims: claimViews(findings).toSorted(byOrdinal),
    snapshots: [...snapshotViews(findings.snapshots, uid), ...snapshotsByJobs(jobs, views)],
    keptVolumes: volumeViews(findings.keptVolumes, uid),
    jobs,
    revisions,
    serviceExists,
    ...(service?.headless === false && { wrongService: service.name }),
    ...(service?.soleOwner === uid && !service.deleting && { ownService: refOf(service) }),
    ...(rival !== undefined && { rival }),
    answers,
  }
}

/** The next moment at which an observation of the same findings is another one. */
export function changesAt({ pods }: Findings, now: number): number | undefined {
  const ends = pods.flatMap(({ failure }) => (failure?.endsAt !== undefined ? [failure.endsAt] : []))
  const next = Math.min(...ends.filter((end) => end > now))
  return Number.isFinite(next) ? next : undefined
}

function resourceView(
  { metadata, spec, status }: RawResource,
  revisions: readonly RevisionView[],
): ResourceView {
  const stored = new Set(revisions.map(({ revision }) => revision))
  const values = metadata.annotations ?? {}
  const asked = said({
    promote: values[spec.promotion.annotation],
    abort: values[annotations.abort],
    retry: values[annotations.retry],
    force: values[annotations.force],
    acceptDataLoss: values[annotations.acceptDataLoss],
  })
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    generation: metadata.generation,
    deleting: metadata.deletionTimestamp !== undefined,
    finalizer: metadata.finalizers?.includes(finalizer) ?? false,
    ...asked,
    paused: isSwitchedOn(values[annotations.pauseReconciliation]),
    unprotected: isSwitchedOn(values[annotations.unprotected]),
    spec: specView({ metadata, spec }, stored),
    status,
  }
}

/** `kubectl annotate x=` switches nothing off by accident: only `false` does. */
function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && value !== 'false'
}

/** Kubernetes' own, for StatefulSets. */
const defaultHistoryLimit = 10

function specView(
  resource: Pick<CanaryStatefulSet, 'metadata' | 'spec'>,
  stored: ReadonlySet<string>,
): SpecView {
  const { spec } = resource
  const { serviceName } = spec.template
  return {
    replicas: spec.replicas,
    canaryReplicas: spec.canaryReplicas,
    target: revisionAmong(stored, withImage(spec)),
    targetImage: imageOf(spec),
    ordinalsStart: spec.template.ordinals?.start ?? 0,
    ordered: spec.template.podManagementPolicy !== 'Parallel',
    minReadySeconds: minReadySecondsOf(spec),
    claimTemplates: claimTemplateNames(resource),
    ...(serviceName !== undefined && { serviceName }),
    promoteAnnotation: spec.promotion.annotation,
    progressDeadlineSeconds: spec.strategy.progressDeadlineSeconds,
    promotionType: spec.promotion.type,
    bakeSeconds: spec.promotion.bakeSeconds,
    steps: spec.strategy.steps,
    paused: spec.paused,
    fromZero: spec.strategy.ordinals === 'FromZero',
    automaticRollback: spec.rollback.automatic,
    revisionHistoryLimit: spec.template.revisionHistoryLimit ?? defaultHistoryLimit,
    deletionPolicy: spec.deletionPolicy,
    snapshots: spec.volumes.snapshot,
    ...(spec.volumes.retained?.ttlSeconds !== undefined && {
      retainedTtlSeconds: spec.volumes.retained.ttlSeconds,
    }),
    onRollback: spec.volumes.onRollback,
    ...(spec.volumes.backup !== undefined && {
      backups: { deadlineSeconds: spec.volumes.backup.deadlineSeconds },
    }),
    ...(spec.rollback.check !== undefined && { checksRollback: true as const }),
    ...(spec.migration !== undefined && { migration: migrationSpec(spec.migration) }),
  }
}

function migrationSpec(migration: NonNullable<CanaryStatefulSet['spec']['migration']>): MigrationSpec {
  const { type, timing, reversible, mountClaims } = migration
  return { type, timing, reversible, mountClaims, digest: digestOf(migration) }
}

function setView(set: KeptSet, { metadata }: RawResource, pods: readonly KeptPod[]): SetView {
  const { namespace: _n, resource, madeFor, generation: _g, annotated: _a, counted: _c, ...kept } = set
  const isNamesake = madeFor !== undefined && madeFor !== metadata.uid && resource === metadata.name
  return {
    ...said(kept),
    partition: set.partition,
    ours: madeFor === metadata.uid,
    ...(isNamesake && { namesake: true }),
    observed: set.observed && countsAll(set, pods),
    generationSeen: set.observed,
  }
}

/**
 * Until it does, its controller is about to write its status, and what we write on top of the present one is refused. Counted
 * as Kubernetes does (computeReplicaStatus in stateful_set_control.go).
 */
function countsAll({ name, counted }: KeptSet, pods: readonly KeptPod[]): boolean {
  const own = pods.filter(({ controller }) => controller?.set === name)
  const ready = own.filter(({ phase, readySince }) => phase === 'Running' && readySince !== undefined)
  return own.length === counted.pods && ready.length === counted.ready
}

interface Placed {
  readonly ordinal: number
  readonly name: string
}

function byOrdinal(one: Placed, other: Placed): number {
  return one.ordinal - other.ordinal || (one.name < other.name ? -1 : 1)
}

function podViews({ resource, pods }: Findings, now: number): readonly PodView[] {
  const { name } = resource.metadata
  const templates = claimTemplateNames(resource)
  return pods.flatMap((pod) => {
    const claims = pod.claims.filter((claim) => isOurClaim(claim, name, templates))
    if (pod.resource !== name && claims.length === 0) return []
    const whose = whoseOrdinal(pod, resource.metadata, claims, templates)
    return [{ ...podView(pod, claims, whose), ...healthOf(pod, now) }]
  })
}

interface Whose {
  readonly role: PodView['role']
  readonly ordinal: number
}

/** An orphan counts as its set's: it holds the data all the same, and a set of that name adopts it. */
function isOf(pod: KeptPod, set: string): boolean {
  return pod.controller === undefined || pod.controller.set === set
}

/** A pod of a Job, or a foreign one, stands where the first of our claims that it mounts belongs; -1 if it mounts none. */
function whoseOrdinal(
  pod: KeptPod,
  { name: resource, uid }: RawResource['metadata'],
  claims: readonly string[],
  templates: readonly string[],
): Whose {
  const stable = stableSetName(resource)
  const sets = { stable, canary: canarySetName(resource), [releasedRole]: stable }
  for (const role of [...roles, releasedRole] as const) {
    const ordinal = podOrdinal(pod.name, sets[role])
    if (pod.role === role && pod.resource === resource && isOf(pod, sets[role]) && ordinal !== undefined)
      return { role, ordinal }
  }
  const ordinals = claims.map((claim) => claimOrdinal(claim, resource, templates) ?? -1)
  const isJobs =
    pod.job !== undefined && pod.resource === resource && isJobName(pod.job, { name: resource, uid })
  return { role: isJobs ? 'job' : 'foreign', ordinal: ordinals[0] ?? -1 }
}

function podView(pod: KeptPod, claims: readonly string[], { role, ordinal }: Whose): PodView {
  const {
    name,
    uid,
    controller,
    revision,
    job,
    hash,
    deleting,
    pinned,
    stopped,
    endsBy,
    phase,
    unschedulable,
  } = pod
  return {
    name,
    uid,
    role,
    ordinal,
    revision,
    ...(controller === undefined && role !== 'foreign' && { orphan: true }),
    ...(hash !== undefined && { hash }),
    deleting,
    ...(pinned && { pinned }),
    ...(stopped && { stopped }),
    ...(endsBy !== undefined && { endsBy }),
    phase,
    ...(unschedulable && { unschedulable }),
    claims,
    ...(role === 'job' && job !== undefined && { job }),
  }
}

type Health = Pick<PodView, 'readySince' | 'unreadySince' | 'failure'>

/** Without a probe a container is Ready for the second that it lives: while it keeps crashing it is not. */
function healthOf({ readySince, unreadySince, failure }: KeptPod, now: number): Health {
  if (failure === undefined || (failure.endsAt !== undefined && failure.endsAt <= now)) {
    return {
      ...(readySince !== undefined && { readySince }),
      ...(unreadySince !== undefined && { unreadySince }),
    }
  }
  const { reason, message } = failure
  const since = unreadySince ?? readySince
  return { failure: { reason, message }, ...(since !== undefined && { unreadySince: since }) }
}

/** Claims that all replicas share are no replica's own, and may well have many writers. */
function isOurClaim(claim: string, resource: string, templates: readonly string[]): boolean {
  if (claimOrdinal(claim, resource, templates) !== undefined) return true
  return templates.some((template) => claim === placeholderClaimName(template, resource))
}

function claimViews({ resource, claims }: Findings): readonly ClaimView[] {
  const templates = claimTemplateNames(resource)
  return claims.flatMap(({ namespace: _n, resource: _r, asked, ...kept }) => {
    const ordinal = claimOrdinal(kept.name, resource.metadata.name, templates)
    return ordinal === undefined ? [] : [said({ ...kept, ordinal, asked: asked || undefined })]
  })
}

function snapshotViews(snapshots: readonly KeptSnapshot[], resourceUid: string): readonly SnapshotView[] {
  return snapshots
    .filter(({ madeFor }) => madeFor === resourceUid)
    .map(({ namespace: _n, resource: _r, resourceVersion: _v, madeFor: _m, ...kept }) => said(kept))
    .toSorted(byName)
}

function jobViews(jobs: readonly KeptJob[], resourceUid: string): readonly JobView[] {
  return jobs
    .map(({ namespace: _n, resource: _r, migrates: _m, madeFor, ...kept }) =>
      said({ ...kept, ours: madeFor === resourceUid }),
    )
    .toSorted(byName)
}

function volumeViews(volumes: readonly KeptVolume[], resourceUid: string): readonly KeptVolumeView[] {
  return volumes
    .flatMap(({ keptFor, deleting, note, retains, free, holder, released, phaseSince, ...kept }) =>
      note === undefined || keptFor !== resourceUid || deleting
        ? []
        : [
            {
              ...refOf(kept),
              claim: note.claim,
              claimUid: note.claimUid,
              attempt: note.attempt,
              ...(note.restored && { restored: true as const }),
              retains,
              free,
              ...(holder !== undefined && { holder }),
              released,
              // The note has the clock of whoever led then; it cannot be out of use for longer than Kubernetes says.
              keptAt: phaseSince !== undefined && phaseSince > note.at ? phaseSince : note.at,
            },
          ],
    )
    .toSorted(byName)
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}

/** One that nobody owns is ours by its label: `kubectl delete --cascade=orphan` takes our ownerReference off. */
function revisionViews(revisions: readonly KeptRevision[], resourceUid: string): readonly RevisionView[] {
  return revisions
    .filter(({ owner, deleting }) => (owner === undefined || owner === resourceUid) && !deleting)
    .map(({ revision, number, image, ...kept }) => ({ ...refOf(kept), revision, number, image }))
}

type Said<T> = { readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** Without what is undefined: views leave out what is not so. */
function said<T extends object>(value: T): Said<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Said<T>
}
