/** What the operator sees of a world, through its caches or live: the very `Observation` that `plan` takes. */
import type {
  ClaimView,
  JobView,
  KeptVolumeView,
  Observation,
  PodView,
  RevisionView,
  SetView,
  SnapshotView,
} from '../../src/core/observation.ts'
import type { Answer, QuestionKind } from '../../src/core/question.ts'
import { snapshotsByJobs } from '../../src/core/jobs/backups.ts'
import { jobName } from '../../src/core/jobs/job-order.ts'
import { isKeptAlike } from './change.ts'
import { check } from './jobs.ts'
import { snapshotClass, visible } from './storage.ts'
import { minReadySeconds, momentOf, now, progressDeadlineSeconds, withMoments } from './moments.ts'
import {
  type Claim,
  claimName,
  claimsOf,
  type Job,
  type Memory,
  nameOf,
  placeholder,
  type Pod,
  type Resource,
  second,
  type SetObject,
  type Setting,
  type Snapshot,
  type Storage,
  type Volume,
  type World,
} from './world.ts'

/** The parts of a world that a plan rests on. */
export interface Seen {
  readonly resource: Resource
  readonly stable: SetObject | undefined
  readonly stableCurrent: boolean
  readonly canary: SetObject | undefined
  readonly canaryCurrent: boolean
  readonly pods: readonly Pod[]
  readonly claims: readonly Claim[]
  readonly storage: Storage | undefined
  readonly jobs: readonly Job[]
  /** Jobs that have changed since. */
  readonly outdatedJobs: readonly string[]
  /** Kept volumes that have changed since. */
  readonly outdated: readonly string[]
  readonly revisions: readonly string[]
  readonly service: boolean
  readonly answers: Memory['answers']
}

export function throughCaches(world: World): Seen {
  const { frozen } = world
  const { resource, sets, pods, claims, storage, jobs } = frozen.standby ? emptyFrozen : frozen
  return {
    resource: resource ?? world.resource,
    stable: sets === undefined ? world.stable : sets.stable,
    stableCurrent: sets?.stableCurrent ?? true,
    canary: sets === undefined ? world.canary : sets.canary,
    canaryCurrent: sets?.canaryCurrent ?? true,
    pods: pods ?? world.pods,
    claims: claims ?? world.claims,
    storage: storage ?? visible(world.storage),
    outdated: storage === undefined ? [] : outdatedVolumes(storage, world.storage),
    jobs: jobs ?? world.jobs,
    outdatedJobs: jobs === undefined ? [] : outdatedJobs(jobs, world.jobs),
    revisions: world.revisions,
    service: world.around.service,
    answers: world.memory.answers,
  }
}

function outdatedVolumes(shown: Storage, now: Storage | undefined): readonly string[] {
  return shown.volumes
    .filter((volume) => {
      const current = now?.volumes.find(({ name }) => name === volume.name)
      return current?.claimUid !== volume.claimUid || !isKeptAlike(current, volume)
    })
    .map(({ name }) => name)
}

function outdatedJobs(shown: readonly Job[], now: readonly Job[]): readonly string[] {
  const texts = new Set(now.map((job) => JSON.stringify(job)))
  return shown.filter((job) => !texts.has(JSON.stringify(job))).map(({ uid }) => uid)
}

const emptyFrozen: World['frozen'] = { standby: false }

export function observationOf(seen: Seen, setting: Setting): Observation {
  const { resource, stable, canary } = seen
  const pods = seen.pods.map((pod) => podView(pod, seen))
  const jobs = seen.jobs.map((job) => jobView(job, seen.outdatedJobs))
  return {
    resource: {
      name: 'redis',
      namespace: 'default',
      uid: 'resource',
      generation: 1,
      deleting: resource.deleting,
      finalizer: resource.finalizer,
      paused: false,
      unprotected: false,
      ...annotationsOf(resource),
      spec: {
        targetImage: resource.spec.target,
        ordinalsStart: 0,
        ordered: setting.ordered,
        minReadySeconds,
        claimTemplates: ['data'],
        promoteAnnotation: 'canary.example.com/promote',
        progressDeadlineSeconds,
        promotionType: 'manual',
        bakeSeconds: 0,
        steps: [],
        paused: false,
        fromZero: false,
        automaticRollback: true,
        revisionHistoryLimit: 10,
        deletionPolicy: 'Delete',
        snapshots: { policy: 'None', keep: 1 },
        onRollback: 'Restore',
        ...resource.spec,
      },
      status:
        resource.waiting === undefined
          ? undefined
          : {
              waiting: {
                for: resource.waiting.for,
                since: new Date(momentOf(resource.waiting.age)).toISOString(),
              },
            },
    },
    stable: stable && setView('stable', stable, seen.stableCurrent),
    canary: canary && setView('canary', canary, seen.canaryCurrent),
    pods,
    claims: seen.claims.map(claimView),
    snapshots: [...(seen.storage?.snapshots ?? []).map(snapshotView), ...snapshotsByJobs(jobs, pods)],
    jobs,
    keptVolumes: (seen.storage?.volumes ?? []).flatMap((volume) => volumeViews(volume, seen)),
    revisions: seen.revisions.map(revisionView),
    serviceExists: seen.service,
    answers: answersOf(seen.answers),
  }
}

/** Those that are switches are there or not; the others have a value. */
function annotationsOf({ annotations: { paused, unprotected, ...values } }: Resource) {
  return {
    ...values,
    ...(paused !== undefined && { paused: true }),
    ...(unprotected !== undefined && { unprotected: true }),
  }
}

