/** Every revision is stored before it is used: what a rollback reverts to is read from there, verbatim. */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { isStored, type Facts } from '../facts.ts'

export function storeRevision(facts: Facts, revision: string): Decision | undefined {
  if (isStored(facts, revision)) return undefined
  const number = 1 + Math.max(facts.record?.id ?? 0, ...facts.revisions.map((stored) => stored.number))
  return act({ kind: 'createRevision', revision, number }, { code: 'Creating', what: `revision ${revision}` })
}
