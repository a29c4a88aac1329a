/**
 * The resource is being deleted, and its pods with it (those that are to stay: orphan.ts). The canary is emptied and deleted
 * first, then stable, each only when its pods are gone (a set that is deleted with pods gives no order at all), then the
 * finalizer goes. Claims are never touched, so retention is put right before anything is removed; snapshots go last. A set that is not ours stays.
 */
import { refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { stuckPod, type Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import { endJob } from '../moves/end-job.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { claimsBack } from '../moves/restore.ts'
import { removeSnapshots } from '../moves/remove-snapshots.ts'
import { takeOrphansAway } from '../moves/take-orphans-away.ts'
import { awaitEnd } from '../moves/await-end.ts'
import { unpin } from '../moves/unpin.ts'
import { retain, retained } from '../moves/retain.ts'

export function terminating(facts: Facts): Decision | undefined {
  if (!facts.resource.deleting || facts.resource.spec.deletionPolicy === 'Orphan') return undefined
  return (
    endReplicaJobs(facts, doing, { restoring: false }) ??
    unpin(facts, doing) ??
    removeSet(facts, 'canary') ??
    endJob(facts, doing) ??
    (facts.stable?.replicas === 0 ? retain(facts) : retained(facts)) ??
    unstick(facts) ??
    (facts.record === undefined ? undefined : claimsBack(facts, facts.record, doing)) ??
    releasedGone(facts) ??
    removeSet(facts, 'stable') ??
    removeSnapshots(facts, doing) ??
    act({ kind: 'removeFinalizer' }, doing('everything of ours is gone'))
  )
}

function releasedGone(facts: Facts): Decision | undefined {
  const { releasedPods } = facts
  return releasedPods.length === 0
    ? undefined
    : takeOrphansAway(facts, releasedPods, doing('waiting until the replicas without a set are gone'))
}

function removeSet(facts: Facts, role: 'canary' | 'stable'): Decision | undefined {
  const set = facts[role]
  const pods = role === 'canary' ? facts.canaryPods : facts.stablePods
  if (set?.ours === false) return undefined
  if (set === undefined)
    return pods.length === 0 ? undefined : takeOrphansAway(facts, pods, doing('waiting for the last pods'))
  if (set.replicas > 0 && !set.deleting) {
    const kind = role === 'canary' ? 'emptyCanary' : 'emptyStable'
    return act({ kind, set: refOf(set) }, doing(`scaling ${set.name} to 0`))
  }
  if (pods.length > 0 || set.deleting || !set.observed)
    return awaitEnd(facts, pods, doing(`waiting until ${set.name} is gone`))
  return act({ kind: 'deleteSet', set: refOf(set) }, doing(`deleting ${set.name}`))
}

function unstick(facts: Facts): Decision | undefined {
  const stuck = facts.stable?.ours === true && facts.stable.replicas === 0 ? stuckPod(facts) : undefined
  return stuck === undefined
    ? undefined
    : act({ kind: 'deletePod', pod: { name: stuck.name, uid: stuck.uid } }, doing(`removing ${stuck.name}`))
}

function doing(what: string): Reason {
  return { code: 'Terminating', doing: what }
}
