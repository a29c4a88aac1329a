/**
 * At rest: no rollout under way. Stable is kept as the spec wants it (replicas, settings, the accepted template), a
 * canary set that a late write left behind is removed, and a rejection ends when the spec is reverted or a person asks
 * for another try. What earlier rollouts left is kept as the spec says, and then removed, one by one: revisions, snapshots,
 * Jobs; volumes that were taken out of use are let go of.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, rest, wait } from '../decision.ts'
import { earliest, hopelessAt, versionOf, isHopeless, isWhole, type Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { RolloutRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { headlessService } from '../preconditions/headless-service.ts'
import { keepHistory } from '../moves/history.ts'
import { pruneJobs } from '../moves/prepare-job.ts'
import { pruneSnapshots } from '../moves/prune-snapshots.ts'
import { releaseVolumes } from '../moves/release-volumes.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import { setReplicas } from '../moves/set-replicas.ts'
import { storeRevision } from '../moves/store-revision.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { unrestoredClaims } from '../volumes/way-back.ts'
import { troubleOf } from '../words/trouble.ts'
import { isRetried } from './annotations.ts'

export function steady(facts: Facts): Decision | undefined {
  const { stable, record } = facts
  if (stable === undefined || record?.proven !== true || record.rollout !== undefined) return undefined
  return (
    takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: `${facts.resource.name}-canary` })) ??
    setReplicas(facts, healing(facts, record)) ??
    putBack(facts, stable, record) ??
    clearRejected(facts, stable, record) ??
    replaceStuckPod(facts, healing(facts, record)) ??
    keepHistory(facts, record) ??
    pruneSnapshots(facts, record) ??
    pruneJobs(facts, record) ??
    releaseVolumes(facts, record) ??
    standStill(facts, record)
  )
}

function putBack(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  if (facts.resource.spec.target === record.accepted) {
    const stored = storeRevision(facts, record.accepted)
    if (stored !== undefined) return stored
  }
  if (stable.revision === record.accepted) {
    const settled = stable.partition === 0
    return settled
      ? undefined
      : act(changeStable(stable, 'putBackSettings', { partition: 0 }), healing(facts, record))
  }
  return (
    revisionInStore(facts, record.accepted) ??
    claimDeleting(facts) ??
    act(
      changeStable(stable, 'revertTemplate', { partition: 0, revision: record.accepted }),
      healing(facts, record),
    )
  )
}

function clearRejected(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rejected, rejectedFor: _, ...kept } = record
  const ends = facts.resource.spec.target === record.accepted || isRetried(facts)
  if (rejected === undefined || !ends) return undefined
  return act(changeStable(stable, 'clearRejected', { record: kept }), healing(facts, record))
}

/** Nothing to write. A spec that asks for another revision is left to `start`, unless that was rejected. */
function standStill(facts: Facts, record: RolloutRecord): Decision | undefined {
  if (facts.stable?.revision !== record.accepted) return undefined
  const { target } = facts.resource.spec
  const unrestored = unrestoredClaims(facts)
  const told = unrestored.length > 0 && { unrestored }
  if (target === record.rejected)
    return rest({
      code: 'RevisionRejected',
      target: facts.resource,
      image: versionOf(facts, target),
      ...(record.rejectedFor !== undefined && { why: record.rejectedFor }),
      ...told,
    })
  if (target !== record.accepted) return undefined
  if (facts.replicas === 0 || isWhole(facts, record.accepted))
    return (
      headlessService(facts) ??
      claimDeleting(facts) ??
      rest({ code: 'Stable', image: versionOf(facts, record.accepted), ...told })
    )
  const broken = facts.stablePods.find((pod) => isHopeless(facts, pod))
  if (broken === undefined)
    return wait(healing(facts, record), earliest(...facts.stablePods.map((pod) => hopelessAt(facts, pod))))
  const image = versionOf(facts, record.accepted)
  return wait({ code: 'ReplicaBroken', trouble: `${broken.name} ${troubleOf(broken)}`, image, ...told })
}

function healing(facts: Facts, record: RolloutRecord): Reason {
  return { code: 'Healing', image: versionOf(facts, record.accepted) }
}
