/**
 * The resource is being deleted, and its replicas are to stay. The canary goes first and its set is deleted; stable gets
 * all its replicas back on the version before, or keeps what a promotion has brought so far; then the set is released and
 * the finalizer goes. Nobody waits for pods to be available: one that never will be would hold the deletion up for ever.
 */
import { changeStable, refOf, type StableChange } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import { type Facts, hopelessAt, versionOf, wasBelowPartition } from '../facts.ts'
import { isPastReturn } from '../jobs/irreversible.ts'
import { endJob } from '../moves/end-job.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { releaseService } from '../moves/release-service.ts'
import { removeSnapshots } from '../moves/remove-snapshots.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { takeReleasedAway } from '../moves/release-replicas.ts'
import { restoreFirst } from '../moves/restore-first.ts'
import { unpin } from '../moves/unpin.ts'
import { retain } from '../moves/retain.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import type { ClaimView, SetView } from '../observation.ts'
import { claimsFree } from '../preconditions/claims-free.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { revisionInStore } from '../preconditions/revision-in-store.ts'
import type { Reason } from '../reason.ts'
import { volumeAwaitedWords } from '../words/volume-awaited.ts'
import { allTouched, type Rollout, type RolloutRecord } from '../record.ts'
import { recordRollback } from './decide.ts'

export function orphan(facts: Facts): Decision | undefined {
  if (!facts.resource.deleting || facts.resource.spec.deletionPolicy !== 'Orphan') return undefined
  const decided =
    releaseService(facts, doing('letting go of the headless Service')) ??
    endReplicaJobs(facts, doing, { restoring: true }) ??
    unpinned(facts) ??
    pastReturn(facts) ??
    withoutCanary(facts) ??
    endJob(facts, doing) ??
    leave(facts) ??
    restoreJobsGone(facts) ??
    removeSnapshots(facts, doing) ??
    act({ kind: 'removeFinalizer' }, doing('its replicas stay'))
  return told(facts, decided)
}

/**
 * A deletion must end, so nobody is asked whether the loss is accepted. The version before comes back, as the docs promise of every
 * rollout that is not promoted, and not the new one, which nobody has judged and nobody would watch. But it is said, and recorded before the
 * Job that tells of it is ended.
 */
function pastReturn(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable?.ours !== true || stable.deleting || record === undefined || rollout === undefined)
    return undefined
  if (isPromoted(stable, rollout) || !isPastReturn(facts, rollout)) return undefined
  const left = `${versionOf(facts, rollout.from)} comes back and opens what its migration left, which cannot be taken back`
  const detail = `the resource is deleted, so that nobody is asked: ${left}`
  return recordRollback(facts, stable, { ...record, rollout }, { cause: 'superseded', detail })
}

/** The same in every sentence from then on. */
function told(facts: Facts, decided: Decision): Decision {
  const { rollout } = facts
  const { reason } = decided
  if (reason.code !== 'Terminating' || rollout?.decision !== 'rollback') return decided
  if (rollout.migration?.irreversible !== true || rollout.trouble === undefined) return decided
  const left = `${versionOf(facts, rollout.to)} is rolled back: ${rollout.trouble}`
  return { ...decided, reason: { ...reason, left } }
}

/** One that was made since the deletion belongs to nobody, so that no garbage collector took it away before its end. */
function restoreJobsGone({ jobs }: Facts): Decision | undefined {
  const left = jobs.find(({ ours, purpose, deleting }) => ours && purpose === 'restore' && !deleting)
  if (left === undefined) return undefined
  const { name, uid } = left
  return act({ kind: 'deleteJob', job: { name, uid } }, doing(`deleting Job ${name}`))
}

/** One that was stopped for its snapshot comes back; not before its claim is known to stay. */
function unpinned(facts: Facts): Decision | undefined {
  const decided = unpin(facts, doing)
  return decided && (claimDeleting(facts) ?? decided)
}

/** Its claims are the replicas' again: no pod is taken from one that is being deleted. */
function withoutCanary(facts: Facts): Decision | undefined {
  return facts.canary?.ours === false ? undefined : takeCanaryAway(facts, doing)
}

