/** Who else has the claims of a Job that is to be resumed: nobody may. */
import { type Facts, isFinished } from '../facts.ts'
import type { JobView } from '../observation.ts'

export function otherUser(
  { pods }: Pick<Facts, 'pods'>,
  { name, claims = {} }: JobView,
): { readonly pod: string; readonly claim: string } | undefined {
  for (const pod of pods) {
    if (isFinished(pod) || pod.job === name) continue
    const claim = pod.claims.find((held) => held in claims)
    if (claim !== undefined) return { pod: pod.name, claim }
  }
  return undefined
}
