/** How the displaced claims reach the canary's pods, and what a range of pods is called. */
import type { Facts } from './facts.ts'

/**
 * The ordinal whose claims the canary's template names, where no step exceeds one canary. Undefined where more are
 * wanted: then the template carries a placeholder, which the hand-over policy completes pod by pod.
 */
export function claimOrdinal({ steps, boundary }: Facts): number | undefined {
  const most = Math.max(...steps.map((step) => step.canaryReplicas))
  return most <= 1 ? boundary : undefined
}

/** The pods of a set that stand at the displaced ordinals: `redis-canary-2`, or `redis-canary-2 to redis-canary-3`. */
export function displacedNames({ resource, boundary, end }: Facts, role: 'stable' | 'canary'): string {
  const firstName = `${resource.name}-${role}-${boundary}`
  return end - boundary <= 1 ? firstName : `${firstName} to ${resource.name}-${role}-${end - 1}`
}
