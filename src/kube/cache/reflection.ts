/** What the parts of one reflector share: whom to ask, what to fill, and whom to tell. */
import type { Clock } from '../clock.ts'
import type { CacheEntry, FedCache } from './cache.ts'
import type { KubernetesObject } from '../object.ts'
import type { ReflectorMetrics } from './reflector-metrics.ts'
import type { Rest } from '../client/rest.ts'

export interface Reflection<T extends KubernetesObject, C> {
  readonly rest: Pick<Rest, 'list' | 'watch'>
  readonly cache: FedCache<T, C>
  readonly clock: Clock
  readonly random: () => number
  /** A watch without a byte for so long is taken for dead. */
  readonly quietMs: number
  /** The state with which a WatchList begins must be whole after so long. */
  readonly initialStateMs: number
  readonly metrics: ReflectorMetrics
  /** Shows a whole state in the cache. `begun` is from `beginList`. */
  readonly show: (entries: readonly CacheEntry<C>[], resourceVersion: string, begun: number) => void
  /** To be called when a watch has opened, and what it begins with is whole. */
  readonly following: () => void
}
