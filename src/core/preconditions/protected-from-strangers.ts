/**
 * Claims are shared with a canary only while the guard policy refuses what strangers could do; and more than one canary
 * needs the hand-over policy, which completes its claim names.
 */
import type { Decision } from '../decision.ts'
import { ask, wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { claimOrdinal } from '../hand-over.ts'

export function protectedFromStrangers(facts: Facts): Decision | undefined {
  const { resource, canaries } = facts
  if (canaries === 0) return undefined
  if (resource.unprotected) return wait({ code: 'Unprotected', target: resource })
  const guard = ask(facts, { kind: 'guard' }, (message) => ({ code: 'GuardMissing', message }))
  if (guard !== undefined || claimOrdinal(facts) !== undefined) return guard
  return ask(facts, { kind: 'handover' }, (message) => ({ code: 'HandoverMissing', message }))
}
