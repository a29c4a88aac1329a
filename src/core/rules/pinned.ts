/**
 * A replica that was stopped for its snapshot is let go of when that is recorded, and the new version may have its claim; or when
 * nothing of that is wanted any more, and it comes back as it was.
 */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { unpin } from '../moves/unpin.ts'
import type { PodView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'

export function pinned(facts: Facts): Decision | undefined {
  const { stable, resource } = facts
  const reason = { code: 'Settling', set: `${resource.name}-stable` } as const
  const decided = unpin(
    facts,
    () => reason,
    (pod) => isNext(facts, pod),
  )
  if (decided === undefined) return undefined
  // Before its controller knows of the partition it would make one of the version before, which writes what no snapshot has.
  if (stable?.observed === false) return wait(reason)
  return endReplicaJobs(facts, () => reason, { restoring: true }) ?? claimDeleting(facts) ?? decided
}

/** The one that a promotion moves to the new version now. */
function isNext({ rollout, stable, first }: Facts, { role, ordinal }: PodView): boolean {
  if (rollout?.decision !== 'promote' || stable?.revision !== rollout.to) return false
  return role === 'stable' && stable.partition !== undefined && ordinal === first + stable.partition - 1
}
