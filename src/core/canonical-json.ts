/**
 * One text for equal values: JSON with sorted keys, undefined dropped. For hashes and for "does it differ?", where the
 * order in which somebody wrote the keys must not matter.
 */

/** JSON with the keys of every object sorted; arrays keep their order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys)
}

/** The same value with its keys in that order. */
export function withSortedKeys<T>(value: T): T {
  const sorted: T = JSON.parse(canonicalJson(value))
  return sorted
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
