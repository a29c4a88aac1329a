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
  const rollout = record?.rollout
  const recorded =
    record === undefined
      ? 'no record'
      : `accepted ${record.accepted}, ` +
        (rollout === undefined
          ? 'no rollout'
          : `rollout from ${rollout.from} to ${rollout.to}, ${rollout.decision ?? 'undecided'}`)
  return wait({ code: 'Unmatched', facts: `${set}; ${other}; ${recorded}` })
}