function leave(facts: Facts): Decision | undefined {
  const { stable, record, parsed } = facts
  if (stable === undefined || !stable.ours) return undefined
  if (stable.deleting) return wait(doing(`waiting until ${stable.name} is gone, which somebody has deleted`))
  if (record === undefined)
    return wait({
      code: 'RecordUnreadable',
      set: stable.name,
      problem: parsed?.ok === false ? parsed.problem : 'it is missing',
    })
  return (
    retain(facts) ??
    withOldData(facts, stable, record) ??
    takeReleasedAway(facts, facts.releasedPods, doing) ??
    makeWhole(facts, stable, record) ??
    seen(stable) ??
    unstick(facts, stable) ??
    provisioned(facts) ??
    act({ kind: 'releaseStable', set: refOf(stable) }, doing(`handing ${stable.name} over`), {
      type: 'Normal',
      reason: 'HandedOver',
      note: `StatefulSet ${stable.name} and its pods stay, and are managed by nobody from now on`,
    })
  )
}

/** What a roll back would give the replicas that come back on the version before, they get here, too. */
function withOldData(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout } = facts
  if (rollout === undefined || isPromoted(stable, rollout)) return undefined
  return restoreFirst(facts, stable, { ...record, rollout }, doing)
}

/**
 * One patch, with nobody else on the claims of those that come back. From the one patch of a promotion on the replicas belong to two
 * versions, and the partition tells which: it stays, for an evicted new pod would come back old, on data that new code has written.
 */
function makeWhole(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout, replicas } = facts
  const isPlaced = isPromoted(stable, rollout)
  const revision = isPlaced ? stable.revision : (rollout?.from ?? record.accepted)
  const isEdited = stable.edits?.['template'] !== undefined
  const reverts = stable.revision !== revision || isEdited
  const change: StableChange = {
    ...(reverts && { revision }),
    ...(stable.replicas < replicas && { replicas }),
    ...(isPlaced && rollout && wasBelowPartition(stable) && { record: allTouched(record, rollout) }),
    ...(!isPlaced && stable.partition !== 0 && { partition: 0 }),
  }
  if (Object.keys(change).length === 0) return undefined
  const bringBack =
    claimsFree(facts, { from: facts.first + stable.replicas, to: facts.end }) ??
    act(changeStable(stable, 'makeWhole', change), doing('bringing back all replicas'))
  return reverts ? (revisionInStore(facts, revision) ?? claimDeleting(facts) ?? bringBack) : bringBack
}

/** Stable has the new version by right; a roll back that was decided since takes it back. */
function isPromoted({ revision }: SetView, rollout: Rollout | undefined): boolean {
  return rollout?.decision === 'promote' && revision === rollout.to
}

function seen(stable: SetView): Decision | undefined {
  return stable.observed
    ? undefined
    : wait(doing(`waiting until the controller of ${stable.name} has seen its replicas`))
}

/**
 * A claim that is made again from a snapshot has its volume: nobody watches over it, once we are gone. One that has it not in time
 * gets the volume back that was kept.
 */
function provisioned(facts: Facts): Decision | undefined {
  const open = facts.claims.filter(({ source, volume }) => source !== undefined && volume === undefined)
  const awaited = open.map((claim) => ({ claim, until: awaitedUntil(facts, claim) }))
  const first = awaited.find(({ until }) => until === undefined || until > facts.now)
  return first && wait(doing(volumeAwaitedWords(facts, first.claim.name)), first.until)
}

/** Undefined where its pod tells no time yet: its next change brings us here. Nobody waits longer for one that may never be created. */
function awaitedUntil(facts: Facts, { name }: ClaimView): number | undefined {
  const pod = facts.stablePods.find((user) => user.claims.includes(name))
  if (pod !== undefined) return hopelessAt(facts, pod)
  const { decided = -Infinity } = facts.rollout?.at ?? {}
  return decided + facts.resource.spec.progressDeadlineSeconds * 1000
}

/** Nobody will, once we are gone. Of a promotion that is left half-way none is outdated. */
function unstick(facts: Facts, stable: SetView): Decision | undefined {
  return isPromoted(stable, facts.rollout)
    ? undefined
    : replaceStuckPod(facts, doing('replacing a pod that its set leaves standing'))
}

function doing(what: string): Reason {
  return { code: 'Terminating', doing: what }
}
