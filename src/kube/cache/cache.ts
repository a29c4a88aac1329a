/**
 * What we know of one resource: projected objects by key, with indexes, kept current by a reflector (reflector.ts)
 * through `feed`. No requests here. Readers get the stored objects themselves: they are never to be changed.
 */
import { createIndex, type Index } from './cache-index.ts'
import { createExpectedWrites, type OwnWrite, type Seen } from './expected-writes.ts'
import { leftOutBy } from './label-selector.ts'
import { type Log, silentLog } from '../log.ts'
import { type KubernetesObject, keyOf, refOf } from '../object.ts'
import { isOlder } from '../resource-version.ts'
import type { Resource } from '../resource.ts'
import type { Scope } from '../client/rest.ts'
import { untilAborted } from '../until-aborted.ts'

export interface Change<C> {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly key: string
  /** For `deleted`: the last state. */
  readonly object: C
  /** For `modified`: the state before. */
  readonly previous?: C
  /** It comes from the first list: not news, but what was there when we began. */
  readonly initial: boolean
}

export type { OwnWrite, Seen } from './expected-writes.ts'

/** The readers' side. */
export interface Cache<C> {
  readonly resource: Resource
  readonly scope: Scope
  get(key: string): C | undefined
  /** All objects, or those of one namespace. */
  list(namespace?: string): C[]
  /** The objects for which the named index function returned `value`. */
  byIndex(index: string, value: string): C[]
  /** How many objects it holds. */
  readonly size: number
  /** Whether the first list is in. Before that, absence means nothing. */
  readonly synced: boolean
  /** Resolves once synced; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>
  /** The newest resourceVersion that is reflected here, from lists, events and bookmarks. */
  readonly lastResourceVersion: string | undefined
  /**
   * Calls back after each change, when the cache already shows it. Returns the function that ends this. A relist is
   * told as the difference to what was known; where the server was away, or went back in time, equal resourceVersions
   * prove nothing, and every object is told. What a listener throws is logged and stops nobody.
   */
  onChange(listener: (change: Change<C>) => void): () => void
  /** Tells this listener what is there, as the first list would, for one who begins to listen late. */
  replay(listener: (change: Change<C>) => void): void
  /**
   * Read-your-writes, for a write that the server has confirmed. The returned function says whether the cache reflects it
   * at this moment: the object is there at this resourceVersion or a newer one; for a delete it is gone, terminating or
   * another one (uid); it is absent and something newer was told; or a list that began after this call is in. An object
   * that the cache's label selector leaves out is not waited for. `onSeen` is called each time that this comes to be so,
   * after the listeners of the change that brought it; not if it is so from the start.
   */
  expectWrite(write: OwnWrite, onSeen: () => void): () => Seen
}

/** The reflector's side: raw objects as they come from the server. */
export interface CacheFeed<T, C> {
  decode(raw: T): CacheEntry<C>
  /** To be called before a list is asked for; the result goes to `replace`. */
  beginList(): number
  /** The content of a whole, consistent list. It may be older than what the cache shows. */
  replace(entries: readonly CacheEntry<C>[], resourceVersion: string, origin?: ListOrigin): void
  /** An object was added or modified. */
  upsert(raw: T): void
  remove(raw: T): void
  /** Nothing but time: everything up to this resourceVersion has been told. */
  bookmark(resourceVersion: string): void
  /** The server has no such resource: there is nothing of it. */
  absent(): void
  /** Somebody waits for a write that the cache does not reflect. */
  hasUnseenWrites(): boolean
}

export interface ListOrigin {
  /** From `beginList`. Default: it begins now. */
  readonly begun?: number
  /** The server was not there all the time since the last list, so equal versions do not prove that nothing changed. */
  readonly doubtful?: boolean
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
  readonly optional: boolean
  readonly feed: CacheFeed<T, C>
}