function revisionView(revision: string, index: number): RevisionView {
  return {
    name: `redis-${revision}`,
    uid: revision,
    resourceVersion: 'current',
    revision,
    number: index + 1,
    image: revision,
  }
}

function setView(name: 'stable' | 'canary', set: SetObject, isCurrent: boolean): SetView {
  const { revision, replicas, start, partition, observed, caughtUp, attempt, record } = set
  return {
    name: `redis-${name}`,
    uid: name,
    resourceVersion: isCurrent ? 'current' : 'outdated',
    ours: set.released !== true,
    deleting: set.deleting === true,
    observed,
    revision,
    replicas,
    ordinalsStart: start,
    partition,
    minReadySeconds,
    retains: true,
    caughtUp,
    ...(attempt === undefined ? {} : { attempt }),
    ...(observed && { hash: `hash-${revision}` }),
    ...(record === undefined ? {} : { record: withMoments(record) }),
  }
}

function podView(pod: Pod, seen: Seen): PodView {
  const { role, ordinal, revision, claim, state, deleting, age } = pod
  return {
    name: nameOf(pod),
    uid: nameOf(pod),
    role,
    ordinal,
    revision,
    ...(pod.orphan && { orphan: true }),
    deleting,
    ...(pod.pinned && { pinned: true }),
    ...(state === 'stopped' && { stopped: true }),
    phase: phaseOf(state),
    // One that ends may have been ready for long, and is so until its containers have ended.
    ...(state === 'ready' ? { readySince: momentOf(deleting ? 3 : age) } : { unreadySince: momentOf(age) }),
    ...(state === 'noImage' && { failure: { reason: 'ErrImagePull', message: 'no image' } }),
    ...(state === 'crashing' && { failure: { reason: 'CrashLoopBackOff', message: 'it crashed' } }),
    claims:
      claim === placeholder
        ? role === 'job'
          ? []
          : [claimName(claim)]
        : claimsOf(seen, claim).map(claimName),
    ...(role === 'job' && {
      job:
        pod.job ??
        jobName({ name: 'redis', uid: 'resource' }, revision === check ? 'check' : 'migrate', ordinal),
    }),
  }
}

function phaseOf(state: Pod['state']): PodView['phase'] {
  if (state === 'ended' || state === 'stopped') return 'Succeeded'
  return state === 'pending' || state === 'noImage' ? 'Pending' : 'Running'
}

function jobView(
  { name, uid, attempt, revision, claim, suspended, deleting, outcome, ...of }: Job,
  outdated: readonly string[],
): JobView {
  const { purpose, pod, age = 0, theirs, heldFor = 0 } = of
  return {
    name,
    uid,
    resourceVersion: outdated.includes(uid) ? 'outdated' : 'current',
    ours: theirs !== true,
    ...(theirs !== true && { attempt, generation: 1 }),
    revision,
    createdAt: momentOf(age),
    ...(purpose !== undefined && { purpose, claims: claimUidsOf(claim, of) }),
    ...(pod !== undefined && { pod }),
    suspended,
    deleting,
    ...(deleting && { deletingSince: momentOf(heldFor) }),
    ...(outcome !== undefined && { outcome }),
  }
}

function claimUidsOf(claim: number, { claimUid = '', secondUid }: Pick<Job, 'claimUid' | 'secondUid'>) {
  return {
    [claimName(claim)]: claimUid,
    ...(secondUid !== undefined && { [claimName(claim + second)]: secondUid }),
  }
}

function claimView({ ordinal, deleting, uid, volume, source }: Claim): ClaimView {
  const name = claimName(ordinal)
  return {
    name,
    uid: uid ?? name,
    resourceVersion: 'current',
    ordinal: ordinal % second,
    deleting,
    ...(volume !== undefined && { volume }),
    ...(source !== undefined && { source }),
  }
}

function snapshotView({
  name,
  uid,
  ordinal,
  attempt,
  claimUid,
  ready,
  deleting,
  pod,
  age,
}: Snapshot): SnapshotView {
  const claim = claimName(ordinal)
  return {
    name,
    uid,
    claim,
    claimUid,
    attempt,
    createdAt: momentOf(age),
    deleting,
    ready,
    ...(pod !== undefined && { pod }),
  }
}

function volumeViews(
  { name, claimUid, kept }: Volume,
  { claims, outdated }: Seen,
): readonly KeptVolumeView[] {
  if (kept === undefined) return []
  const view = {
    name,
    uid: name,
    resourceVersion: outdated.includes(name) ? 'outdated' : 'current',
    claim: claimName(kept.ordinal),
    claimUid: kept.claimUid,
    attempt: kept.attempt,
    ...(kept.restored && { restored: true as const }),
    retains: true,
    free: claimUid === undefined,
    released: claimUid === kept.claimUid && !claims.some(({ uid }) => uid === claimUid),
    keptAt: momentOf(kept.age ?? 0),
  }
  return [view]
}

const answerWords: Readonly<Record<'yes' | 'no' | 'never', Answer>> = {
  yes: { yes: true, warnings: [] },
  no: { yes: false, message: 'no', askAgainAt: now + 15_000 },
  never: { yes: false, message: 'never' },
}

function answersOf(answers: Memory['answers']): Observation['answers'] {
  return Object.fromEntries(
    Object.entries(answers).map(([kind, answer]) => [kind, answerOf(kind as QuestionKind, answer)]),
  )
}

function answerOf(kind: QuestionKind, answer: 'yes' | 'no' | 'never'): Answer {
  const words = answerWords[answer]
  return kind === 'snapshotClasses' && words.yes
    ? { ...words, snapshotClasses: { data: snapshotClass } }
    : words
}
