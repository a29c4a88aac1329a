/**
 * What we know of one resource: projected objects by key, with indexes, kept current by a reflector (reflector.ts)
 * through `feed`. No requests here. Readers get the stored objects themselves: they are never to be changed.
 */
import { abortReason } from '../clock.ts'
import { createIndex, type Index } from './cache-index.ts'
import { type Log, silentLog } from '../log.ts'
import { type KubernetesObject, keyOf, refOf } from '../object.ts'
import { isAtLeast } from '../resource-version.ts'
import type { Resource } from '../resource.ts'
import type { Scope } from '../client/rest.ts'

export interface Change<C> {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly key: string
  /** For `deleted`: the last state. */
  readonly object: C
  /** For `modified`: the state before. */
  readonly previous?: C
}

/** A write of ours, as the server confirmed it. */
export interface OwnWrite {
  readonly key: string
  readonly uid?: string | undefined
  /** From the answer to the write. */
  readonly resourceVersion?: string | undefined
  readonly deleted?: boolean
}

/** The readers' side. */
export interface Cache<C> {
  readonly resource: Resource
  readonly scope: Scope
  get(key: string): C | undefined
  /** All objects, or those of one namespace. */
  list(namespace?: string): C[]
  /** The objects for which the named index function returned `value`. */
  byIndex(index: string, value: string): C[]
  /** Whether the first list is in. Before that, absence means nothing. */
  readonly synced: boolean
  /** Resolves once synced; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>
  /** The newest resourceVersion that is reflected here, from lists, events and bookmarks. */
  readonly lastResourceVersion: string | undefined
  /**
   * Calls back after each change, when the cache already shows it. Returns the function that ends this. A relist is
   * told as the difference to what was known.
   */
  onChange(listener: (change: Change<C>) => void): () => void
  /**
   * Read-your-writes: whether the cache reflects this write. A change is seen at its resourceVersion or a newer one; a
   * delete when the object is gone, terminating, or another one (uid) by now.
   */
  sawWrite(write: OwnWrite): boolean
}

/** The reflector's side: raw objects as they come from the server. */
export interface CacheFeed<T, C> {
  decode(raw: T): CacheEntry<C>
  /** The content of a whole list. */
  replace(entries: readonly CacheEntry<C>[], resourceVersion: string): void
  /** An object was added or modified. */
  upsert(raw: T): void
  remove(raw: T): void
  /** Nothing but time: everything up to this resourceVersion has been told. */
  bookmark(resourceVersion: string): void
}

export interface CacheEntry<C> {
  readonly key: string
  readonly uid: string
  readonly resourceVersion: string
  readonly deleting: boolean
  readonly object: C
}

export interface FedCache<T extends KubernetesObject, C> extends Cache<C> {
  readonly resource: Resource<T>
  readonly feed: CacheFeed<T, C>
}

export interface CacheOptions<T, C> extends Scope {
  /** What to keep of each object. Default: all but `metadata.managedFields`. Pure. */
  readonly project?: (raw: T) => C
  /** By name: pure functions from a kept object to the values under which it is found. */
  readonly indexes?: Readonly<Record<string, (object: C) => Iterable<string>>>
  /** Hears of listeners that throw. */
  readonly log?: Log
}

