/** Every revision is stored before it is used: what a rollback reverts to is read from there, verbatim. */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { nextNumber } from '../attempts.ts'
import { isStored, type Facts } from '../facts.ts'

export function storeRevision(facts: Facts, revision: string): Decision | undefined {
  if (isStored(facts, revision)) return undefined
  const action = { kind: 'createRevision', revision, number: nextNumber(facts) } as const
  return act(action, { code: 'Creating', what: `revision ${revision}` })
}
