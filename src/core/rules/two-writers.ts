/**
 * The alarm. Pods of both sets run on one claim although the guard policy, the scheduler guard and every
 * precondition exclude it: whatever we did now could make it worse, so nothing is touched.
 */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function twoWriters(facts: Facts): Decision | undefined {
  const running = facts.stablePods.filter((pod) => pod.phase === 'Running')
  for (const canary of facts.canaryPods) {
    if (canary.phase !== 'Running') continue
    for (const pod of running) {
      const claim = pod.claims.find((name) => canary.claims.includes(name))
      if (claim !== undefined)
        return wait({ code: 'TwoWriters', claim, pods: `${pod.name} and ${canary.name}` })
    }
  }
  return undefined
}
