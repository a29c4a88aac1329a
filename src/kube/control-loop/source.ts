/**
 * Which change in a cache concerns which key: sources, and the usual mappings and predicates as small functions. What is
 * done with a key is not known here.
 */
import type { Cache, Change } from '../cache/cache.ts'
import type { ObjectMeta } from '../object.ts'
import type { Resource } from '../resource.ts'
import type { Priority } from './waiting-keys.ts'

/** A cache, and the keys that a change in it concerns. */
export interface Source {
  readonly cache: Cache<unknown>
  /**
   * Calls back with each key concerned by what is there, and then by each change; returns the function that ends this.
   */
  readonly subscribe: (enqueue: (key: string, priority: Priority) => void) => () => void
}

export type KeysOf<C> = (change: Change<C>) => Iterable<string>

/**
 * `keysOf` is asked about each change, of the first list too; look at `previous` where a mapping may have changed
 * (`inBothStates`). Changes for which `when` is false are ignored. What either throws is logged by the cache, for that
 * change; nobody else misses anything.
 */
export function source<C>(cache: Cache<C>, keysOf: KeysOf<C>, when?: (change: Change<C>) => boolean): Source {
  return {
    cache,
    subscribe(enqueue) {
      function hear(change: Change<C>): void {
        if (when?.(change) === false) return
        for (const key of keysOf(change)) enqueue(key, change.initial ? 'initial' : 'change')
      }
      const end = cache.onChange(hear)
      cache.replay(hear)
      return end
    },
  }
}

/** The object itself. */
export function ownKey({ key }: Change<unknown>): readonly string[] {
  return [key]
}

/** An owner or a label may have been taken off, or put on: asks about both states, each key once. */
export function inBothStates<C>(keysOf: (object: C) => Iterable<string>): KeysOf<C> {
  return ({ object, previous }) => {
    if (previous === undefined) return keysOf(object)
    return new Set([...keysOf(previous), ...keysOf(object)])
  }
}

interface WithMeta {
  readonly metadata: Pick<ObjectMeta, 'namespace' | 'ownerReferences' | 'labels'>
}

/**
 * The owner with `controller: true`, if it is one of these: by group and kind, as versions of one resource come and go.
 * An owner is cluster-scoped or in the same namespace.
 */
export function keysOfOwner<C extends WithMeta>(owner: Resource): KeysOf<C> {
  return inBothStates(({ metadata: { namespace, ownerReferences = [] } }) => {
    const found = ownerReferences.find(({ controller }) => controller === true)
    if (found?.kind !== owner.kind || groupOf(found.apiVersion) !== owner.group) return []
    return [inNamespace(owner.namespaced ? namespace : undefined, found.name)]
  })
}

/** The object of the same namespace that the label names. */
export function keysOfLabel<C extends WithMeta>(label: string): KeysOf<C> {
  return inBothStates(({ metadata: { namespace, labels } }) => {
    const name = labels?.[label]
    return name === undefined || name === '' ? [] : [inNamespace(namespace, name)]
  })
}

/** Not for changes that left the spec alone, as those of the status do. Additions and deletions always pass. */
export function specChanged({ object, previous }: Change<{ readonly metadata: ObjectMeta }>): boolean {
  return previous === undefined || previous.metadata.generation !== object.metadata.generation
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

function inNamespace(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}
