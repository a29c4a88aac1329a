/**
 * Jobs: suspended ones, which a write may resume, late or in time; a pod that has the claim, or none; both ends that a
 * Job may come to. What a migration writes counts as written by the version that it migrates to; a backup stores what is on its claim, and a
 * restore puts that on another one.
 */
import type { Action } from '../../src/core/action.ts'
import type { UserEvent } from '../../src/core/event.ts'
import type { Purpose, ReplicaOrder } from '../../src/core/jobs/job-order.ts'
import type { RolloutRecord } from '../../src/core/record.ts'
import { changed as changedVolumes, contentOf, isBound } from './contents.ts'
import { podsWith, withJobs, withPod, withStorage } from './change.ts'
import { noteStart } from './ledger.ts'
import { judgeFilled } from './promises-of-data.ts'
import { withAuthor } from './storage.ts'
import {
  claimsOf,
  isWriter,
  type Job,
  type Move,
  mounts,
  nameOf,
  placeholder,
  type Pod,
  type Setting,
  type Snapshot,
  Violation,
  type World,
} from './world.ts'

export function jobMoves(world: World, setting: Setting): Move[] {
  return world.jobs.flatMap((job) => movesOf(world, job, setting))
}

/** What stands for the revision of a Job that only looks. */
export const check = 'check'

function isCheck({ revision }: Pick<Pod, 'revision'>): boolean {
  return revision === check
}

function podOf({ pods }: World, job: Job): Pod | undefined {
  if (job.purpose !== undefined) return pods.find((pod) => pod.job === job.name)
  return pods.find(
    (pod) =>
      pod.role === 'job' &&
      pod.job === undefined &&
      pod.ordinal === job.attempt &&
      isCheck(pod) === isCheck(job),
  )
}

function movesOf(world: World, job: Job, setting: Setting): Move[] {
  if (job.theirs) return movesOfTheirs(world, job, setting)
  const pod = podOf(world, job)
  if (job.deleting) return goes(world, job, pod)
  if (world.resource.gone) return [{ what: 'the Job is collected', world: withJobDeleting(world, job) }]
  if (job.suspended || job.outcome !== undefined) return []
  if (pod === undefined) return [makesPod(world, job)]
  if (pod.deleting) return []
  return pod.state === 'pending' ? starts(world, job, pod, setting) : ends(world, job, pod)
}

export function withJobDeleting(world: World, job: Job): World {
  return changed(world, job, { deleting: true, ...(job.held && { heldFor: 0 }) })
}

/** By a person, or a controller that queues Jobs: what comes of it on claims is a stranger's doing. */
export function withJobResumed(world: World): World | undefined {
  const job = world.jobs.findLast(({ suspended, deleting }) => suspended && !deleting)
  if (job === undefined) return undefined
  const mayWrite = job.claim !== placeholder && job.purpose === undefined
  const ledger = mayWrite ? { ...world.ledger, strangers: true as const } : world.ledger
  return changed({ ...world, ledger }, job, { suspended: false, resumedByHand: true })
}

/** Of the newest one. */
export function withJobHeld(world: World): World | undefined {
  const job = world.jobs.findLast(({ held, deleting }) => !held && !deleting)
  return job && changed(world, job, { held: true })
}

export function withJobsLetGo(world: World): World | undefined {
  if (!world.jobs.some(({ held }) => held)) return undefined
  return withJobs(
    world,
    world.jobs.map(({ held: _held, heldFor: _heldFor, ...job }) => job),
  )
}

function movesOfTheirs(world: World, job: Job, { theirsHang }: Setting): Move[] {
  if (job.deleting) return goes(world, job, undefined)
  if (job.outcome !== undefined || theirsHang) return []
  return (['complete', 'failed'] as const).map((outcome) => ({
    what: `${job.name} of somebody else ${outcome === 'complete' ? 'is complete' : 'has failed'}`,
    world: changed(outcome === 'complete' ? withMigrated(world, job) : world, job, { outcome }),
  }))
}

/** One that was made for another attempt may end late; it proves nothing, and undoes nothing. */
function withMigrated(world: World, { attempt }: Job): World {
  const { ledger } = world
  return { ...world, ledger: { ...ledger, migrated: Math.max(ledger.migrated ?? 0, attempt) } }
}

function changed(world: World, job: Job, change: Partial<Job>): World {
  const jobs = world.jobs.map((other) => (other === job ? { ...job, ...change } : other))
  return withJobs(world, jobs)
}

