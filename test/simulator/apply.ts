/** The API server's side of one action: its preconditions, then the change. What it would refuse is thrown as `Refused`. */
import { annotations } from '../../src/api/v1alpha1/constants.ts'
import type { Action } from '../../src/core/action.ts'
import { assertNever } from '../../src/core/assert-never.ts'
import { formatRecord } from '../../src/core/record.ts'
import { changeJob, createJob } from './jobs.ts'
import { judgeLetGo, judgeWrite, noteRecord, noteReturn, recordOf } from './promises.ts'
import { annotated } from './setting.ts'
import { addClaim, changeVolume, deleteClaim, deleteSnapshot } from './storage.ts'
import {
  changePod,
  changeResource,
  changeSet,
  imageOfRevision,
  minReadySecondsOf,
  newUid,
  newVersion,
  type Role,
  type SimulatedResource,
  terminate,
  type World,
} from './world.ts'

/** Conflict, not found or exists already: the world is not as the writer took it for. */
export class Refused extends Error {
  constructor(what: string) {
    super(`refused: ${what}`)
    this.name = 'Refused'
  }
}

/** `resource` is the one that the writer knows: what is written to its metadata is fenced by that. */
export function apply(world: World, action: Action, resource: SimulatedResource): void {
  if ('set' in action) test(world, action.set)
  if (action.kind.endsWith('Finalizer') && resource !== world.resource)
    throw new Refused('the resource is another')
  judgeWrite(world, action)
  switch (action.kind) {
    case 'addFinalizer':
      if (world.resource.deleting) throw new Refused('no finalizer is added to what is being deleted')
      return changeResource(world, { finalizer: true })
    case 'removeFinalizer':
      return changeResource(world, { finalizer: false, gone: true })
    case 'removeAnnotation':
      return removeAnnotation(world, action)
    case 'createRevision':
      return createRevision(world, action)
    case 'renewRevision':
      return renewRevision(world, action)
    case 'deleteRevision':
      world.revisions = world.revisions.filter(({ uid }) => uid !== action.stored.uid)
      return
    case 'createService':
      world.service = world.resource.spec.deletionPolicy === 'Orphan' ? 'released' : 'ours'
      return
    case 'releaseService':
      world.service = 'released'
      return
    case 'createStable': {
      const { revision, replicas, record } = action
      create(world, 'stable', { revision, replicas, record: formatRecord(record) })
      return noteRecord(world, undefined, record)
    }
    case 'createCanary':
      return create(world, 'canary', { ...action, replicas: 0 })
    case 'changeStable':
      return changeStable(world, action)
    case 'releaseStable':
      return changeSet(world, 'stable', { ours: false })
    case 'armCanary':
      return changeSet(world, 'canary', { replicas: action.replicas, ordinalsStart: action.ordinalsStart })
    case 'emptyCanary':
      return changeSet(world, 'canary', { replicas: 0 })
    case 'emptyStable':
      return changeSet(world, 'stable', { replicas: 0 })
    case 'deleteSet':
      delete world.sets[world.sets.stable?.uid === action.set.uid ? 'stable' : 'canary']
      return
    case 'deletePod': {
      const pod = world.pods.find(({ uid }) => uid === action.pod.uid)
      if (pod === undefined) throw new Refused(`no pod ${action.pod.name}`)
      return terminate(world, pod)
    }
    case 'pinPod': {
      const pod = byUid(world.pods, action.pod)
      if (pod.deleting) throw new Refused(`${pod.name} is being deleted`)
      changePod(world, pod, { pinned: true })
      return
    }
    case 'unpinPod': {
      const { pinned: _, ...pod } = byUid(world.pods, action.pod)
      world.pods = world.pods.flatMap((one) => (one.uid !== pod.uid ? [one] : pod.stopped ? [] : [pod]))
      return
    }
    case 'releasePod': {
      const pod = byUid(world.pods, action.pod)
      if (pod.role !== 'stable') throw new Refused(`${pod.name} is not stable's`)
      changePod(world, pod, { role: 'released' })
      return
    }
    case 'createSnapshot':
      return createSnapshot(world, action)
    case 'deleteSnapshot':
      return deleteSnapshot(world, byUid(world.snapshots, action.snapshot))
    case 'keepVolume':
      return keepVolume(world, action)
    case 'deleteClaim': {
      const claim = byUid(world.claims, action.claim)
      if (claim.resourceVersion !== action.claim.resourceVersion)
        throw new Refused(`${claim.name} has changed`)
      return deleteClaim(world, claim)
    }
    case 'createClaim':
      return createClaim(world, action)
    case 'releaseVolume':
      return releaseVolume(world, action)
    case 'createJob': {
      if (world.jobs.some(({ name }) => name === action.job)) throw new Refused(`${action.job} exists`)
      return createJob(world, action, resource.generation)
    }
    case 'resumeJob': {
      const job = byUid(world.jobs, action.job)
      if (job.resourceVersion !== action.job.resourceVersion) throw new Refused(`${job.name} has changed`)
      return changeJob(world, job, { suspended: false, startedAt: world.now })
    }
    case 'deleteJob':
      return changeJob(world, byUid(world.jobs, action.job), { deleting: true })
    case 'freeVolume': {
      const volume = byUid(world.volumes, action.volume)
      if (volume.resourceVersion !== action.volume.resourceVersion)
        throw new Refused(`${volume.name} has changed`)
      return changeVolume(world, volume, { claimUid: undefined })
    }
    default:
      return assertNever(action)
  }
}

