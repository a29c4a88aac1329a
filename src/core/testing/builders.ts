/**
 * Observations for tests of the core, built in plain functions: a base (`newWorld`, `stableWorld` or a stage of a
 * rollout) and changes to it, `world(stableWorld(), wanting('new'), withPods(...))`. What a test does not name is
 * healthy and settled. No test reads a whole object from a file: a row shows what it is about and nothing else.
 */
import type {
  ClaimView,
  JobView,
  KeptVolumeView,
  MigrationSpec,
  Observation,
  PodView,
  ResourceView,
  RevisionView,
  SetView,
  SnapshotView,
  SpecView,
} from '../observation.ts'
import type { Answer, QuestionKind } from '../question.ts'
import { snapshotsByJobs } from '../jobs/backups.ts'
import {
  formatRecord,
  type Names,
  type Rollout,
  type RolloutMigration,
  type RolloutRecord,
  type Step,
} from '../record.ts'

/** The moment at which tests decide, unless they say otherwise. */
export const now = Date.UTC(2026, 10, 21, 12, 0, 0)
export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute

/** Long enough ago that everybody is available. */
export const longAgo = now - 24 * hour

export type Revision = 'old' | 'new' | 'third'

export const images: Readonly<Record<Revision, string>> = { old: 'redis:6', new: 'redis:7', third: 'redis:8' }

export type Change = (before: Observation) => Observation

/** The base with all changes, in their order. */
export function world(base: Observation, ...changes: readonly Change[]): Observation {
  return changes.reduce((before, change) => change(before), base)
}

export interface Shape {
  readonly replicas?: number
  readonly canaryReplicas?: number
  /** Steps of the spec; `canaryReplicas` is then the number of the present one. */
  readonly steps?: readonly Step[]
  readonly start?: number
  readonly ordered?: boolean
  readonly minReadySeconds?: number
}

/** A resource that was just applied: nothing of it is there yet. */
export function newWorld(shape: Shape = {}): Observation {
  return {
    resource: {
      name: 'redis',
      namespace: 'default',
      uid: 'resource-uid',
      generation: 1,
      deleting: false,
      finalizer: true,
      paused: false,
      unprotected: false,
      spec: {
        replicas: shape.replicas ?? 3,
        canaryReplicas: shape.canaryReplicas ?? 1,
        target: 'old',
        targetImage: images.old,
        ordinalsStart: shape.start ?? 0,
        ordered: shape.ordered ?? true,
        minReadySeconds: shape.minReadySeconds ?? 0,
        claimTemplates: ['data'],
        serviceName: 'redis-headless',
        promoteAnnotation: 'canary.example.com/promote',
        progressDeadlineSeconds: 600,
        promotionType: 'manual',
        bakeSeconds: 0,
        steps: shape.steps ?? [],
        paused: false,
        fromZero: false,
        automaticRollback: true,
        revisionHistoryLimit: 10,
        deletionPolicy: 'Delete',
        snapshots: { policy: 'None', keep: 1 },
        onRollback: 'Restore',
      },
      status: undefined,
    },
    stable: undefined,
    canary: undefined,
    pods: [],
    claims: [],
    snapshots: [],
    keptVolumes: [],
    jobs: [],
    revisions: [],
    serviceExists: true,
    answers: {},
  }
}

/** At rest: every replica is available on `old`, which is proven, and nothing else was ever tried. */
export function stableWorld(shape: Shape = {}): Observation {
  const base = newWorld(shape)
  const { replicas, ordinalsStart, minReadySeconds } = base.resource.spec
  const ordinals = Array.from({ length: replicas }, (_, index) => ordinalsStart + index)
  return {
    ...base,
    stable: {
      ...aSet('redis-stable'),
      replicas,
      ordinalsStart,
      minReadySeconds,
      record: formatRecord(restRecord),
    },
    pods: ordinals.map((ordinal) => stablePod(ordinal)),
    claims: ordinals.map((ordinal) => aClaim(ordinal)),
    revisions: [aRevision('old', 1)],
  }
}

export const restRecord: RolloutRecord = { accepted: 'old', proven: true, id: 1 }

function aSet(name: string): SetView {
  return {
    name,
    uid: `${name}-uid`,
    resourceVersion: '100',
    ours: true,
    deleting: false,
    observed: true,
    revision: 'old',
    replicas: 0,
    ordinalsStart: 0,
    partition: 0,
    minReadySeconds: 0,
    retains: true,
    caughtUp: true,
    hash: `${name}-hash`,
  }
}

