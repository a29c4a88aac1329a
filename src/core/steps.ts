/**
 * The steps of a rollout: how they follow from the spec, and what the present one waits for before the next move, be
 * that a further step or the promotion. Whether its canaries are available is said in facts.ts.
 */
import type { Facts } from './facts.ts'
import type { SpecView } from './observation.ts'
import type { Rollout, Step } from './record.ts'

/** The steps that the spec asks for, for so many replicas: never more canaries than those, and never none. */
export function plannedSteps(
  { canaryReplicas, steps }: Pick<SpecView, 'canaryReplicas' | 'steps'>,
  replicas: number,
): readonly Step[] {
  const written: readonly Step[] = steps.length === 0 ? [{ canaryReplicas }] : steps
  return written.map((step) => ({
    canaryReplicas: Math.min(step.canaryReplicas, replicas),
    ...(step.bakeSeconds !== undefined && { bakeSeconds: step.bakeSeconds }),
    ...(step.pause === true && { pause: true }),
  }))
}

/** Canaries of the largest step. */
export function mostOf(steps: readonly Step[]): number {
  return Math.max(...steps.map((step) => step.canaryReplicas))
}

export function isLastStep({ steps, step }: Rollout): boolean {
  return step === steps.length - 1
}

/** A person has to approve what comes after step `index`. */
export function needsApproval(facts: Facts, rollout: Rollout, index = rollout.step): boolean {
  const isLast = index === rollout.steps.length - 1
  return rollout.steps[index]?.pause === true || (isLast && facts.resource.spec.promotionType === 'manual')
}

/**
 * When the bake of the present step is over, provided that its canaries are available: counted from the last of them
 * to become Ready, or from the step itself where none is new. Both are on objects, so a restart loses nothing.
 * Undefined while the step is not recorded as begun.
 */
export function bakedAt({ canaryPods, resource }: Facts, rollout: Rollout): number | undefined {
  const { stepped } = rollout.at
  if (stepped === undefined) return undefined
  const bakeSeconds = rollout.steps[rollout.step]?.bakeSeconds ?? resource.spec.bakeSeconds
  return Math.max(stepped, ...canaryPods.map((pod) => pod.readySince ?? stepped)) + bakeSeconds * 1000
}
