/**
 * The state behind the fake API server: objects of any resource, one counter of resourceVersions, and the history that
 * watches are served from. No HTTP here, and no rules of particular kinds.
 */
import { type KubernetesObject, keyOf, type Manifest } from '../object.ts'

export interface StoredEvent {
  readonly resource: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly version: number
  readonly object: KubernetesObject
}

export interface FakeStore {
  readonly version: number
  /** Watches from before this version cannot be served any more. */
  readonly compactedUpTo: number
  get(resource: string, key: string): KubernetesObject | undefined
  list(resource: string, namespace?: string): readonly KubernetesObject[]
  /** Creates or changes an object; gives uid and resourceVersion. */
  put(resource: string, manifest: Manifest): KubernetesObject
  remove(resource: string, key: string): KubernetesObject | undefined
  since(version: number): readonly StoredEvent[]
  /** Forgets the history. */
  compact(): void
  /** A backup of everything. */
  snapshot(): Backup
  /** Goes back to a backup: objects, history and version, so that versions given since are given again. */
  restore(backup: Backup): void
  onEvent(listener: (event: StoredEvent) => void): () => void
}

/** What a store held at some time. */
export interface Backup {
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, KubernetesObject>>
  readonly history: readonly StoredEvent[]
  readonly compactedUpTo: number
  readonly version: number
}

export function createFakeStore(): FakeStore {
  const objects = new Map<string, Map<string, KubernetesObject>>()
  const listeners = new Set<(event: StoredEvent) => void>()
  let history: StoredEvent[] = []
  let compactedUpTo = 0
  let version = 99

  function record(resource: string, type: StoredEvent['type'], object: KubernetesObject): void {
    const event = { resource, type, version, object }
    history.push(event)
    for (const listener of listeners) listener(event)
  }

  function of(resource: string): Map<string, KubernetesObject> {
    const known = objects.get(resource) ?? new Map<string, KubernetesObject>()
    objects.set(resource, known)
    return known
  }

  return {
    get version() {
      return version
    },
    get compactedUpTo() {
      return compactedUpTo
    },
    get: (resource, key) => of(resource).get(key),
    list: (resource, namespace) =>
      [...of(resource).values()].filter(({ metadata }) => !namespace || metadata.namespace === namespace),
    put(resource, manifest) {
      version += 1
      const { name = '' } = manifest.metadata
      const key = keyOf({ metadata: { ...manifest.metadata, name } })
      const before = of(resource).get(key)
      const uid = before?.metadata.uid ?? `uid-${version}`
      const object = {
        ...manifest,
        metadata: { ...manifest.metadata, name, uid, resourceVersion: String(version) },
      }
      of(resource).set(key, object)
      record(resource, before ? 'MODIFIED' : 'ADDED', object)
      return object
    },
    remove(resource, key) {
      const before = of(resource).get(key)
      if (!before) return undefined
      version += 1
      of(resource).delete(key)
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } }
      record(resource, 'DELETED', object)
      return object
    },
    since: (from) => history.filter((event) => event.version > from),
    compact() {
      history = []
      compactedUpTo = version
    },
    snapshot() {
      const copies = [...objects].map(([resource, byKey]) => [resource, new Map(byKey)] as const)
      return { objects: new Map(copies), history: [...history], compactedUpTo, version }
    },
    restore(backup) {
      objects.clear()
      for (const [resource, byKey] of backup.objects) objects.set(resource, new Map(byKey))
      history = [...backup.history]
      compactedUpTo = backup.compactedUpTo
      version = backup.version
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
