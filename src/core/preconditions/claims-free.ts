/** Nobody else is on the claims that pods are about to be given. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { type Facts, foreignWriter } from '../facts.ts'

/** Looks at the claims of ordinals [from, to). */
export function claimsFree(
  facts: Pick<Facts, 'foreignPods' | 'jobPods' | 'claims'>,
  { from, to = Infinity }: { readonly from: number; readonly to?: number },
): Decision | undefined {
  const foreign = foreignWriter(facts, from, to)
  return foreign && wait({ code: 'ForeignPod', pod: foreign.pod.name, claim: foreign.claim.name })
}
