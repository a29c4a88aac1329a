/**
 * The migration of a rollout, once it is due: its start is recorded before its Job can run, then ONE patch resumes that Job, and
 * its end is recorded before anything rests on it. One that mounts claims starts only while nobody else has them.
 */
import { changeStable, refOf } from '../action.ts'
import { act, type Decision, wait } from '../decision.ts'
import { displacedGone, type Facts, versionOf } from '../facts.ts'
import { isPastReturn, tryAgain } from '../jobs/irreversible.ts'
import { beganUnrecorded, courseOf, ignoredJob, isDue, jobOf, runningJob } from '../jobs/migration.ts'
import type { UserEvent } from '../event.ts'
import type { JobView, SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { claimsInPlace } from '../preconditions/claims-in-place.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord, Rollout, RolloutMigration } from '../record.ts'
import { snapshotted, withSnapshots } from '../volumes/snapshots.ts'
import { obstacleAmong } from '../words/trouble.ts'
import { awaitEnd } from './await-end.ts'
import { awaitJobEnd } from './await-job-end.ts'
import { replaceStuckPod } from './replace-stuck-pod.ts'

/** Undefined where it is not wanted, not due yet, or done. */
export function migrate(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const { migration } = rollout
  if (migration === undefined || !isDue(rollout, migration)) return undefined
  const course = courseOf(facts, rollout, migration)
  if (course === 'complete') return recordMigrated(facts, stable, record)
  if (typeof course === 'object') return failed(facts, rollout, course.failed)
  if (migration.type === 'External')
    return recordBegun(facts, stable, record) ?? wait(awaiting(facts, rollout, migration))
  const job = jobOf(facts, migration)
  // Somebody else has deleted it.
  if (job?.deleting) return awaitJobEnd(facts, job, migrating(facts, rollout))
  if (course === 'waits') return alone(facts, stable, record) ?? recordStart(facts, stable, record, migration)
  return (
    scaledBack(facts, stable, rollout) ?? resume(facts, stable, record) ?? wait(migrating(facts, rollout))
  )
}

/** It has begun, and nothing else moves before its end. */
export function isMigrating({ migration }: Rollout): boolean {
  return migration?.type === 'Job' && migration.started === true && migration.done !== true
}

/** Before it starts, and before it is resumed: of strangers' pods that come afterwards the alarm tells. */
function alone(facts: Facts, stable: SetView, { rollout }: ActiveRecord): Decision | undefined {
  if (rollout.migration?.mountsClaims !== true) return undefined
  const { boundary } = facts
  const reason = migrating(facts, rollout)
  const back = scaledBack(facts, stable, rollout)
  if (back !== undefined) return back
  if (displacedGone(facts)) return claimsInPlace(facts, boundary)
  const leaving = facts.stablePods.filter((pod) => pod.ordinal >= boundary)
  return awaitEnd(facts, leaving, reason)
}

/** A stranger has scaled stable: a replica that comes back keeps the Job's pod waiting, or is a second writer. */
function scaledBack(facts: Facts, stable: SetView, { migration }: Rollout): Decision | undefined {
  const replicas = facts.replicas - facts.canaries
  const reason = { code: 'Settling', set: stable.name } as const
  if (migration?.mountsClaims !== true || displacedGone(facts)) return undefined
  if (stable.replicas === replicas) return replaceStuckPod(facts, reason)
  const change = changeStable(stable, 'restoreDisplacement', { replicas })
  return claimDeleting(facts) ?? act(change, reason)
}

function recordStart(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  migration: RolloutMigration,
): Decision {
  const { rollout } = record
  const { boundary, end, canaries } = facts
  const untouched = { from: boundary, to: end - rollout.touched }
  const started: Rollout = {
    ...rollout,
    ...(migration.mountsClaims && {
      touched: Math.max(rollout.touched, canaries),
      ...withSnapshots(rollout, snapshotted(facts, record, untouched)),
    }),
    // Nobody knows whether one that others let run came after those snapshots.
    migration: beganUnrecorded(facts, rollout, migration)
      ? begun(migration)
      : { ...migration, started: true },
  }
  return act(
    changeStable(stable, 'startMigration', { record: { ...record, rollout: started } }),
    migrating(facts, rollout),
    startedEvent(facts, rollout, jobOf(facts, migration)),
  )
}

function resume(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const job = jobOf(facts, rollout.migration)
  if (job?.suspended !== true) return undefined
  const action = { kind: 'resumeJob', job: refOf(job) } as const
  return alone(facts, stable, record) ?? act(action, migrating(facts, rollout))
}

/** What is known of it now, for whoever decides on that: its Job may be deleted by anybody afterwards. */
export function recordCourse(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  return recordMigrated(facts, stable, record) ?? recordBegun(facts, stable, record)
}

/** That others let it begin. Nothing rests on it where it can be taken back. */
function recordBegun(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const { migration } = rollout
  if (migration?.irreversible !== true) return undefined
  const job = beganUnrecorded(facts, rollout, migration)
  if (job === undefined) return undefined
  const change = { record: { ...record, rollout: { ...rollout, migration: begun(migration) } } }
  return act(
    changeStable(stable, 'startMigration', change),
    migration.type === 'External' ? awaiting(facts, rollout, migration) : migrating(facts, rollout),
    startedEvent(facts, rollout, job),
  )
}

/** As it is where its start was recorded. */
function begun(migration: RolloutMigration): RolloutMigration {
  if (migration.started) return migration
  return {
    ...migration,
    started: true,
    ...(migration.irreversible && migration.mountsClaims && { uncovered: true }),
  }
}

function startedEvent(facts: Facts, { to }: Rollout, job: JobView | undefined): UserEvent {
  const note = `The migration to ${versionOf(facts, to)} started, Job ${job?.name}`
  return { type: 'Normal', reason: 'MigrationStarted', note }
}

/** Its Job may be deleted by anybody afterwards, and is not run twice. */
function recordMigrated(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  const { migration } = rollout
  if (migration === undefined || migration.done) return undefined
  if (courseOf(facts, rollout, migration) !== 'complete') return undefined
  const done: Rollout = { ...rollout, migration: { ...begun(migration), done: true } }
  return act(
    changeStable(stable, 'recordMigrated', { record: { ...record, rollout: done } }),
    migrating(facts, rollout),
    {
      type: 'Normal',
      reason: 'Migrated',
      note: `The migration to ${versionOf(facts, rollout.to)} is complete`,
    },
  )
}

/** Held, by the one setting or the other: what is rolled back by itself was decided to be before. */
function failed(facts: Facts, rollout: Rollout, trouble: string): Decision {
  const image = versionOf(facts, rollout.to)
  const isPaused = facts.resource.spec.automaticRollback
  return wait({
    code: 'MigrationFailed',
    target: facts.resource,
    image,
    trouble,
    ...(isPaused && { isPaused }),
    ...tryAgain(facts, rollout),
    ...(isPastReturn(facts, rollout) && { isPastReturn: true }),
  })
}

function awaiting(facts: Facts, rollout: Rollout, migration: RolloutMigration): Reason {
  const { to } = rollout
  const ignored = ignoredJob(facts, rollout, migration)?.name
  const job = runningJob(facts, rollout, migration)?.name
  return {
    code: 'AwaitingMigration',
    target: facts.resource,
    image: versionOf(facts, to),
    revision: to,
    ...(ignored !== undefined && { ignored }),
    ...(job !== undefined && { job }),
    ...(isPastReturn(facts, rollout) && { isPastReturn: true }),
  }
}

function migrating(facts: Facts, rollout: Rollout): Reason {
  const job = jobOf(facts, rollout.migration)
  const trouble = obstacleAmong(facts.jobPods.filter((pod) => pod.job === job?.name))
  return {
    code: 'MigratingData',
    target: facts.resource,
    image: versionOf(facts, rollout.to),
    job: job?.name ?? '',
    ...(isPastReturn(facts, rollout) && { isPastReturn: true }),
    ...(trouble !== undefined && { trouble }),
  }
}