export interface CacheOptions<T, C> extends Scope {
  /**
   * What to keep of each object. Default: all but `metadata.managedFields`. Pure, and must not throw: the cache would
   * stop at that object.
   */
  readonly project?: (raw: T) => C
  /** A cluster may have no such resource: then there are none, and the cache is synced, until it is served. */
  readonly optional?: boolean
  /** By name: functions from a kept object to the values under which it is found. Pure, and must not throw. */
  readonly indexes?: Readonly<Record<string, (object: C) => Iterable<string>>>
  /** Hears of listeners that throw. */
  readonly log?: Log
}

export function createCache<T extends KubernetesObject, C = T>(
  of: Resource<T>,
  options: CacheOptions<T, C> = {},
): FedCache<T, C> {
  const {
    project = withoutManagedFields,
    indexes = {},
    log = silentLog,
    optional = false,
    ...scope
  } = options
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
  const writes = createExpectedWrites(
    {
      get synced() {
        return synced
      },
      get lastResourceVersion() {
        return lastResourceVersion
      },
      entryOf: (key) => entries.get(key),
      leavesOut: leftOutBy(scope.labelSelector),
    },
    log,
  )

  function store(entry: CacheEntry<C>, changes: Change<C>[], initial = false): void {
    const { key, object } = entry
    if (entries.get(key)?.uid !== entry.uid) drop(key, changes)
    const previous = entries.get(key)
    entries.set(key, entry)
    for (const index of allIndexes) index.move(key, previous, entry)
    if (previous) changes.push({ type: 'modified', key, object, previous: previous.object, initial })
    else changes.push({ type: 'added', key, object, initial })
  }

  function drop(key: string, changes: Change<C>[]): void {
    const known = entries.get(key)
    if (!known) return
    entries.delete(key)
    for (const index of allIndexes) index.move(key, known, undefined)
    changes.push({ type: 'deleted', key, object: known.object, initial: false })
  }

  function swap(listed: readonly CacheEntry<C>[], tellAll: boolean): Change<C>[] {
    const changes: Change<C>[] = []
    const gone = new Set(entries.keys())
    for (const { key } of listed) gone.delete(key)
    for (const key of gone) drop(key, changes)
    for (const entry of listed) {
      if (tellAll || !isSame(entries.get(entry.key), entry)) store(entry, changes, !synced)
    }
    return changes
  }

  function tell(changes: readonly Change<C>[]): void {
    for (const change of changes) {
      for (const listener of listeners) callListener(listener, change)
    }
    writes.look()
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
    beginList: () => writes.beginList(),
    replace(listed, resourceVersion, { begun = writes.beginList(), doubtful = false } = {}) {
      const rewound = lastResourceVersion !== undefined && isOlder(resourceVersion, lastResourceVersion)
      const changes = swap(listed, doubtful || rewound)
      lastResourceVersion = resourceVersion
      synced = true
      writes.showsList(begun)
      tell(changes)
      sync.resolve()
    },
    upsert(raw) {
      const changes: Change<C>[] = []
      store(decode(raw), changes)
      lastResourceVersion = raw.metadata.resourceVersion
      tell(changes)
    },
    remove(raw) {
      const changes: Change<C>[] = []
      drop(keyOf(raw), changes)
      lastResourceVersion = raw.metadata.resourceVersion
      tell(changes)
    },
    bookmark(resourceVersion) {
      lastResourceVersion = resourceVersion
      tell([])
    },
    absent() {
      const changes = swap([], false)
      synced = true
      tell(changes)
      sync.resolve()
    },
    hasUnseenWrites: () => writes.isWaiting(),
  }

  return {
    resource: of,
    optional,
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
    get size() {
      return entries.size
    },
    get synced() {
      return synced
    },
    get lastResourceVersion() {
      return lastResourceVersion
    },
    whenSynced: (signal) => untilAborted(sync.promise, signal),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    replay(listener) {
      for (const [key, { object }] of entries) {
        callListener(listener, { type: 'added', key, object, initial: true })
      }
    },
    expectWrite: (write, onSeen) => writes.expect(write, onSeen),
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