export function createCache<T extends KubernetesObject, C = T>(
  of: Resource<T>,
  options: CacheOptions<T, C> = {},
): FedCache<T, C> {
  const { project = withoutManagedFields, indexes = {}, log = silentLog, ...scope } = options
  const entries = new Map<string, CacheEntry<C>>()
  const namespaces = createIndex<CacheEntry<C>>(({ key }) => [refOf(key).namespace ?? ''])
  const namedIndexes = new Map(
    Object.entries(indexes).map(([name, valuesOf]) => [
      name,
      createIndex<CacheEntry<C>>(({ object }) => valuesOf(object)),
    ]),
  )
  const allIndexes = [namespaces, ...namedIndexes.values()]
  const listeners = new Set<(change: Change<C>) => void>()
  const sync = Promise.withResolvers<void>()
  let synced = false
  let lastResourceVersion: string | undefined

  function store(entry: CacheEntry<C>): Change<C>[] {
    const { key, object } = entry
    const known = entries.get(key)
    const replaced = known && known.uid !== entry.uid ? drop(known) : []
    const previous = entries.get(key)
    entries.set(key, entry)
    for (const index of allIndexes) index.move(key, previous, entry)
    if (!previous) return [...replaced, { type: 'added', key, object }]
    return [{ type: 'modified', key, object, previous: previous.object }]
  }

  function drop({ key }: { readonly key: string }): Change<C>[] {
    const known = entries.get(key)
    if (!known) return []
    entries.delete(key)
    for (const index of allIndexes) index.move(key, known, undefined)
    return [{ type: 'deleted', key, object: known.object }]
  }

  function tell(changes: readonly Change<C>[]): void {
    for (const change of changes) {
      for (const listener of listeners) callListener(listener, change)
    }
  }

  function callListener(listener: (change: Change<C>) => void, change: Change<C>): void {
    try {
      listener(change)
    } catch (error) {
      log.error({ err: error, resource: of.plural, key: change.key }, 'a listener of the cache threw')
    }
  }

  function decode(raw: T): CacheEntry<C> {
    const { uid, resourceVersion, deletionTimestamp } = raw.metadata
    const deleting = deletionTimestamp !== undefined
    return { key: keyOf(raw), uid, resourceVersion, deleting, object: project(raw) }
  }

  const feed: CacheFeed<T, C> = {
    decode,
    replace(listed, resourceVersion) {
      const present = new Set(listed.map(({ key }) => key))
      const gone = [...entries.values()].filter(({ key }) => !present.has(key))
      const changed = listed.filter((entry) => !isSame(entries.get(entry.key), entry))
      const changes = [...gone.flatMap(drop), ...changed.flatMap(store)]
      lastResourceVersion = resourceVersion
      synced = true
      tell(changes)
      sync.resolve()
    },
    upsert(raw) {
      const changes = store(decode(raw))
      lastResourceVersion = raw.metadata.resourceVersion
      tell(changes)
    },
    remove(raw) {
      const changes = drop({ key: keyOf(raw) })
      lastResourceVersion = raw.metadata.resourceVersion
      tell(changes)
    },
    bookmark(resourceVersion) {
      lastResourceVersion = resourceVersion
    },
  }

  function reflects(resourceVersion: string | undefined): boolean {
    if (resourceVersion === undefined) return true
    return lastResourceVersion !== undefined && isAtLeast(lastResourceVersion, resourceVersion)
  }

  return {
    resource: of,
    scope,
    feed,
    get: (key) => entries.get(key)?.object,
    list: (namespace) =>
      namespace === undefined ? objectsOf(entries.values()) : pick(namespaces, namespace),
    byIndex(name, value) {
      const index = namedIndexes.get(name)
      if (!index) throw new TypeError(`The cache of ${of.plural} has no index "${name}".`)
      return pick(index, value)
    },
    get synced() {
      return synced
    },
    get lastResourceVersion() {
      return lastResourceVersion
    },
    whenSynced: (signal) => unlessAborted(sync.promise, signal),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    sawWrite({ key, uid, resourceVersion, deleted = false }) {
      if (!synced) return false
      const entry = entries.get(key)
      if (entry && deleted) return entry.deleting || (uid !== undefined && entry.uid !== uid)
      if (entry && resourceVersion !== undefined && isAtLeast(entry.resourceVersion, resourceVersion))
        return true
      return reflects(resourceVersion)
    },
  }

  function pick(index: Index<CacheEntry<C>>, value: string): C[] {
    const found: C[] = []
    for (const key of index.keysOf(value)) {
      const entry = entries.get(key)
      if (entry) found.push(entry.object)
    }
    return found
  }
}

function objectsOf<C>(entries: Iterable<CacheEntry<C>>): C[] {
  return Array.from(entries, ({ object }) => object)
}

function isSame<C>(known: CacheEntry<C> | undefined, listed: CacheEntry<C>): boolean {
  return known?.uid === listed.uid && known.resourceVersion === listed.resourceVersion
}

function withoutManagedFields<T extends KubernetesObject, C>(raw: T): C {
  const { managedFields: _, ...metadata } = raw.metadata as T['metadata'] & { managedFields?: unknown }
  return { ...raw, metadata } as unknown as C
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function onAbort(): void {
      reject(abortReason(signal))
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
