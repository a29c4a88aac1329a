/** The template of a revision that a rule is about to need must be there; where the spec asks for it, it is stored again. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { isStored, type Facts } from '../facts.ts'
import { storeRevision } from '../moves/store-revision.ts'

export function revisionInStore(facts: Facts, revision: string): Decision | undefined {
  if (isStored(facts, revision)) return undefined
  if (facts.resource.spec.target === revision) return storeRevision(facts, revision)
  return wait({ code: 'RevisionMissing', name: `${facts.resource.name}-${revision}` })
}
