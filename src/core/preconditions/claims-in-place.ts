/** What a canary needs of the claims that it is about to be given: they are there, they stay, and nobody else is on them. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { missingClaim, type Facts } from '../facts.ts'
import { claimsFree } from './claims-free.ts'
import { claimDeleting } from './claim-deleting.ts'

/** Looks at the claims from ordinal `from` on. */
export function claimsInPlace(facts: Facts, from: number): Decision | undefined {
  const deleting = claimDeleting(facts)
  if (deleting !== undefined) return deleting
  const missing = missingClaim(facts, from)
  if (missing !== undefined) return wait({ code: 'ClaimMissing', claim: missing })
  return claimsFree(facts, { from })
}
