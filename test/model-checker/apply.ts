/** The API server's side of one action: its preconditions, then the change; undefined where it is refused. */
import type { Action } from '../../src/core/action.ts'
import { assertNever } from '../../src/core/assert-never.ts'
import { withPod, withResource, withRevisions, withSet } from './change.ts'
import { carryOutOnJobs, noteEarlier } from './jobs.ts'
import { judgeRelease, noteRecord, noteReturn } from './ledger.ts'
import { withAges } from './moments.ts'
import { carryOutOnStorage } from './storage.ts'
import { nameOf, type Pod, type Role, type SetObject, Violation, type World } from './world.ts'

export function carryOut(world: World, action: Action): World | undefined {
  const { resource } = world
  switch (action.kind) {
    case 'addFinalizer':
      return resource.gone || resource.deleting
        ? undefined
        : withResource(world, { ...resource, finalizer: true })
    case 'removeFinalizer':
      return withResource(world, { ...resource, finalizer: false, gone: true })
    case 'removeAnnotation':
      return removeAnnotation(world, action)
    case 'createRevision':
      if (world.revisions.includes(action.revision)) return undefined
      return withRevisions(world, [...world.revisions, action.revision])
    case 'renewRevision':
      return world.revisions.includes(action.stored.uid)
        ? withRevisions(world, [...without(world.revisions, action.stored.uid), action.stored.uid])
        : undefined
    case 'deleteRevision':
      return withRevisions(world, without(world.revisions, action.stored.uid))
    case 'createService':
      return world.around.service ? undefined : { ...world, around: { ...world.around, service: true } }
    case 'createStable': {
      const start = world.resource.spec.ordinalsStart ?? 0
      const { replicas, record, revision } = action
      const made = { ...newSet(revision), start, replicas, record: withAges(record) }
      return world.stable === undefined
        ? noteRecord(withSet(world, 'stable', made), undefined, action.record)
        : undefined
    }
    case 'createCanary': {
      const { revision, claimOrdinal, attempt } = action
      return world.canary === undefined
        ? withSet(world, 'canary', { ...newSet(revision), attempt, claimOrdinal, owned: true })
        : undefined
    }
    case 'changeStable':
      return noteReturn(changeStable(world, action.change), action)
    case 'releaseStable':
      judgeRelease(world)
      return changeSet(world, 'stable', { released: true })
    // The model's Service never goes.
    case 'releaseService':
      return undefined
    case 'armCanary':
      return changeSet(world, 'canary', {
        replicas: action.replicas,
        start: action.ordinalsStart,
        owned: undefined,
      })
    case 'emptyCanary':
      return changeSet(world, 'canary', { replicas: 0 })
    case 'emptyStable':
      return changeSet(world, 'stable', { replicas: 0 })
    case 'deleteSet':
      return withSet(world, action.set.uid as Role, undefined)
    case 'deletePod': {
      const pod = world.pods.find((candidate) => nameOf(candidate) === action.pod.name)
      return pod && withPod(world, pod, { ...pod, deleting: true, age: 0 })
    }
    case 'pinPod': {
      const pod = world.pods.find((one) => nameOf(one) === action.pod.name && !one.deleting)
      return pod && withPod(world, pod, { ...pod, pinned: true })
    }
    case 'unpinPod': {
      const pod = world.pods.find((one) => nameOf(one) === action.pod.name && one.pinned === true)
      return pod && withPod(world, pod, unpinned(pod))
    }
    case 'releasePod': {
      const pod = world.pods.find((one) => one.role === 'stable' && nameOf(one) === action.pod.name)
      return pod && withPod(world, pod, { ...pod, role: 'released' })
    }
    case 'createSnapshot':
    case 'deleteSnapshot':
    case 'keepVolume':
    case 'deleteClaim':
    case 'createClaim':
    case 'freeVolume':
    case 'releaseVolume':
      return carryOutOnStorage(world, action)
    case 'createJob':
    case 'resumeJob':
    case 'deleteJob':
      return carryOutOnJobs(world, action)
    default:
      return assertNever(action)
  }
}

function unpinned({ pinned: _pinned, ...pod }: Pod): Pod | undefined {
  return pod.state === 'stopped' ? undefined : pod
}

function without(revisions: readonly string[], gone: string): readonly string[] {
  return revisions.filter((revision) => revision !== gone)
}

function newSet(revision: string): SetObject {
  return {
    revision,
    replicas: 0,
    start: 0,
    partition: 0,
    observed: false,
    current: revision,
    caughtUp: false,
  }
}

function removeAnnotation(world: World, { name, value }: { name: string; value: string }): World | undefined {
  const { resource } = world
  const short = name.replace(/^.*\//, '').replaceAll(/-./g, ([, letter = '']) => letter.toUpperCase())
  if (resource.annotations[short] !== value) return undefined
  const { [short]: _, ...annotations } = resource.annotations
  return withResource(world, { ...resource, annotations })
}

function changeSet(world: World, role: Role, change: Partial<SetObject>): World | undefined {
  const set = world[role]
  if (set === undefined) return undefined
  const changed = { ...set, ...change }
  const isSpec = (['revision', 'replicas', 'start', 'partition'] as const).some(
    (field) => changed[field] !== set[field],
  )
  return withSet(world, role, isSpec ? { ...changed, observed: false } : changed)
}

function changeStable(
  world: World,
  { record, revision, replicas, partition }: Extract<Action, { kind: 'changeStable' }>['change'],
): World | undefined {
  const { stable } = world
  if (stable === undefined || (replicas ?? 0) < 0) return undefined
  if (stable.released) throw new Violation('a set is changed that was handed over')
  if (revision !== undefined && !world.revisions.includes(revision))
    throw new Violation(`stable is given revision ${revision}, which is not stored`)
  if (partition !== undefined && partition > stable.partition && revision === undefined)
    throw new Violation('the partition is raised: an evicted new pod would come back old')
  const changed = changeSet(world, 'stable', {
    ...(record && { record: withAges(record) }),
    ...(revision !== undefined && { revision }),
    ...(replicas !== undefined && { replicas }),
    ...(partition !== undefined && { partition }),
  })
  // A change of the stable set's spec is another generation of it: answers are about the one before.
  const forgotten = changed && { ...changed, memory: { ...changed.memory, answers: {} } }
  if (forgotten === undefined || record === undefined) return forgotten
  const isNew = record.rollout !== undefined && record.id !== stable.record?.id
  return noteRecord(isNew ? noteEarlier(forgotten, record) : forgotten, stable.record, record)
}
