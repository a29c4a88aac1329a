/** Claims stay, whatever happens to pods and set: persistentVolumeClaimRetentionPolicy is put back to Retain. */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import type { Facts } from '../facts.ts'

/**
 * A precondition of everything that removes pods or a set: claims are retained, and the set's controller has seen it
 * (it takes its ownerReferences off the claims then; a deletion before that loses them, run for real).
 */
export function retain({ stable }: Facts): Decision | undefined {
  if (stable === undefined || !stable.ours || stable.deleting) return undefined
  const reason = { code: 'Settling', set: stable.name } as const
  if (!stable.retains) return act(changeStable(stable, 'putBackSettings', { settings: true }), reason)
  return undefined
}

/** The same, and its controller is up to date. */
export function retained(facts: Facts): Decision | undefined {
  const { stable } = facts
  const waits = stable !== undefined && stable.ours && !stable.deleting && !stable.observed
  return retain(facts) ?? (waits ? wait({ code: 'Settling', set: stable.name }) : undefined)
}
