/**
 * Comparing resourceVersions. Documented since Kubernetes 1.35: those of one resource are decimal integers which grow
 * with every write to it. Of two resources they say nothing about each other.
 */

const decimal = /^[1-9][0-9]*$/

/**
 * Whether `version` is `other` or newer, both of the same resource. A server that keeps to no such order (neither is a
 * decimal number) makes this false unless the two are equal.
 */
export function isAtLeast(version: string, other: string): boolean {
  if (version === other) return true
  if (!decimal.test(version) || !decimal.test(other)) return false
  if (version.length !== other.length) return version.length > other.length
  return version > other
}

/** Whether `version` is certainly older than `other`: both are decimal numbers of the same resource. */
export function isOlder(version: string, other: string): boolean {
  return decimal.test(version) && decimal.test(other) && !isAtLeast(version, other)
}