/** In the foreground: after its pods. */
function goes(world: World, job: Job, pod: Pod | undefined): Move[] {
  if (pod?.deleting) return []
  if (pod !== undefined)
    return [
      { what: `${nameOf(pod)} is collected`, world: withPod(world, pod, { ...pod, deleting: true, age: 0 }) },
    ]
  if (job.held) return []
  const jobs = world.jobs.filter((other) => other !== job)
  return [{ what: 'the Job is gone', world: withJobs(world, jobs) }]
}

function makesPod(world: World, { name, purpose, attempt, revision, claim }: Job): Move {
  const pod: Pod = {
    role: 'job',
    ordinal: attempt,
    revision,
    claim,
    state: 'pending',
    deleting: false,
    age: 0,
    ...(purpose !== undefined && { job: name }),
  }
  return { what: `${nameOf(pod)} is created`, world: { ...world, pods: podsWith(world.pods, pod) } }
}

function starts(world: World, job: Job, pod: Pod, { schedulerGuard, storageNever }: Setting): Move[] {
  const { name, claim, attempt } = job
  if (isCheck(job))
    return [{ what: 'the check runs', world: withPod(world, pod, { ...pod, state: 'ready' }) }]
  const wanted = claimsOf(world, claim)
  const mounted = world.claims.filter(({ ordinal }) => wanted.includes(ordinal))
  const isUnbound = mounted.some((one) => !isBound(world, one))
  // It waits for its claims, until its deadline.
  if (mounted.length < wanted.length) return [end(world, job, pod, 'failed')]
  if (job.purpose === 'restore' && storageNever === 'provisions' && isUnbound)
    return [end(world, job, pod, 'failed')]
  if (isUnbound || mounted.some(({ deleting }) => deleting)) return []
  const others = world.pods.filter(
    ({ role, claim: held }) => role !== 'job' && role !== 'foreign' && held === claim,
  )
  if (schedulerGuard && claim !== placeholder && others.some(({ state }) => state !== 'pending')) return []
  if (job.purpose !== undefined) {
    judgeAlone(world, pod)
    return [{ what: `${nameOf(pod)} runs`, world: withPod(world, pod, { ...pod, state: 'ready' }) }]
  }
  if (world.ledger.ran === attempt && !job.resumedByHand) throw new Violation(`${name} runs a second time`)
  const running: Pod = { ...pod, state: 'ready' }
  const after = withPod({ ...world, ledger: { ...world.ledger, ran: attempt } }, pod, running)
  return [
    {
      what: `${nameOf(pod)} runs`,
      world: claim === placeholder ? after : noteStart(after, running),
    },
  ]
}

function ends(world: World, job: Job, pod: Pod): Move[] {
  return (['complete', 'failed'] as const).map((outcome) => end(world, job, pod, outcome))
}

function end(world: World, job: Job, pod: Pod, outcome: 'complete' | 'failed'): Move {
  const after = withPod(world, pod, { ...pod, state: 'ended' })
  if (outcome === 'complete' && job.purpose !== undefined) {
    const done = job.purpose === 'backup' ? backedUp(after, job) : filled(after, job)
    return { what: `${job.name} is complete`, world: changed(done, job, { outcome, age: 0 }) }
  }
  const done = isCheck(job) ? withChecked(after, job) : withMigrated(after, job)
  const told = outcome === 'complete' ? done : after
  return {
    what: outcome === 'complete' ? 'the Job is complete' : 'the Job has failed',
    world: changed(told, job, { outcome }),
  }
}

function withChecked(world: World, { attempt }: Job): World {
  const { ledger } = world
  return { ...world, ledger: { ...ledger, checked: Math.max(ledger.checked ?? 0, attempt) } }
}

type JobAction = Extract<Action, { kind: 'createJob' | 'resumeJob' | 'deleteJob' }>

/** The API server's side; undefined where it refuses. */
export function carryOutOnJobs(world: World, action: JobAction): World | undefined {
  if (action.kind === 'createJob') return createJob(world, action)
  const job = world.jobs.find(({ uid }) => uid === action.job.uid)
  if (job === undefined || job.deleting) return undefined
  if (action.kind === 'deleteJob') return withJobDeleting(world, job)
  return changed(world, job, { suspended: false })
}