/** A pod of stable that has been available on `old` for a long time, on its own claim. */
export function stablePod(ordinal: number, changes: Partial<PodView> = {}): PodView {
  return aPod('stable', ordinal, changes)
}

/** A canary pod that has been available on `new` for a long time, on the claim of the replica it displaced. */
export function canaryPod(ordinal: number, changes: Partial<PodView> = {}): PodView {
  return aPod('canary', ordinal, { revision: 'new', ...changes })
}

/** A replica on `new` that its set has let go of. */
export function releasedPod(ordinal: number, changes: Partial<PodView> = {}): PodView {
  const { name, uid } = stablePod(ordinal)
  return aPod('released', ordinal, { name, uid, revision: 'new', orphan: true, ...changes })
}

/** A running pod of somebody else that mounts the claim of that ordinal. */
export function foreignPod(ordinal: number, changes: Partial<PodView> = {}): PodView {
  return aPod('foreign', ordinal, { name: 'debug', uid: 'debug-uid', revision: '', ...changes })
}

function aPod(role: PodView['role'], ordinal: number, changes: Partial<PodView>): PodView {
  const name = `redis-${role}-${ordinal}`
  return {
    name,
    uid: `${name}-uid`,
    role,
    ordinal,
    revision: 'old',
    deleting: false,
    phase: 'Running',
    readySince: longAgo,
    claims: [`data-redis-stable-${ordinal}`],
    ...changes,
  }
}

export function aClaim(ordinal: number, changes: Partial<ClaimView> = {}): ClaimView {
  const name = `data-redis-stable-${ordinal}`
  return { name, uid: `${name}-uid`, resourceVersion: '100', ordinal, deleting: false, ...changes }
}

/** Of the attempt of the stages in rollout-worlds.ts, ready, and taken before the canary was armed. */
export function aSnapshot(ordinal: number, changes: Partial<SnapshotView> = {}): SnapshotView {
  const claim = aClaim(ordinal)
  const name = `${claim.name}-resource-3`
  return {
    name,
    uid: `${name}-uid`,
    claim: claim.name,
    claimUid: claim.uid,
    attempt: 3,
    createdAt: now - 6 * minute,
    deleting: false,
    ready: true,
    takenAt: now - 6 * minute,
    ...changes,
  }
}

/** The volume that the canary wrote to, taken out of use in the attempt of the stages. */
export function aKeptVolume(ordinal: number, changes: Partial<KeptVolumeView> = {}): KeptVolumeView {
  const { name: claim, uid: claimUid } = aClaim(ordinal)
  const name = `volume-${ordinal}`
  return {
    name,
    uid: `${name}-uid`,
    resourceVersion: '100',
    claim,
    claimUid,
    attempt: 3,
    retains: true,
    free: false,
    released: true,
    keptAt: now - second,
    ...changes,
  }
}

export function aRevision(revision: Revision, number: number): RevisionView {
  const name = `redis-${revision}`
  return { name, uid: `${name}-uid`, resourceVersion: '100', revision, number, image: images[revision] }
}

/** Running, but not ready, and nobody knows why. */
export function unready(pod: PodView, since = now - minute): PodView {
  const { readySince: _, ...rest } = pod
  return { ...rest, unreadySince: since }
}

/** Not ready, and never to be: it crashes again and again. */
export function crashing(pod: PodView, since = now - minute): PodView {
  return {
    ...unready(pod, since),
    failure: { reason: 'CrashLoop', message: 'container redis keeps crashing: exit code 1' },
  }
}

/** Told to end so long ago that nobody may wait for it any more without a word. */
export function endless(pod: PodView): PodView {
  return { ...pod, deleting: true, endsBy: now - hour }
}

/** Not started: the scheduler finds no node for it. */
export function withoutNode(pod: PodView, since = now - minute): PodView {
  return { ...unready(pod, since), phase: 'Pending', unschedulable: true }
}

/** Not started: its image cannot be had. */
export function withoutImage(pod: PodView): PodView {
  return { ...unready(pod), phase: 'Pending', failure: { reason: 'ErrImagePull', message: 'not found' } }
}

export function withResource(changes: Partial<ResourceView>): Change {
  return (before) => ({ ...before, resource: { ...before.resource, ...changes } })
}

export function withSpec(changes: Partial<SpecView>): Change {
  return (before) => withResource({ spec: { ...before.resource.spec, ...changes } })(before)
}

