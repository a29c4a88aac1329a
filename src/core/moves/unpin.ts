/** Pods that were to be stopped for a snapshot, and need not be any more: those that have ended go, and their set makes the next. */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { PodView } from '../observation.ts'
import type { Reason } from '../reason.ts'

/** The deletion of a claim is completed when its pod goes: whoever calls has looked at the claims, where these are to stay. */
export function unpin(
  { pods }: Facts,
  reason: (doing: string) => Reason,
  isNeeded: (pod: PodView) => boolean = () => false,
): Decision | undefined {
  const pod = pods.find((candidate) => candidate.pinned && !isNeeded(candidate))
  if (pod === undefined) return undefined
  const { name, uid } = pod
  return act({ kind: 'unpinPod', pod: { name, uid } }, reason(`letting go of ${name}`))
}
