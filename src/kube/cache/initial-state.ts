/**
 * The state with which a WatchList begins: collected aside until the server says that it is whole, and put into the cache
 * in one go, so that nobody ever sees half of it.
 */
import type { CacheEntry } from './cache.ts'
import { type KubernetesObject, keyOf } from '../object.ts'
import type { Reflection } from './reflection.ts'
import type { WatchEvent } from './watch-decoder.ts'

/** On the bookmark that ends the initial events (KEP-3157). */
const endAnnotation = 'k8s.io/initial-events-end'

export interface InitialState<T> {
  /** Takes the next event; true: it was the end, and the cache shows the state. */
  take(event: Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>): boolean
}

/** Create it before the watch is asked for: writes confirmed until now are in that state. */
export function createInitialState<T extends KubernetesObject, C>({
  cache: { feed },
  show,
}: Reflection<T, C>): InitialState<T> {
  const begun = feed.beginList()
  const entries = new Map<string, CacheEntry<C>>()
  return {
    take(event) {
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED': {
          const entry = feed.decode(event.object)
          entries.set(entry.key, entry)
          return false
        }
        case 'DELETED':
          entries.delete(keyOf(event.object))
          return false
        case 'BOOKMARK': {
          const { annotations, resourceVersion } = event.object.metadata
          if (annotations?.[endAnnotation] !== 'true') return false
          show([...entries.values()], resourceVersion, begun)
          entries.clear()
          return true
        }
      }
    },
  }
}
