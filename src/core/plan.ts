/**
 * plan(observation, now) -> Plan: the one place where it is decided what happens next. Pure and synchronous: same
 * facts and time, same plan. Start reading here, then `rules/rules.ts`, which lists the rules in their order.
 */
import type { Decision, Plan } from './decision.ts'
import { earliest, type Facts, factsOf, nextAvailable } from './facts.ts'
import type { Observation } from './observation.ts'
import { putBackEvent } from './put-back.ts'
import { rollbackCostsEvent } from './rollback-costs.ts'
import { rules } from './rules/rules.ts'
import { statusOf } from './status.ts'
import { nextExpiry } from './volumes/expiry.ts'

export function plan(observation: Observation, now: number): Plan {
  const facts = factsOf(observation, now)
  for (const [rule, decide] of rules) {
    const decision = decide(facts)
    if (decision !== undefined)
      return {
        ...decision,
        ...telling(facts, decision),
        ...wakingUp(facts, decision),
        rule,
        status: statusOf(facts, decision),
      }
  }
  throw new Error('the last rule always decides')
}

function telling(facts: Facts, { next, events = [] }: Decision): Pick<Decision, 'events'> {
  const further = [putBackEvent(facts, next), rollbackCostsEvent(facts, next)].filter(
    (event) => event !== undefined,
  )
  return further.length === 0 ? {} : { events: [...events, ...further] }
}

/** No event tells that a Ready pod has become available, or that something was kept for its time; waits and rests alike depend on it. */
function wakingUp(facts: Facts, { next, wakeAt }: Decision): { wakeAt?: number } {
  const stands = next.kind === 'wait' || next.kind === 'rest'
  const at = stands ? earliest(wakeAt, nextAvailable(facts), nextExpiry(facts)) : wakeAt
  return at === undefined ? {} : { wakeAt: at }
}
