/** How the displaced claims reach the canary's pods, and what a range of pods is called. */
import type { Facts } from './facts.ts'
import { mostOf } from './steps.ts'

/**
 * The ordinal whose claims the canary's template names, where no step exceeds one canary. Undefined where more are
 * wanted: then the template carries a placeholder, which the hand-over policy completes pod by pod.
 */
export function claimOrdinal({ steps, boundary }: Facts): number | undefined {
  return mostOf(steps) <= 1 ? boundary : undefined
}

/** The displaced pods of stable, or those that stand in for them: `redis-canary-2`, or `redis-canary-2 to redis-canary-3`. */
export function displacedNames(facts: Facts, role: 'stable' | 'canary'): string {
  const { resource, boundary, canaryStart, canaries } = facts
  const start = role === 'stable' ? boundary : canaryStart
  const firstName = `${resource.name}-${role}-${start}`
  return canaries <= 1 ? firstName : `${firstName} to ${resource.name}-${role}-${start + canaries - 1}`
}