/** The spec asks for that revision. */
export function wanting(revision: Revision): Change {
  return withSpec({ target: revision, targetImage: images[revision] })
}

/** What the status says is waited for, and since when. */
export function waitingFor(code: string, since: number): Change {
  return (before) => {
    const waiting = { for: code, since: new Date(since).toISOString() }
    return withResource({ status: { ...before.resource.status, waiting } })(before)
  }
}

export function approvedBy(promote: string): Change {
  return withResource({ promote })
}

export function withStable(changes: Partial<SetView>): Change {
  return (before) => ({ ...before, stable: { ...(before.stable ?? aSet('redis-stable')), ...changes } })
}

export function withoutStable(before: Observation): Observation {
  return { ...before, stable: undefined }
}

/** An inert canary set of revision `new`, made for the attempt of the stages in rollout-worlds.ts. */
export function withCanary(changes: Partial<SetView> = {}): Change {
  const inert = { ...aSet('redis-canary'), revision: 'new', attempt: 3 }
  return (before) => ({ ...before, canary: { ...(before.canary ?? inert), ...changes } })
}

export function withoutService(before: Observation): Observation {
  return { ...before, serviceExists: false }
}

/** A Service of its name is there, and has an address of its own. */
export function withWrongService(before: Observation): Observation {
  return { ...before, wrongService: 'redis-headless' }
}

export function withoutCanary(before: Observation): Observation {
  return { ...before, canary: undefined, pods: before.pods.filter((pod) => pod.role !== 'canary') }
}

/** These pods, each instead of the one that has its name. */
export function withPods(...pods: readonly PodView[]): Change {
  const names = pods.map((pod) => pod.name)
  return (before) => ({
    ...before,
    pods: [...before.pods.filter((pod) => !names.includes(pod.name)), ...pods],
  })
}

export function withoutPods(...names: readonly string[]): Change {
  return (before) => ({ ...before, pods: before.pods.filter((pod) => !names.includes(pod.name)) })
}

/** Changes the pods of stable that the function is asked about; undefined takes one away. */
export function withStablePods(change: (pod: PodView) => PodView | undefined): Change {
  return (before) => ({
    ...before,
    pods: before.pods.flatMap((pod) => (pod.role === 'stable' ? (change(pod) ?? []) : [pod])),
  })
}

/** These claims, each instead of the one that has its name. */
export function withClaims(...claims: readonly ClaimView[]): Change {
  const names = claims.map((claim) => claim.name)
  return (before) => ({
    ...before,
    claims: [...before.claims.filter((claim) => !names.includes(claim.name)), ...claims],
  })
}

/** That ordinal's claim is being deleted; only its pod keeps it. */
export function withClaimDeleting(ordinal: number): Change {
  return withClaims(aClaim(ordinal, { deleting: true }))
}

export function withoutClaim(ordinal: number): Change {
  return (before) => ({ ...before, claims: before.claims.filter((claim) => claim.ordinal !== ordinal) })
}

/** These snapshots, each instead of the one that has its name. */
export function withSnapshots(...snapshots: readonly SnapshotView[]): Change {
  const names = snapshots.map((snapshot) => snapshot.name)
  return (before) => ({
    ...before,
    snapshots: [...before.snapshots.filter((one) => !names.includes(one.name)), ...snapshots],
  })
}

export function withKeptVolumes(...keptVolumes: readonly KeptVolumeView[]): Change {
  return (before) => ({ ...before, keptVolumes })
}

/** Snapshots are taken in this rollout; of the ordinals they are recorded, and there. */
export function snapshotting(...ordinals: readonly number[]): Change {
  const taken = ordinals.map((ordinal) => aSnapshot(ordinal))
  const snapshots = Object.fromEntries(taken.map(({ claim, uid }) => [claim, uid]))
  return (before) =>
    world(
      before,
      withSpec({ snapshots: { policy: 'Auto', keep: 1 } }),
      withRollout({ snapshotClasses: { data: 'fast' }, ...(ordinals.length > 0 && { snapshots }) }),
      withSnapshots(...taken),
    )
}

/** The migration that the spec asks for, and that a rollout under way began with. */
export const aMigration: MigrationSpec = {
  type: 'Job',
  timing: 'BeforePromotion',
  reversible: true,
  mountClaims: false,
  digest: 'one',
}

