/**
 * The alarm. Pods of two of ours, sets or Jobs, run on one claim although the guard policy, the scheduler guard and every
 * precondition exclude it: whatever we did now could make it worse, so nothing is touched.
 */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function twoWriters(facts: Facts): Decision | undefined {
  // Two pods of one Job are two, as well: somebody may have made it run them side by side.
  const running = [...facts.stablePods, ...facts.canaryPods, ...facts.jobPods].filter(
    (pod) => pod.phase === 'Running',
  )
  for (const [index, pod] of running.entries()) {
    const others = running.slice(index + 1).filter(({ role }) => role !== pod.role || role === 'job')
    for (const other of others) {
      const claim = pod.claims.find((name) => other.claims.includes(name))
      if (claim !== undefined)
        return wait({ code: 'TwoWriters', claim, pods: `${pod.name} and ${other.name}` })
    }
  }
  return undefined
}
