/**
 * Further down in a promotion a replica serves until the new version gets its claim. A snapshot that is taken while it runs has
 * what a crash would leave, and of a program that keeps its data in memory until it ends (Redis, by default) that is nothing (run
 * for real). So it is stopped before that. Its set would start the next one at once: a finalizer keeps the name taken until the
 * snapshot is there and recorded.
 */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { PodView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { awaitEnd } from './await-end.ts'

export function stopForSnapshot(
  facts: Facts,
  { name, uid, ...pod }: PodView,
  reason: (doing: string) => Reason,
): Decision | undefined {
  if (pod.stopped) return undefined
  const doing = reason(`stopping ${name}, so that its snapshot is whole`)
  if (pod.deleting) return awaitEnd(facts, [{ name, uid, ...pod }], doing)
  if (!pod.pinned) return act({ kind: 'pinPod', pod: { name, uid } }, doing)
  return claimDeleting(facts) ?? act({ kind: 'deletePod', pod: { name, uid } }, doing)
}