/** The Job of the attempt of the stages, suspended. */
export function aJob(changes: Partial<JobView> = {}): JobView {
  const name = 'redis-migrate-resource-3'
  return {
    name,
    uid: `${name}-uid`,
    resourceVersion: '100',
    ours: true,
    attempt: 3,
    generation: 1,
    revision: 'new',
    createdAt: now - 5 * minute,
    deleting: false,
    suspended: true,
    ...changes,
  }
}

/** One for a replica, of the attempt of the stages, made of its claim and suspended. */
export function aReplicaJob(
  purpose: 'backup' | 'restore',
  ordinal: number,
  changes: Partial<JobView> = {},
): JobView {
  const name = `redis-${purpose}-resource-3-${ordinal}`
  const claim = aClaim(ordinal)
  return aJob({ name, uid: `${name}-uid`, purpose, claims: { [claim.name]: claim.uid }, ...changes })
}

/** Its pod, running. */
export function replicaJobPod({ name, claims = {} }: JobView, changes: Partial<PodView> = {}): PodView {
  const pod = `${name}-pod`
  return jobPod(undefined, {
    name: pod,
    uid: `${pod}-uid`,
    job: name,
    claims: Object.keys(claims),
    ...changes,
  })
}

/** These Jobs, and what they stand for. Their pods come before. */
export function withReplicaJobs(...jobs: readonly JobView[]): Change {
  return (before) => ({ ...before, jobs, snapshots: snapshotsByJobs(jobs, before.pods) })
}

/** Jobs back replicas up in this rollout; of these ordinals it is recorded that they have. */
export function backingUp(...ordinals: readonly number[]): Change {
  const recorded = ordinals.map((ordinal) => [aClaim(ordinal).name, aReplicaJob('backup', ordinal).uid])
  return (before) =>
    world(
      before,
      withSpec({ backups: { deadlineSeconds: 900 } }),
      withRollout({
        backups: true,
        ...(recorded.length > 0 && { snapshots: Object.fromEntries(recorded) as Names }),
      }),
    )
}

/** Of that Job, running on the claim of that ordinal, or on none. */
export function jobPod(ordinal?: number, changes: Partial<PodView> = {}): PodView {
  const { name: job } = aJob()
  const claims = ordinal === undefined ? [] : [aClaim(ordinal).name]
  return aPod('job', ordinal ?? -1, {
    name: `${job}-pod`,
    uid: `${job}-pod-uid`,
    revision: '',
    job,
    claims,
    ...changes,
  })
}

export function withJobs(...jobs: readonly JobView[]): Change {
  return (before) => ({ ...before, jobs })
}

/** The rollout has a migration, as far as these changes of its record say. */
export function migrating(changes: Partial<RolloutMigration> = {}): Change {
  const { type, timing, digest } = aMigration
  const job = changes.type === 'External' ? {} : { job: aJob().uid }
  return (before) =>
    world(
      before,
      withSpec({ migration: aMigration }),
      withRollout({ migration: { type, timing, digest, ...job, ...changes } }),
    )
}

export function withRevisions(...revisions: readonly RevisionView[]): Change {
  return (before) => ({ ...before, revisions })
}

export function withAnswers(answers: Observation['answers']): Change {
  return (before) => ({ ...before, answers: { ...before.answers, ...answers } })
}

export const yes: Answer = { yes: true, warnings: [] }

export function no(message: string, askAgainAt?: number): Answer {
  return askAgainAt === undefined ? { yes: false, message } : { yes: false, message, askAgainAt }
}

/** Every question that the start of a rollout asks is answered with yes. */
export const allAllowed = withAnswers(
  Object.fromEntries(
    (['guard', 'handover', 'stableSet', 'canarySet', 'canaryPod'] satisfies QuestionKind[]).map((kind) => [
      kind,
      yes,
    ]),
  ),
)

/** The record as it is, with these changes; a rollout keeps what is not changed. */
export function withRecord(changes: Partial<RolloutRecord>): Change {
  return (before) => withStable({ record: formatRecord({ ...recordOf(before), ...changes }) })(before)
}

export function withRollout(changes: Partial<Rollout>): Change {
  return (before) => {
    const rollout = recordOf(before).rollout
    if (rollout === undefined) throw new Error('this world has no rollout to change')
    return withRecord({ rollout: { ...rollout, ...changes } })(before)
  }
}

/** The record that the stable set of this world carries. */
export function recordOf({ stable }: Observation): RolloutRecord {
  const { version: _, ...record } = JSON.parse(stable?.record ?? '{}') as RolloutRecord & { version: number }
  return record
}