function createJob(world: World, action: Extract<Action, { kind: 'createJob' }>): World | undefined {
  const { job: name, attempt, purpose, claims, mounts, replica } = action
  const revision = purpose === 'check' ? check : action.to
  if (world.jobs.some((job) => job.name === name)) return undefined
  const made = (world.ledger.jobs ?? 0) + 1
  const claim = mounts ? (claims[0]?.ordinal ?? placeholder) : placeholder
  const job: Job = {
    name,
    uid: `${name}#${made}`,
    attempt,
    revision,
    claim,
    suspended: purpose !== 'check',
    deleting: false,
    ...(replica !== undefined && noted(purpose, replica)),
  }
  return withJobs({ ...world, ledger: { ...world.ledger, jobs: made } }, [...world.jobs, job])
}

function noted(purpose: Purpose, { claimUids, pod, backup }: ReplicaOrder): Partial<Job> {
  const [claimUid = '', secondUid] = Object.values(claimUids)
  if (purpose !== 'backup' && purpose !== 'restore') return {}
  return {
    revision: purpose,
    purpose,
    claimUid,
    ...(secondUid !== undefined && { secondUid }),
    ...(pod !== undefined && { pod }),
    ...(backup !== undefined && { backup }),
    ...(purpose === 'backup' && { age: 0 }),
  }
}

/** By somebody else: for the attempt that is under way, or whose first write is. */
export function withJobOfTheirs(world: World, revision: string): World {
  const { record } = world.stable ?? {}
  const isStarting = world.flights.some(
    (action) => action.kind === 'changeStable' && action.intent === 'startRollout',
  )
  const underWay = record?.rollout?.to === revision ? record.id : 0
  const made = (world.ledger.jobs ?? 0) + 1
  const job: Job = {
    name: `theirs-${made}`,
    uid: `theirs#${made}`,
    attempt: isStarting ? (record?.id ?? 0) + 1 : underWay,
    revision,
    claim: placeholder,
    suspended: false,
    deleting: false,
    theirs: true,
  }
  return withJobs({ ...world, ledger: { ...world.ledger, jobs: made } }, [...world.jobs, job])
}

/** A rollout begins, and has seen those: they are of none, though its first write was under way when they were made. */
export function noteEarlier(world: World, { rollout }: RolloutRecord): World {
  const { earlier = [] } = rollout?.migration ?? {}
  const jobs = world.jobs.map((job) =>
    job.attempt !== 0 && earlier.includes(job.uid) && job.attempt === world.stable?.record?.id
      ? { ...job, attempt: 0 }
      : job,
  )
  return jobs.every((job, index) => job === world.jobs[index]) ? world : withJobs(world, jobs)
}

/** Those of somebody else that are for the attempt under way. */
function theirsOf({ jobs, stable }: World): readonly Job[] {
  return jobs.filter(({ theirs, attempt }) => theirs && attempt === stable?.record?.id)
}

/** A rollout is taken back for a migration that somebody waits for, and that has failed; others count where they were made in this attempt. */
function judgeFailed(world: World, { intent, change }: Extract<Action, { kind: 'changeStable' }>): void {
  const { migration: before, decision } = world.stable?.record?.rollout ?? {}
  if (before === undefined) return
  const theirs = theirsOf(world)
  const isExternal = before.type === 'External'
  if (intent === 'startMigration' && isExternal && theirs.length === 0)
    throw new Violation('a Job of another attempt counts as the beginning of a migration')
  if (change.record?.rollout?.migration?.failed !== true || before.failed) return
  if (before.done) throw new Violation('a rollout is taken back for a migration that is complete')
  const isDue = decision === 'promote' || before.timing === 'BeforeCanary'
  if (!isDue && (isExternal || before.started !== true))
    throw new Violation('a rollout is taken back for a migration that nobody waits for yet')
  if (isExternal && !theirs.some(({ outcome }) => outcome === 'failed'))
    throw new Violation('a rollout is taken back for a Job of another attempt')
  if (isExternal && theirs.some(({ outcome }) => outcome !== 'failed'))
    throw new Violation('a rollout is taken back for a failed Job while another one may migrate')
}

