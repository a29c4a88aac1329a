/**
 * What a test sees of its namespace: resources, sets, pods and claims, kept current by watches from the moment the
 * namespace was made, and the pods' whole history, so that a test can say what happened before what.
 */
import { type Cache, createCache, type FedCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import type { KubernetesObject } from '../../src/kube/object.ts'
import type { Rest } from '../../src/kube/client/rest.ts'
import {
  type CanaryStatefulSet,
  type Claim,
  canaryStatefulSets,
  claims,
  imageOf,
  isReady,
  type Pod,
  pods,
  type StatefulSet,
  statefulSets,
} from './objects.ts'

/** One change of one pod, in the API server's order. */
export interface PodMoment {
  readonly name: string
  readonly uid: string
  readonly change: 'added' | 'modified' | 'deleted'
  readonly phase: string
  readonly ready: boolean
  /** Somebody is taking it away, or has. */
  readonly leaving: boolean
  readonly image: string | undefined
  readonly claims: readonly string[]
}

export interface Watched {
  resource(name?: string): CanaryStatefulSet | undefined
  set(name: string): StatefulSet | undefined
  pod(name: string): Pod | undefined
  claim(name: string): Claim | undefined
  resources(): readonly CanaryStatefulSet[]
  sets(): readonly StatefulSet[]
  pods(): readonly Pod[]
  claims(): readonly Claim[]
  /** The caches themselves, for who follows each change. */
  readonly caches: {
    readonly sets: Cache<StatefulSet>
    readonly pods: Cache<Pod>
    readonly claims: Cache<Claim>
  }
  /** Every change of every pod since the namespace was made. */
  readonly podHistory: readonly PodMoment[]
  /** Calls back after every change of anything; returns the function that ends this. */
  onChange(listener: () => void): () => void
}

/** Starts watching a namespace; resolves when everything that is there is known. */
export async function watchNamespace(rest: Rest, namespace: string, signal: AbortSignal): Promise<Watched> {
  const follow = <T extends KubernetesObject>(cache: FedCache<T, T>): Cache<T> => {
    void reflect(rest, cache, { backoff: { baseMs: 200, capMs: 1_000 } }, signal)
    return cache
  }
  const resourceCache = follow(createCache(canaryStatefulSets, { namespace }))
  const setCache = follow(createCache(statefulSets, { namespace }))
  const podCache = follow(createCache(pods, { namespace }))
  const claimCache = follow(createCache(claims, { namespace }))
  const all = [resourceCache, setCache, podCache, claimCache]
  const podHistory: PodMoment[] = []
  podCache.onChange(({ type, object }) => podHistory.push(momentOf(type, object)))
  await Promise.all(all.map((cache) => cache.whenSynced(signal)))
  const key = (name: string) => `${namespace}/${name}`
  return {
    resource: (name = 'redis') => resourceCache.get(key(name)),
    set: (name) => setCache.get(key(name)),
    pod: (name) => podCache.get(key(name)),
    claim: (name) => claimCache.get(key(name)),
    resources: () => resourceCache.list(),
    sets: () => setCache.list(),
    pods: () => podCache.list(),
    claims: () => claimCache.list(),
    caches: { sets: setCache, pods: podCache, claims: claimCache },
    podHistory,
    onChange(listener) {
      const ends = all.map((cache) => cache.onChange(listener))
      return () => ends.forEach((end) => end())
    },
  }
}

function momentOf(change: PodMoment['change'], pod: Pod): PodMoment {
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    change,
    phase: pod.status?.phase ?? 'Unknown',
    ready: change !== 'deleted' && isReady(pod),
    leaving: change === 'deleted' || pod.metadata.deletionTimestamp !== undefined,
    image: imageOf(pod.spec),
    claims: (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []),
  }
}
