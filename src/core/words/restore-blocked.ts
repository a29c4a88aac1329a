/** Why a claim is not restored, and what leads on. */
import { type Facts, versionOf } from '../facts.ts'
import type { Reason } from '../reason.ts'
import type { Rollout } from '../record.ts'

/** `written`: what this rollout wrote can still be had, by its version or by the one before. */
export function restoreBlocked(
  facts: Facts,
  {
    claim,
    trouble,
    written,
  }: { readonly claim: string; readonly trouble: string; readonly written?: Rollout },
): Reason {
  return {
    code: 'RestoreBlocked',
    target: facts.resource,
    claim,
    trouble,
    ...(written && { written: { image: versionOf(facts, written.to), revision: written.to } }),
  }
}