/** It rests where it waits for a migration, or where one has failed. */
export function judgeMigrationAtRest(world: World, as: string): void {
  const { automaticRollback = true, paused = false } = world.resource.spec
  if (as === 'MigrationFailed' && automaticRollback && !paused)
    throw new Violation('a migration has failed, and is not taken back')
  judgeHeld(world, as)
  const theirs = theirsOf(world).filter(({ deleting }) => !deleting)
  if (as !== 'AwaitingMigration' || theirs.length === 0) return
  if (theirs.some(({ outcome }) => outcome === 'complete'))
    throw new Violation('a migration is waited for, and is complete')
  if (theirs.every(({ outcome }) => outcome === 'failed'))
    throw new Violation('a migration is waited for, and has failed')
}

/** What is held for its migration: that one has begun, and may have ended, and is not forgotten when its Job is deleted. */
function judgeHeld(world: World, as: string): void {
  const { rollout, id } = world.stable?.record ?? {}
  const { irreversible, started, done, mountsClaims } = rollout?.migration ?? {}
  if (irreversible !== true) return
  const isHeld = as === 'MigrationIrreversible'
  if ((isHeld || (as === 'AwaitingMigration' && theirsOf(world).length > 0)) && started !== true)
    throw new Violation(`${as}, and it is not recorded that the migration has begun`)
  const own = world.jobs.filter(({ purpose, attempt, ...job }) => !purpose && attempt === id && !isCheck(job))
  if (isHeld && done !== true && own.some(({ outcome }) => outcome === 'complete'))
    throw new Violation('a rollout is held, and it is not recorded that its migration is complete')
  const isCovered =
    mountsClaims === true && rollout?.snapshots !== undefined && !own.some((job) => job.resumedByHand)
  if (isHeld && isCovered && (world.resource.spec.onRollback ?? 'Restore') === 'Restore')
    throw new Violation(
      'a rollback is held, and there are snapshots of all that the migration may have written',
    )
}

/** What people are told to delete is not being deleted already. */
export function judgeBackupAtRest({ jobs, stable }: World, as: string): void {
  const failed = jobs.filter(
    ({ purpose, attempt, outcome, deleting }) =>
      purpose === 'backup' && attempt === stable?.record?.id && (deleting || outcome !== 'complete'),
  )
  if (as === 'BackupFailed' && failed.length > 0 && failed.every(({ deleting }) => deleting))
    throw new Violation('a backup has failed, and its Job is being deleted')
}

/** What no write may do while a Job runs, or before it has. Of the migration the spec tells, which no scenario edits. */
export function judgeMigration(world: World, action: Action, events: readonly UserEvent[] = []): void {
  if (action.kind === 'resumeJob') judgeResumed(world, action.job.name)
  if (action.kind === 'deleteJob') judgeDeleted(world, action.job.name)
  if (action.kind === 'armCanary') judgeArmed(world)
  judgeChecked(world, action)
  const { stable, resource, ledger } = world
  const rollout = stable?.record?.rollout
  const { migration, onRollback = 'Restore' } = resource.spec
  if (action.kind !== 'changeStable' || rollout === undefined || migration === undefined) return
  // Of another rollout, whose sets a cache still shows: the server refuses it.
  if (action.set.resourceVersion !== 'current') return
  const { intent, change } = action
  judgeFailed(world, action)
  const isRunning = world.pods.some(
    (pod) => pod.role === 'job' && pod.job === undefined && pod.state === 'ready' && !isCheck(pod),
  )
  if (intent === 'promote' && ledger.migrated !== stable?.record?.id)
    throw new Violation(`${rollout.to} is promoted before its migration is complete`)
  if (isRunning && ['promote', 'returnReplicas', 'closeRollout', 'makeWhole', 'force'].includes(intent))
    throw new Violation(`${intent} while a Job migrates`)
  const isForced = intent === 'force' && change.revision !== rollout.to
  const isTakenBack =
    rollout.decision !== 'rollback' && (isForced || change.record?.rollout?.decision === 'rollback')
  const isCovered = migration.mountClaims && rollout.snapshots !== undefined && onRollback === 'Restore'
  const mayRun = rollout.migration?.started === true || isRunning || theirsOf(world).length > 0
  const isAccepted = resource.annotations['acceptDataLoss'] === rollout.to
  if (migration.reversible || !mayRun || isCovered || isAccepted) return
  if (isTakenBack && !resource.deleting)
    throw new Violation('an irreversible migration is rolled back, and nobody accepted the loss')
  if (isTakenBack && !isForced && !events.some(({ reason }) => reason === 'RollbackStarted'))
    throw new Violation('an irreversible migration is rolled back by a deletion, and nobody is told')
  if (intent === 'makeWhole' && rollout.decision !== 'rollback' && stable?.revision === rollout.from)
    throw new Violation('a deletion goes back past an irreversible migration, and nobody is told')
}

