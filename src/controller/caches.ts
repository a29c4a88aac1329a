/**
 * What the operator watches, how it is indexed, and which change concerns which resource. Pods are watched without a
 * selector: any pod may mount a claim of ours.
 */
import { labels } from '../api/v1alpha1/constants.ts'
import { resourceOfSet, resourcesOfClaim } from '../core/render/names.ts'
import { type Cache, type Change, createCache } from '../kube/cache/cache.ts'
import { type Source, source } from '../kube/control-loop/source.ts'
import type { Log } from '../kube/log.ts'
import { reflect } from '../kube/cache/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import type { Rest } from '../kube/client/rest.ts'
import {
  type Kept,
  type KeptPod,
  type KeptRevision,
  type KeptSet,
  keptObject,
  keptPod,
  keptResource,
  keptRevision,
  keptSet,
} from './projections.ts'
import {
  canaryStatefulSets,
  claims,
  controllerRevisions,
  pods,
  type RawResource,
  services,
  statefulSets,
} from './resources.ts'

/** Keys are `namespace/name`; so are the values of all indexes, of the resource or claim that they name. */
export interface Caches {
  readonly resources: Cache<RawResource>
  readonly sets: Cache<KeptSet>
  readonly pods: Cache<KeptPod>
  readonly claims: Cache<Kept>
  readonly services: Cache<Kept>
  readonly revisions: Cache<KeptRevision>
  /** The cache in which the echo of a write to this resource will appear. */
  of(resource: Resource): Cache<unknown>
  /** Which keys a change concerns. */
  readonly sources: readonly Source[]
  /** Lists and watches until the signal aborts. */
  fill(rest: Rest, signal: AbortSignal): Promise<void>
}

export const indexes = {
  /** Pods by the claims that they mount. */
  claim: 'claim',
  /** Pods, and our ControllerRevisions, by the resource that their label names. */
  label: 'label',
  /** Claims by each resource that they may belong to, judging by their name. */
  resource: 'resource',
  /** Resources by the Service that they name. */
  service: 'service',
} as const

/** Our own revisions: those of the set controller carry the role as well. */
const revisionSelector = `${labels.name},!${labels.role}`

/** `namespace` restricts everything to one; without it all are watched. */
export function createCaches(namespace: string | undefined, log: Log): Caches {
  const scope = { namespace, log }
  const resourceCache = createCache(canaryStatefulSets, {
    ...scope,
    project: keptResource,
    indexes: {
      [indexes.service]: ({ metadata, spec }) =>
        spec.template.serviceName === undefined ? [] : [`${metadata.namespace}/${spec.template.serviceName}`],
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
    project: keptObject,
    indexes: { [indexes.resource]: claimed },
  })
  const serviceCache = createCache(services, { ...scope, project: keptObject })
  const revisionCache = createCache(controllerRevisions, {
    ...scope,
    labelSelector: revisionSelector,
    project: keptRevision,
    indexes: { [indexes.label]: labelled },
  })
  const all = [resourceCache, setCache, podCache, claimCache, serviceCache, revisionCache]

  function known(keys: readonly string[]): readonly string[] {
    return keys.filter((key) => resourceCache.get(key) !== undefined)
  }

  return {
    resources: resourceCache,
    sets: setCache,
    pods: podCache,
    claims: claimCache,
    services: serviceCache,
    revisions: revisionCache,
    of(resource) {
      const cache = all.find((candidate) => candidate.resource.plural === resource.plural)
      if (cache === undefined) throw new TypeError(`${resource.plural} are not watched`)
      return cache
    },
    sources: [
      source(resourceCache, ({ key }) => [key]),
      source(setCache, ({ object }) => known(setKeys(object))),
      source(podCache, (change) => known(bothStates(change, podKeys))),
      source(claimCache, (change) => known(bothStates(change, claimed))),
      source(serviceCache, ({ key }) => resourceCache.byIndex(indexes.service, key).map(resourceKey)),
      source(revisionCache, ({ object }) => known(labelled(object))),
    ],
    async fill(rest, signal) {
      await Promise.all([
        reflect(rest, resourceCache, { log }, signal),
        reflect(rest, setCache, { log }, signal),
        reflect(rest, podCache, { log }, signal),
        reflect(rest, claimCache, { log }, signal),
        reflect(rest, serviceCache, { log }, signal),
        reflect(rest, revisionCache, { log }, signal),
      ])
    },
  }
}

/** A label may have been taken off, or put on. */
function bothStates<C>(change: Change<C>, keysOf: (object: C) => readonly string[]): readonly string[] {
  const { object, previous } = change
  return previous === undefined ? keysOf(object) : [...new Set([...keysOf(previous), ...keysOf(object)])]
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

function labelled({ namespace, resource }: Kept): readonly string[] {
  return resource === undefined ? [] : [`${namespace}/${resource}`]
}

function claimed({ namespace, name }: Kept): readonly string[] {
  return resourcesOfClaim(name).map((resource) => `${namespace}/${resource}`)
}