function test(
  world: World,
  { name, uid, resourceVersion }: { name: string; uid: string; resourceVersion: string },
): void {
  const set = Object.values(world.sets).find((candidate) => candidate.uid === uid)
  if (set?.resourceVersion !== resourceVersion) throw new Refused(`${name} is another one by now`)
}

function removeAnnotation(world: World, { name, value }: { name: string; value: string }): void {
  const removed = annotated.find((one) => annotations[one] === name)
  if (removed === undefined) throw new Error(`nobody annotates ${name}`)
  const { [removed]: present, ...rest } = world.resource.annotations
  if (present !== value) throw new Refused(`annotation ${name} has another value`)
  changeResource(world, { annotations: rest })
}

function createRevision(world: World, { revision, number }: { revision: string; number: number }): void {
  if (world.revisions.some((stored) => stored.revision === revision))
    throw new Refused(`${revision} is stored`)
  const stored = {
    name: `redis-${revision}`,
    uid: newUid(world),
    resourceVersion: newVersion(world),
    revision,
    number,
    image: imageOfRevision(revision),
  }
  world.revisions = [...world.revisions, stored]
}

function renewRevision(world: World, action: Extract<Action, { kind: 'renewRevision' }>): void {
  const { stored, number } = action
  const found = world.revisions.find(({ uid }) => uid === stored.uid)
  if (found?.resourceVersion !== stored.resourceVersion) throw new Refused(`${stored.name} is another`)
  const renewed = { ...found, number, resourceVersion: newVersion(world) }
  world.revisions = world.revisions.map((one) => (one === found ? renewed : one))
}

interface Made {
  readonly revision: string
  readonly replicas: number
  readonly record?: string
  readonly claimOrdinal?: number | undefined
  readonly attempt?: number
}

function create(world: World, role: Role, { revision, replicas, record, claimOrdinal, attempt }: Made): void {
  if (world.sets[role] !== undefined) throw new Refused(`set ${role} exists`)
  world.sets[role] = {
    role,
    name: `redis-${role}`,
    uid: newUid(world),
    resourceVersion: newVersion(world),
    ours: true,
    deleting: false,
    observed: false,
    revision,
    replicas,
    ordinalsStart: role === 'stable' ? (world.setting.ordinalsStart ?? 0) : 0,
    partition: 0,
    minReadySeconds: minReadySecondsOf(world),
    retains: true,
    caughtUp: false,
    generation: 1,
    seen: undefined,
    claimOrdinal,
    ...(record !== undefined && { record }),
    ...(attempt !== undefined && { attempt }),
  }
}

