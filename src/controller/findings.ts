/**
 * Collects what there is about one resource: from the caches, and again with pods and claims from a live LIST before
 * anything is done that rests on them. What it means is said in observe.ts.
 */
import { labels } from '../api/v1alpha1/constants.ts'
import { parseRecord, type Rollout } from '../core/record.ts'
import { canarySetName, stableSetName } from '../core/render/names.ts'
import type { Rest } from '../kube/client/rest.ts'
import { refOf } from '../kube/object.ts'
import { type Caches, claimPrefixes, indexes } from './caches.ts'
import type { Findings } from './observe.ts'
import {
  type Kept,
  keptClaim,
  keptJob,
  type KeptJob,
  type KeptPod,
  keptPod,
  keptResource,
  keptSet,
  keptVolume,
} from './projections.ts'
import {
  canaryStatefulSets,
  claims,
  jobs,
  pods,
  type RawResource,
  statefulSets,
  volumes,
} from './resources.ts'

export function findingsOf(
  caches: Caches,
  resource: RawResource,
  answersAbout: (stableGeneration: number) => Findings['answers'],
): Findings {
  const { namespace, name } = resource.metadata
  const key = `${namespace}/${name}`
  const stable = caches.sets.get(`${namespace}/${stableSetName(name)}`)
  const heldClaims = caches.claims.byIndex(indexes.resource, key)
  const { serviceName } = resource.spec.template
  const service = caches.services.get(`${namespace}/${serviceName ?? ''}`)
  return {
    resource,
    stable,
    canary: caches.sets.get(`${namespace}/${canarySetName(name)}`),
    pods: [
      ...unique([...caches.pods.byIndex(indexes.label, key), ...mountingPods(caches, namespace, heldClaims)]),
    ],
    claims: heldClaims,
    snapshots: caches.snapshots.byIndex(indexes.label, key),
    keptVolumes: caches.volumes.byIndex(indexes.label, key),
    jobs: caches.jobs.byIndex(indexes.label, key),
    revisions: caches.revisions.byIndex(indexes.label, key),
    serviceExists: serviceName === undefined || service !== undefined,
    service,
    rival: rivalOf(caches, resource),
    answers: answersAbout(stable?.generation ?? 0),
  }
}

/** Whoever has a stable set already was there before; else it is the older resource. */
function rivalOf(caches: Caches, resource: RawResource): string | undefined {
  const { uid, namespace } = resource.metadata
  const rivals = claimPrefixes(resource)
    .flatMap((prefix) => caches.resources.byIndex(indexes.claimPrefix, prefix))
    .filter(({ metadata }) => metadata.uid !== uid)
  const hasSet = ({ metadata }: RawResource) =>
    caches.sets.get(`${namespace}/${stableSetName(metadata.name)}`) !== undefined
  return rivals.find((rival) => hasSet(rival) || isOlder(rival, resource))?.metadata.name
}

function isOlder({ metadata: one }: RawResource, { metadata: other }: RawResource): boolean {
  return one.creationTimestamp === other.creationTimestamp
    ? one.name < other.name
    : one.creationTimestamp < other.creationTimestamp
}

/** The resource as people have it now, projected as the cache does it. */
export async function liveResource(rest: Rest, key: string, signal: AbortSignal): Promise<RawResource> {
  return keptResource(await rest.get(canaryStatefulSets, refOf(key), { signal }))
}

/** The same with the sets read live. */
export async function withLiveSets(rest: Rest, found: Findings, signal: AbortSignal): Promise<Findings> {
  const { namespace, name } = found.resource.metadata
  const labelSelector = `${labels.name}=${name}`
  const { items } = await rest.list(statefulSets, { namespace, labelSelector, signal }, keptSet)
  const named = (wanted: string) => items.find((set) => set.name === wanted)
  return { ...found, stable: named(stableSetName(name)), canary: named(canarySetName(name)) }
}

/**
 * The same with our pods and claims read live. The sets stay as they were: the lists must be newer than what they are
 * compared with. Foreign pods are known from the cache only, which watches every pod. So are kept volumes, but in a restore: a
 * claim that is away has nothing else that tells of it.
 */
export async function withLivePods(rest: Rest, found: Findings, signal: AbortSignal): Promise<Findings> {
  const { namespace, name } = found.resource.metadata
  const selector = `${labels.name}=${name}`
  const unlabelled = found.claims.some(({ resource }) => resource !== name)
  const [livePods, liveClaims, liveVolumes, liveJobs, liveTheirs] = await Promise.all([
    rest.list(pods, { namespace, labelSelector: selector, signal }, keptPod),
    // A claim that a person made carries no label of ours: then all of the namespace have to be looked at.
    rest.list(claims, { namespace, ...(unlabelled ? {} : { labelSelector: selector }), signal }, keptClaim),
    restores(found) ? rest.list(volumes, { labelSelector: keptFor(found), signal }, keptVolume) : undefined,
    hasJob(found)
      ? rest.list(jobs, { namespace, labelSelector: madeFor(found), signal }, keptJob)
      : undefined,
    countsTheirs(found)
      ? rest.list(jobs, { namespace, labelSelector: `${labels.migration}=${name}`, signal }, keptJob)
      : undefined,
  ])
  const foreign = found.pods.filter(({ resource }) => resource !== name)
  return {
    ...found,
    pods: [...livePods.items, ...foreign],
    claims: liveClaims.items,
    ...(liveVolumes && { keptVolumes: liveVolumes.items }),
    jobs: [
      ...(liveJobs?.items ?? found.jobs.filter((job) => isOurs(job, found))),
      ...(liveTheirs?.items ?? found.jobs).filter((job) => !isOurs(job, found)),
    ],
  }
}

function restores(found: Findings): boolean {
  return rolloutOf(found)?.restores === true
}

/** A Job that its record rests on and a cache does not show may be gone, or not be known there yet. */
function hasJob(found: Findings): boolean {
  const rollout = rolloutOf(found)
  return rollout?.migration?.job !== undefined || rollout?.backups === true
}

/** Those of somebody else: one that is there has begun, and is of this attempt unless its first write has seen it. */
function countsTheirs(found: Findings): boolean {
  const rollout = rolloutOf(found)
  const migration = rollout === undefined ? found.resource.spec.migration : rollout.migration
  return migration?.type === 'External'
}

function rolloutOf({ stable }: Findings): Rollout | undefined {
  const parsed = parseRecord(stable?.record)
  return parsed.ok ? parsed.record.rollout : undefined
}

function isOurs(job: KeptJob, { resource }: Findings): boolean {
  return job.madeFor === resource.metadata.uid
}

function madeFor({ resource }: Findings): string {
  return `${labels.uid}=${resource.metadata.uid}`
}

function keptFor({ resource }: Findings): string {
  return `${labels.keptFor}=${resource.metadata.uid}`
}

function mountingPods(caches: Caches, namespace: string, held: readonly Kept[]): readonly KeptPod[] {
  return held.flatMap(({ name }) => caches.pods.byIndex(indexes.claim, `${namespace}/${name}`))
}

function unique(found: readonly KeptPod[]): Iterable<KeptPod> {
  return new Set(found)
}
