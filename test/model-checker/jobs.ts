/**
 * Jobs: suspended ones, which a write may resume, late or in time; a pod that has the claim, or none; both ends that a
 * Job may come to. What a migration writes counts as written by the version that it migrates to; a backup stores what is on its claim, and a
 * restore puts that on another one.
 */
import type { Action } from '../../src/core/action.ts'
import type { Purpose, ReplicaOrder } from '../../src/core/jobs/job-order.ts'
import { changed as changedVolumes, contentOf, isBound } from './contents.ts'
import { podsWith, withJobs, withPod, withStorage } from './change.ts'
import { noteStart } from './ledger.ts'
import { judgeFilled } from './promises-of-data.ts'
import { withAuthor } from './storage.ts'
import {
  isWriter,
  type Job,
  type Move,
  nameOf,
  placeholder,
  type Pod,
  type Setting,
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
  const pod = podOf(world, job)
  if (job.deleting) return goes(world, job, pod)
  if (world.resource.gone)
    return [{ what: 'the Job is collected', world: changed(world, job, { deleting: true }) }]
  if (job.suspended || job.outcome !== undefined) return []
  if (pod === undefined) return [makesPod(world, job)]
  if (pod.deleting) return []
  return pod.state === 'pending' ? starts(world, job, pod, setting) : ends(world, job, pod)
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
  const mounted = world.claims.find(({ ordinal }) => ordinal === claim)
  // It waits for its claim, until its deadline.
  if (claim !== placeholder && mounted === undefined) return [end(world, job, pod, 'failed')]
  if (mounted && job.purpose === 'restore' && storageNever === 'provisions' && !isBound(world, mounted))
    return [end(world, job, pod, 'failed')]
  if (claim !== placeholder && (mounted?.deleting || (mounted && !isBound(world, mounted)))) return []
  const others = world.pods.filter(
    ({ role, claim: held }) => role !== 'job' && role !== 'foreign' && held === claim,
  )
  if (schedulerGuard && claim !== placeholder && others.some(({ state }) => state !== 'pending')) return []
  if (job.purpose !== undefined) {
    judgeAlone(world, pod)
    return [{ what: `${nameOf(pod)} runs`, world: withPod(world, pod, { ...pod, state: 'ready' }) }]
  }
  if (world.ledger.ran === attempt) throw new Violation(`${name} runs a second time`)
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
  // That of an earlier attempt may come late; it proves nothing, and undoes nothing.
  const done = isCheck(job)
    ? { checked: Math.max(world.ledger.checked ?? 0, job.attempt) }
    : { migrated: job.attempt }
  const told = outcome === 'complete' ? { ...after, ledger: { ...after.ledger, ...done } } : after
  return {
    what: outcome === 'complete' ? 'the Job is complete' : 'the Job has failed',
    world: changed(told, job, { outcome }),
  }
}

type JobAction = Extract<Action, { kind: 'createJob' | 'resumeJob' | 'deleteJob' }>

/** The API server's side; undefined where it refuses. */
export function carryOutOnJobs(world: World, action: JobAction): World | undefined {
  if (action.kind === 'createJob') return createJob(world, action)
  const job = world.jobs.find(({ uid }) => uid === action.job.uid)
  if (job === undefined || job.deleting) return undefined
  if (action.kind === 'deleteJob') return changed(world, job, { deleting: true })
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
  const [claimUid = ''] = Object.values(claimUids)
  if (purpose !== 'backup' && purpose !== 'restore') return {}
  return {
    revision: purpose,
    purpose,
    claimUid,
    ...(pod !== undefined && { pod }),
    ...(backup !== undefined && { backup }),
    ...(purpose === 'backup' && { age: 0 }),
  }
}

/** What no write may do while a Job runs, or before it has. Of the migration the spec tells, which no scenario edits. */
export function judgeMigration(world: World, action: Action): void {
  if (action.kind === 'resumeJob') judgeResumed(world, action.job.name)
  if (action.kind === 'deleteJob') judgeDeleted(world, action.job.name)
  if (action.kind === 'armCanary') judgeArmed(world)
  judgeChecked(world, action)
  const { stable, resource, ledger } = world
  const rollout = stable?.record?.rollout
  const { migration, onRollback = 'Restore' } = resource.spec
  if (action.kind !== 'changeStable' || rollout === undefined || migration === undefined) return
  const { intent, change } = action
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
  const mayRun = rollout.migration?.started === true || isRunning
  if (!isTakenBack || migration.reversible || !mayRun || isCovered) return
  if (resource.annotations['acceptDataLoss'] !== rollout.to && !resource.deleting)
    throw new Violation('an irreversible migration is rolled back, and nobody accepted the loss')
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
  const stored = {
    name,
    uid,
    ordinal: claim,
    attempt,
    claimUid: claims.find(({ ordinal }) => ordinal === claim)?.uid ?? '',
    ready: true,
    deleting: false,
    age: 0,
    content: contentOf(world, claim),
    writer: ledger.writers[claim] ?? '',
  } as const
  return withStorage(world, { ...storage, backups: [...(storage.backups ?? []), stored] })
}

/** Its claim has what was backed up. */
function filled(world: World, { name, claim, backup }: Job): World {
  const { storage, claims } = world
  const stored = storage?.backups?.find(({ uid }) => uid === backup)
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
  const pod = job && podOf(world, job)
  // What a restore has is made again, and its volume of before is kept.
  const isLost =
    job?.purpose !== 'restore' && claims.some(({ ordinal, deleting }) => deleting && ordinal === pod?.claim)
  if (isLost && !(resource.deleting && resource.spec.deletionPolicy !== 'Orphan'))
    throw new Violation(`${name} is deleted, and only its pod keeps a claim that is being deleted`)
}
