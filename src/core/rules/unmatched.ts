/** The facts fit no rule. Acting on a guess could cost data, so nothing is touched and the facts are said. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function unmatched(facts: Facts): Decision {
  const { stable, canary, record } = facts
  const set =
    stable === undefined
      ? 'no stable set'
      : `stable set with ${stable.replicas} replicas at revision ${stable.revision}`
  const other =
    canary === undefined
      ? 'no canary set'
      : `canary set with ${canary.replicas} replicas at revision ${canary.revision}`
  return wait({ code: 'Unmatched', facts: `${set}, ${other}, record ${JSON.stringify(record ?? null)}` })
}
