/**
 * Jobs: the Job controller makes a pod once a Job is not suspended, the kubelet runs it, and what comes of it is the setting's to
 * say. One that has claims writes to them as the version does that it migrates to; a backup stores what is in them, and a restore puts that
 * into others. Deleted in the foreground a Job goes after its pods; with the resource it goes by itself.
 */
import type { ClaimView, JobView } from '../../src/core/observation.ts'
import type { JobOrder } from '../../src/core/jobs/job-order.ts'
import { backupOf, judgeAlone, judgeBackup, judgeFilled, judgeStart } from './promises.ts'
import type { ExternalJob } from './setting.ts'
import { claimNamed, isBound, isProvisionable, provision, write } from './storage.ts'
import {
  changePod,
  contentOf,
  imageOfRevision,
  newUid,
  newVersion,
  type SimulatedPod,
  terminate,
  type World,
} from './world.ts'

export interface SimulatedJob extends JobView {
  readonly order?: JobOrder
  /** Since when it is not suspended. */
  readonly startedAt?: number
}

const deadlineMilliseconds = 600_000

export function jobMoves(world: World): (() => string)[] {
  return world.jobs.flatMap((job) => movesOf(world, job))
}

/** When the next one will have had all its time. */
export function nextDeadline({ jobs, now, behaviour }: World): number | undefined {
  if (behaviour.jobs === 'endless') return undefined
  const moments = jobs.flatMap(({ startedAt, outcome }) =>
    startedAt === undefined || outcome !== undefined ? [] : [startedAt + deadlineMilliseconds],
  )
  const next = Math.min(...moments.filter((moment) => moment > now))
  return Number.isFinite(next) ? next : undefined
}

export function createJob(world: World, order: JobOrder, generation: number): void {
  const job: SimulatedJob = {
    name: order.job,
    uid: newUid(world),
    resourceVersion: newVersion(world),
    ours: true,
    attempt: order.attempt,
    generation,
    revision: order.to,
    createdAt: world.now,
    deleting: false,
    suspended: order.purpose !== 'check',
    ...ofReplica(order),
    ...(order.purpose === 'check' && { startedAt: world.now }),
    order,
  }
  world.jobs = [...world.jobs, job]
}

function ofReplica({ purpose, replica }: JobOrder): Pick<JobView, 'purpose' | 'claims' | 'pod'> {
  if (replica === undefined || (purpose !== 'backup' && purpose !== 'restore')) return {}
  const { claimUids: claims, pod } = replica
  return { purpose, claims, ...(pod !== undefined && { pod }) }
}

/** One that a person makes, and that has come to its end. */
export function createExternalJob(world: World, { name, ...made }: ExternalJob): void {
  const job: SimulatedJob = {
    name,
    uid: newUid(world),
    resourceVersion: newVersion(world),
    ours: false,
    createdAt: world.now,
    deleting: false,
    suspended: false,
    ...made,
  }
  world.jobs = [...world.jobs, job]
}

export function changeJob(world: World, job: SimulatedJob, change: Partial<SimulatedJob>): void {
  const after = { ...job, ...change, resourceVersion: newVersion(world) }
  world.jobs = world.jobs.map((other) => (other === job ? after : other))
}

function movesOf(world: World, job: SimulatedJob): (() => string)[] {
  const pods = world.pods.filter((pod) => pod.job === job.name)
  if (job.deleting) return goes(world, job, pods)
  if (world.resource.gone && job.ours) return [() => deleted(world, job)]
  if (!job.ours || job.suspended || job.outcome !== undefined) return []
  const [pod] = pods
  if (isOverdue(world, job))
    return [() => ends(world, job, pods, 'Job was active longer than specified deadline')]
  if (pod === undefined) return [() => makesPod(world, job)]
  if (pod.deleting) return []
  return pod.phase === 'Pending' ? starts(world, job, pod) : finishes(world, job, pod)
}

function isOverdue({ now, behaviour }: World, { startedAt }: SimulatedJob): boolean {
  return behaviour.jobs !== 'endless' && startedAt !== undefined && startedAt + deadlineMilliseconds <= now
}

function deleted(world: World, job: SimulatedJob): string {
  changeJob(world, job, { deleting: true })
  return `${job.name} collected`
}

function goes(world: World, job: SimulatedJob, pods: readonly SimulatedPod[]): (() => string)[] {
  const left = pods.filter((pod) => !pod.deleting)
  if (left.length > 0) return left.map((pod) => () => leaves(world, pod))
  if (pods.length > 0) return []
  return [
    () => {
      world.jobs = world.jobs.filter((other) => other !== job)
      return `${job.name} gone`
    },
  ]
}