/** What comes before the first canary does. */
function judgeArmed({ stable, resource, ledger }: World): void {
  if (resource.spec.migration?.timing === 'BeforeCanary' && ledger.migrated !== stable?.record?.id)
    throw new Violation('a canary is armed before its migration is complete')
}

/** Nothing else closes the rollout of a spec that was reverted. */
function judgeChecked({ stable, resource: { spec }, ledger }: World, action: Action): void {
  const { id, rollout } = stable?.record ?? {}
  const isClosed = action.kind === 'changeStable' && action.intent === 'closeRollout'
  if (!isClosed || spec.checksRollback !== true || rollout?.decision !== 'rollback') return
  if (spec.target === rollout.from && ledger.checked !== id)
    throw new Violation('a rollback is closed, and was not checked')
}

/** The record knows that it may run, and nobody else has its claim, be it a stranger. */
function judgeResumed({ stable, jobs, pods, frozen }: World, name: string): void {
  const { claim, purpose } = jobs.find((job) => job.name === name) ?? {}
  if (purpose === undefined && stable?.record?.rollout?.migration?.started !== true)
    throw new Violation('a Job is resumed, and the record does not know that it may run')
  const hasEnded = ({ state, role }: Pod) =>
    purpose !== undefined && (state === 'ended' || state === 'stopped' || (role === 'foreign' && frozen.pods))
  const other = pods.find((pod) => claim !== placeholder && pod.claim === claim && !hasEnded(pod))
  if (other !== undefined) throw new Violation(`a Job is resumed on the claim of ${nameOf(other)}`)
}

/** Nobody writes to what is backed up or filled. */
function judgeAlone({ pods }: World, pod: Pod): void {
  const other = pods.find((one) => one !== pod && one.claim === pod.claim && isWriter(one))
  if (other !== undefined)
    throw new Violation(`two writers on claim ${pod.claim}: ${nameOf(other)} and ${nameOf(pod)}`)
}

/** What is on its claim is somewhere else, too. */
function backedUp(world: World, { name, uid, claim, attempt }: Job): World {
  const { storage, ledger, claims } = world
  if (storage === undefined) return world
  const stored = claimsOf(world, claim).map(
    (number): Snapshot => ({
      name,
      uid,
      ordinal: number,
      attempt,
      claimUid: claims.find(({ ordinal }) => ordinal === number)?.uid ?? '',
      ready: true,
      deleting: false,
      age: 0,
      content: contentOf(world, number),
      writer: ledger.writers[claim] ?? '',
    }),
  )
  return withStorage(world, { ...storage, backups: [...(storage.backups ?? []), ...stored] })
}

/** Its claims have what was backed up. */
function filled(world: World, job: Job): World {
  return claimsOf(world, job.claim).reduce((after, claim) => withFilled(after, job, claim), world)
}

function withFilled(world: World, { name, backup }: Job, claim: number): World {
  const { storage, claims } = world
  const stored = storage?.backups?.find(({ uid, ordinal }) => uid === backup && ordinal === claim)
  const { volume = '' } = claims.find(({ ordinal }) => ordinal === claim) ?? {}
  if (storage === undefined || stored === undefined) throw new Violation(`${name} restores nothing`)
  judgeFilled(world, stored)
  const { content, writer } = stored
  const volumes = changedVolumes(storage.volumes, volume, { content })
  return withAuthor(withStorage(world, { ...storage, volumes }), claim, writer)
}

/** Its pods go with it, and may be the last that keep a claim. */
function judgeDeleted(world: World, name: string): void {
  const { resource, claims, jobs } = world
  const job = jobs.find((one) => one.name === name)
  if (job?.theirs) throw new Violation(`${name} of somebody else is deleted`)
  const pod = job && podOf(world, job)
  // What a restore has is made again, and its volume of before is kept.
  const isLost =
    job?.purpose !== 'restore' &&
    claims.some(({ ordinal, deleting }) => pod && deleting && mounts(pod, ordinal))
  if (isLost && !(resource.deleting && resource.spec.deletionPolicy !== 'Orphan'))
    throw new Violation(`${name} is deleted, and only its pod keeps a claim that is being deleted`)
}
