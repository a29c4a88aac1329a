/**
 * One index of a cache: from the values which a function finds in an entry to the keys of the entries that have them.
 */

export interface Index<E> {
  /** The entry under `key` was `before` and is `after` now; undefined means there is none. */
  move(key: string, before: E | undefined, after: E | undefined): void
  keysOf(value: string): Iterable<string>
}

/** `valuesOf` must be pure: it is asked again for the old entry when that goes. */
export function createIndex<E>(valuesOf: (entry: E) => Iterable<string>): Index<E> {
  const keysByValue = new Map<string, Set<string>>()

  function remove(key: string, value: string): void {
    const keys = keysByValue.get(value)
    keys?.delete(key)
    if (keys?.size === 0) keysByValue.delete(value)
  }

  function add(key: string, value: string): void {
    const keys = keysByValue.get(value)
    if (keys) keys.add(key)
    else keysByValue.set(value, new Set([key]))
  }

  return {
    move(key, before, after) {
      if (before !== undefined) for (const value of valuesOf(before)) remove(key, value)
      if (after !== undefined) for (const value of valuesOf(after)) add(key, value)
    },
    keysOf: (value) => keysByValue.get(value) ?? [],
  }
}