function leaves(world: World, pod: SimulatedPod): string {
  terminate(world, pod)
  return `${pod.name} terminating`
}

function makesPod(world: World, { name, order, revision }: SimulatedJob): string {
  const pod: SimulatedPod = {
    name: `${name}-pod`,
    uid: newUid(world),
    role: 'job',
    ordinal: -1,
    revision,
    deleting: false,
    phase: 'Pending',
    started: false,
    unreadySince: world.now,
    claims: order?.mounts ? order.claims.map((claim) => claim.name) : [],
    job: name,
  }
  world.pods = [...world.pods, pod]
  return `${pod.name} created`
}

function starts(world: World, job: SimulatedJob, pod: SimulatedPod): (() => string)[] {
  const { order } = job
  const isHeld =
    world.setting.schedulerGuard !== false &&
    world.pods.some(
      ({ role, phase, claims }) =>
        role !== 'job' && phase === 'Running' && claims.some((claim) => pod.claims.includes(claim)),
    )
  const claims = pod.claims.flatMap((name) => claimNamed(world, name) ?? [])
  if (isHeld || claims.length < pod.claims.length) return []
  if (order?.replica !== undefined)
    return mayMount(world, claims) ? [() => startsOnReplica(world, job, pod, claims)] : []
  return [
    () => {
      const image = world.images[imageOfRevision(order?.to ?? '')]
      for (const claim of claims) {
        judgeStart(world, pod, claim)
        write(world, claim, pod.revision, image?.writes ?? 0)
      }
      changePod(world, pod, { phase: 'Running', started: true, readySince: world.now })
      return `${pod.name} running`
    },
  ]
}

function mayMount(world: World, claims: readonly ClaimView[]): boolean {
  return claims.every(
    (claim) =>
      !claim.deleting && (claim.volume === undefined ? isProvisionable(world, claim) : isBound(world, claim)),
  )
}

/** It writes nothing before its end, but to what was made for it; nobody else may write meanwhile. */
function startsOnReplica(
  world: World,
  { purpose }: SimulatedJob,
  pod: SimulatedPod,
  claims: readonly ClaimView[],
): string {
  for (const claim of claims) {
    judgeAlone(world, pod, claim)
    if (claim.volume === undefined) provision(world, claim)
    else if (purpose === 'restore') judgeFilled(world, claim)
  }
  changePod(world, pod, { phase: 'Running', started: true, readySince: world.now })
  return `${pod.name} running`
}

function finishes(world: World, job: SimulatedJob, pod: SimulatedPod): (() => string)[] {
  const { jobs, checks, backupJobs: backup, restoreJobs: restore } = world.behaviour
  const comes = { migrate: jobs, check: checks, backup, restore }[job.order?.purpose ?? 'migrate']
  if (comes === 'hang' || comes === 'endless') return []
  if (comes === 'fail') return [() => ends(world, job, [pod], 'Job has reached the specified backoff limit')]
  return [
    () => {
      if (job.purpose === 'backup') store(world, job)
      if (job.purpose === 'restore') fill(world, job)
      finish(world, pod, 'Succeeded')
      changeJob(world, job, { outcome: 'complete' })
      return `${job.name} complete`
    },
  ]
}

function store(world: World, { name, uid, attempt = 0, createdAt, claims = {} }: SimulatedJob): void {
  for (const [claim, claimUid] of Object.entries(claims)) {
    const content = contentOf(world, claimNamed(world, claim) ?? {})
    const of = { name, uid, claim, claimUid, attempt, createdAt, deleting: false, ready: true }
    world.memory.cut[backupOf(uid, claim)] = { ...of, byJob: true, content }
  }
}

function fill(world: World, { order, claims = {} }: SimulatedJob): void {
  for (const name of Object.keys(claims)) {
    const backup = order?.replica?.backup ?? ''
    judgeBackup(world, name, backup)
    const volume = claimNamed(world, name)?.volume
    const content = world.memory.cut[backupOf(backup, name)]?.content
    if (volume === undefined || content === undefined) throw new Error(`${name} is filled from nothing`)
    world.contents[volume] = content
  }
}

function ends(world: World, job: SimulatedJob, pods: readonly SimulatedPod[], trouble: string): string {
  for (const pod of pods) finish(world, pod, 'Failed')
  changeJob(world, job, { outcome: 'failed', trouble })
  return `${job.name} failed: ${trouble}`
}

function finish(world: World, pod: SimulatedPod, phase: 'Succeeded' | 'Failed'): void {
  const { readySince: _, ...ended } = { ...pod, phase, unreadySince: world.now }
  world.pods = world.pods.map((other) => (other === pod ? ended : other))
}
