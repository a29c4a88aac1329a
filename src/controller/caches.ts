/**
 * What the operator watches, how it is indexed, and which change concerns which resource. Pods are watched without a
 * selector: any pod may mount a claim of ours.
 */
import { labels } from '../api/v1alpha1/constants.ts'
import { claimTemplateNames } from '../core/render/canary-set.ts'
import { claimName, resourceOfSet, resourcesOfClaim } from '../core/render/names.ts'
import type { Cache, CacheOptions } from '../kube/cache/cache.ts'
import { inBothStates, ownKey, type Source, source } from '../kube/control-loop/source.ts'
import type { KubernetesObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import {
  type Kept,
  type KeptPod,
  type KeptRevision,
  type KeptSet,
  keptClaim,
  type KeptClaim,
  keptSnapshot,
  type KeptSnapshot,
  keptVolume,
  type KeptVolume,
  keptService,
  type KeptService,
  keptJob,
  type KeptJob,
  keptPod,
  keptResource,
  keptRevision,
  keptSet,
} from './projections.ts'
import {
  canaryStatefulSets,
  claims,
  controllerRevisions,
  jobs,
  pods,
  type RawResource,
  services,
  snapshots,
  statefulSets,
  volumes,
} from './resources.ts'

/** Keys are `namespace/name`; so are the values of all indexes, of the resource or claim that they name. */
export interface Caches {
  readonly resources: Cache<RawResource>
  readonly sets: Cache<KeptSet>
  readonly pods: Cache<KeptPod>
  readonly claims: Cache<KeptClaim>
  /** Empty where the cluster has no snapshots. */
  readonly snapshots: Cache<KeptSnapshot>
  /** Those that restores took out of use. */
  readonly volumes: Cache<KeptVolume>
  /** Ours, and those that others made for a revision of ours. */
  readonly jobs: Cache<KeptJob>
  readonly services: Cache<KeptService>
  readonly revisions: Cache<KeptRevision>
  /** Which keys a change concerns. */
  readonly sources: readonly Source[]
}

/** Makes a cache that somebody keeps filled: a manager does. */
export type MakeCache = <T extends KubernetesObject, C = T>(
  of: Resource<T>,
  options: CacheOptions<T, C>,
) => Cache<C>

export const indexes = {
  /** Pods by the claims that they mount. */
  claim: 'claim',
  /** Pods, Jobs, and our ControllerRevisions, by the resource that their label names. */
  label: 'label',
  /** Claims by each resource that they may belong to, judging by their name. */
  resource: 'resource',
  /** Resources by the Service that they name. */
  service: 'service',
  /** Resources by what the names of their claims begin with. */
  claimPrefix: 'claimPrefix',
} as const

/** Our own revisions: those of the set controller carry the role as well. */
const revisionSelector = `${labels.name},!${labels.role}`

/** `namespace` restricts everything to one; without it all are watched. */
export function createCaches(namespace: string | undefined, createCache: MakeCache): Caches {
  const scope = { namespace }
  const resourceCache = createCache(canaryStatefulSets, {
    ...scope,
    project: keptResource,
    indexes: {
      [indexes.service]: ({ metadata, spec }) =>
        spec.template.serviceName === undefined ? [] : [`${metadata.namespace}/${spec.template.serviceName}`],
      [indexes.claimPrefix]: claimPrefixes,
    },
  })
  const setCache = createCache(statefulSets, { ...scope, project: keptSet })
  const podCache = createCache(pods, {
    ...scope,
    project: keptPod,
    indexes: {
      [indexes.claim]: (pod) => pod.claims.map((claim) => `${pod.namespace}/${claim}`),
      [indexes.label]: labelled,
    },
  })
  const claimCache = createCache(claims, {
    ...scope,
    project: keptClaim,
    indexes: { [indexes.resource]: claimed },
  })
  const snapshotCache = createCache(snapshots, {
    ...scope,
    optional: true,
    labelSelector: labels.uid,
    project: keptSnapshot,
    indexes: { [indexes.label]: labelled },
  })
  const volumeCache = createCache(volumes, {
    labelSelector: labels.keptFor,
    project: keptVolume,
    indexes: { [indexes.label]: labelled },
  })
  const jobCache = createCache(jobs, {
    ...scope,
    labelSelector: labels.revision,
    project: keptJob,
    indexes: { [indexes.label]: jobKeys },
  })
  const serviceCache = createCache(services, { ...scope, project: keptService })
  const revisionCache = createCache(controllerRevisions, {
    ...scope,
    labelSelector: revisionSelector,
    project: keptRevision,
    indexes: { [indexes.label]: labelled },
  })

  function known(keys: readonly string[]): readonly string[] {
    return keys.filter((key) => resourceCache.get(key) !== undefined)
  }

  return {
    resources: resourceCache,
    sets: setCache,
    pods: podCache,
    claims: claimCache,
    snapshots: snapshotCache,
    volumes: volumeCache,
    jobs: jobCache,
    services: serviceCache,
    revisions: revisionCache,
    sources: [
      source(resourceCache, ownKey),
      source(resourceCache, ({ object }) =>
        claimPrefixes(object).flatMap((prefix) =>
          resourceCache.byIndex(indexes.claimPrefix, prefix).map(resourceKey),
        ),
      ),
      source(setCache, ({ object }) => known(setKeys(object))),
      source(
        podCache,
        inBothStates((pod) => known(podKeys(pod))),
      ),
      source(
        claimCache,
        inBothStates((claim) => known(claimed(claim))),
      ),
      source(serviceCache, ({ key }) => resourceCache.byIndex(indexes.service, key).map(resourceKey)),
      source(snapshotCache, ({ object }) => known(labelled(object))),
      source(
        volumeCache,
        inBothStates((volume) => known(labelled(volume))),
      ),
      source(
        jobCache,
        inBothStates((job) => known(jobKeys(job))),
      ),
      source(revisionCache, ({ object }) => known(labelled(object))),
    ],
  }
}

/** `a-b` of `c` and `a` of `b-c` have one. */
export function claimPrefixes(resource: RawResource): readonly string[] {
  const { namespace, name } = resource.metadata
  return claimTemplateNames(resource).map((template) => `${namespace}/${claimName(template, name, 0)}`)
}

function resourceKey({ metadata }: RawResource): string {
  return `${metadata.namespace}/${metadata.name}`
}

function setKeys({ namespace, name }: KeptSet): readonly string[] {
  const resource = resourceOfSet(name)
  return resource === undefined ? [] : [`${namespace}/${resource}`]
}

function podKeys(pod: KeptPod): readonly string[] {
  const ofClaims = pod.claims.flatMap(resourcesOfClaim).map((resource) => `${pod.namespace}/${resource}`)
  return [...labelled(pod), ...ofClaims]
}

/** One of ours carries our name label; one of others says for whom it is. */
function jobKeys({ namespace, resource, migrates }: KeptJob): readonly string[] {
  const name = resource ?? migrates
  return name === undefined ? [] : [`${namespace}/${name}`]
}

function labelled({ namespace, resource }: Kept): readonly string[] {
  return resource === undefined ? [] : [`${namespace}/${resource}`]
}

function claimed({ namespace, name }: Kept): readonly string[] {
  return resourcesOfClaim(name).map((resource) => `${namespace}/${resource}`)
}
