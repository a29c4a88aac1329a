/** Why a claim is not restored, and what leads on. */
import { type Facts, versionOf } from '../facts.ts'
import type { KeptVolumeView } from '../observation.ts'
import { keepCommand, type Reason } from '../reason.ts'
import type { Rollout } from '../record.ts'

/**
 * `written`: what this rollout wrote can still be had, by its version or by the one before. `opens`: the one before may open what the claim
 * of that name has, or will have, where a person says so.
 */
export function restoreBlocked(
  facts: Facts,
  {
    claim,
    trouble,
    written,
    opens,
  }: {
    readonly claim: string
    readonly trouble: string
    readonly written?: Rollout
    readonly opens?: boolean
  },
): Reason {
  return {
    code: 'RestoreBlocked',
    target: facts.resource,
    claim,
    trouble,
    ...(opens === true && { opens }),
    ...(written && { written: { image: versionOf(facts, written.to), revision: written.to } }),
  }
}

/** The volume is to stay, whatever somebody has made of its reclaim policy since; released it is taken by no other claim. */
export function takenWords(
  { resource: { namespace } }: Facts,
  name: string,
  { name: volume, claim }: KeptVolumeView,
): string {
  const whose = claim === name ? 'of it from an earlier restore' : `of claim ${claim}`
  return (
    `it was made anew, and Kubernetes bound it to volume ${volume}, which is kept ${whose}. ` +
    `To let go of that volume, which stays, and have the claim made once more: ${keepCommand(volume)}; kubectl delete pvc ${name} -n ${namespace}`
  )
}