function changeStable(world: World, { intent, change }: Extract<Action, { kind: 'changeStable' }>): void {
  const { stable } = world.sets
  const { record, revision, replicas, partition } = change
  if (stable?.ours === false) throw new Error('a set is changed that was handed over')
  if ((partition ?? 0) > (stable?.partition ?? 0) && revision === undefined)
    throw new Error('the partition is raised: an evicted new pod would come back old')
  if (revision !== undefined && !world.revisions.some((stored) => stored.revision === revision))
    throw new Error(`stable is given ${revision}, which is not stored`)
  const before = recordOf(stable)
  changeSet(world, 'stable', {
    ...(record !== undefined && { record: formatRecord(record) }),
    ...(revision !== undefined && { revision }),
    ...(replicas !== undefined && { replicas }),
    ...(partition !== undefined && { partition }),
  })
  if (record !== undefined) noteRecord(world, before, record)
  if (intent === 'makeWhole') noteReturn(world)
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>

function byUid<T extends { readonly uid: string }>(
  objects: readonly T[],
  { name, uid }: { readonly name: string; readonly uid: string },
): T {
  const found = objects.find((object) => object.uid === uid)
  if (found === undefined) throw new Refused(`no ${name} of that uid`)
  return found
}

function createSnapshot(
  world: World,
  { snapshot: name, claim, attempt, pod }: ActionOf<'createSnapshot'>,
): void {
  if (world.snapshots.some((one) => one.name === name)) throw new Refused(`${name} exists`)
  const snapshot = {
    name,
    uid: newUid(world),
    claim: claim.name,
    claimUid: claim.uid,
    attempt,
    createdAt: world.now,
    deleting: false,
    ready: false,
    ...(pod !== undefined && { pod }),
  }
  world.snapshots = [...world.snapshots, snapshot]
}

function keepVolume(world: World, { volume: name, claim, attempt, restored }: ActionOf<'keepVolume'>): void {
  const { uid: claimUid } = byUid(world.claims, claim)
  const volume = world.volumes.find((one) => one.name === name)
  if (volume?.claimUid !== claimUid) throw new Refused(`${claim.name} is not on ${name}`)
  const kept = { claimUid, attempt, at: world.now, ...(restored && { restored }) }
  changeVolume(world, volume, { retains: true, kept })
}

/** Its own reclaim policy is Delete, and its claim is gone: so it goes. */
function releaseVolume(world: World, { volume: known }: ActionOf<'releaseVolume'>): void {
  const volume = byUid(world.volumes, known)
  if (volume.resourceVersion !== known.resourceVersion) throw new Refused(`${volume.name} has changed`)
  judgeLetGo(world, volume)
  const { kept: _, ...own } = { ...volume, retains: false }
  const isBack = world.claims.some((claim) => claim.volume === volume.name)
  world.volumes = world.volumes.flatMap((other) => (other !== volume ? [other] : isBack ? [own] : []))
}

function createClaim(world: World, action: ActionOf<'createClaim'>): void {
  const { claim: name, volume, snapshot, backup } = action
  if (world.claims.some((one) => one.name === name)) throw new Refused(`${name} exists`)
  const noted = world.volumes.find((one) => one.name === volume)
  if (noted?.kept === undefined || noted.claim !== name) throw new Refused(`${volume} has no note of ${name}`)
  const source = snapshot === undefined ? backup : byUid(world.snapshots, snapshot).name
  const from = source === undefined ? { volume } : { source }
  addClaim(world, { name, ordinal: Number(name.replace(/.*-/, '')), ...from })
}
