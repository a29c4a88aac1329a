/** Changes of the server's objects: each one outdates the copies in caches that stand still, and ends writes under way that rest on it. */
import type { Action } from '../../src/core/action.ts'
import {
  type Claim,
  type Job,
  nameOf,
  type Pod,
  type Resource,
  type Role,
  type SetObject,
  type Storage,
  type Volume,
  type World,
} from './world.ts'

export function withSet(world: World, role: Role, set: SetObject | undefined): World {
  if (world[role] === set) return world
  const { frozen } = world
  const sets = frozen.sets && {
    ...frozen.sets,
    [role === 'stable' ? 'stableCurrent' : 'canaryCurrent']: false,
  }
  return endFlights(
    { ...world, [role]: set, frozen: sets === undefined ? frozen : { ...frozen, sets } },
    (action) => 'set' in action && action.set.uid === role,
  )
}

export function withResource(world: World, resource: Resource): World {
  return endFlights(
    { ...world, resource },
    ({ kind }) => kind === 'addFinalizer' || kind === 'removeFinalizer' || kind === 'removeAnnotation',
  )
}

/** A change of spec is another generation: what was answered about the old one counts no more. */
export function withSpec(world: World, spec: Partial<Resource['spec']>): World {
  const { resource, memory } = world
  const changed = withResource(world, { ...resource, spec: { ...resource.spec, ...spec } })
  return { ...changed, memory: { ...memory, answers: {} } }
}

export function withPod(world: World, pod: Pod, changed: Pod | undefined): World {
  const pods = world.pods.flatMap((other) => (other === pod ? (changed ?? []) : other))
  if (changed !== undefined) return { ...world, pods }
  return endFlights(
    withOutdated({ ...world, pods }, nameOf(pod)),
    (action) => action.kind === 'deletePod' && action.pod.uid === nameOf(pod),
  )
}

/** The next pod of its name is not the one that a snapshot was taken of, or is about to be. */
function withOutdated(world: World, name: string): World {
  const { storage, flights } = world
  if (storage === undefined) return world
  const gone = `${name}, gone`
  return {
    ...world,
    jobs: world.jobs.some(({ pod }) => pod === name)
      ? world.jobs.map((job) => (job.pod === name ? { ...job, pod: gone } : job))
      : world.jobs,
    storage: storage.snapshots.some(({ pod }) => pod === name)
      ? {
          ...storage,
          snapshots: storage.snapshots.map((one) => (one.pod === name ? { ...one, pod: gone } : one)),
        }
      : storage,
    flights: flights.map((action) => {
      if (action.kind === 'createSnapshot' && action.pod === name) return { ...action, pod: gone }
      return action.kind === 'createJob' && action.replica?.pod === name
        ? { ...action, replica: { ...action.replica, pod: gone } }
        : action
    }),
  }
}

/** In one order, so that equal worlds are equal texts. */
export function podsWith(pods: readonly Pod[], pod: Pod): readonly Pod[] {
  return [...pods, pod].toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
}

/** One that was deleted and stored again is another object: a late deletion of the first does not mean it. */
export function withRevisions(world: World, revisions: readonly string[]): World {
  const isGone = (revision: string) => !revisions.includes(revision)
  return endFlights(
    { ...world, revisions },
    (action) => action.kind === 'deleteRevision' && isGone(action.stored.uid),
  )
}

export function withClaims(world: World, claims: readonly Claim[]): World {
  const isOther = (uid: string) =>
    claims.find((claim) => claim.uid === uid) !== world.claims.find((claim) => claim.uid === uid)
  const isGone = (uid: string) => !claims.some((claim) => claim.uid === uid)
  return endFlights(
    { ...world, claims },
    (action) =>
      (action.kind === 'deleteClaim' && isOther(action.claim.uid)) ||
      (action.kind === 'keepVolume' && isGone(action.claim.uid)),
  )
}

/** By the same attempt, or not at all; that it has been for longer since is no change. */
export function isKeptAlike(one: Volume | undefined, other: Volume | undefined): boolean {
  return one?.kept?.claimUid === other?.kept?.claimUid && one?.kept?.attempt === other?.kept?.attempt
}

/** A patch of a volume names the resourceVersion that it was decided on. */
export function withStorage(world: World, storage: Storage): World {
  const isChanged = (name: string) => {
    const before = world.storage?.volumes.find((volume) => volume.name === name)
    const now = storage.volumes.find((volume) => volume.name === name)
    return before?.claimUid !== now?.claimUid || !isKeptAlike(before, now)
  }
  const isGone = (snapshot: string) =>
    !storage.snapshots.some(({ uid, deleting }) => uid === snapshot && !deleting)
  return endFlights(
    { ...world, storage },
    (action) =>
      (action.kind === 'keepVolume' && isChanged(action.volume)) ||
      ((action.kind === 'freeVolume' || action.kind === 'releaseVolume') && isChanged(action.volume.name)) ||
      (action.kind === 'deleteSnapshot' && isGone(action.snapshot.uid)),
  )
}

/** A patch of a Job names the resourceVersion that it was decided on; a deletion means that very one. */
export function withJobs(world: World, jobs: readonly Job[]): World {
  const isOther = (uid: string) =>
    jobs.find((job) => job.uid === uid) !== world.jobs.find((job) => job.uid === uid)
  const isGone = (uid: string) => !jobs.some((job) => job.uid === uid && !job.deleting)
  return endFlights(
    { ...world, jobs },
    (action) =>
      (action.kind === 'resumeJob' && isOther(action.job.uid)) ||
      (action.kind === 'deleteJob' && isGone(action.job.uid)),
  )
}

/** The server will refuse them, so nothing is left of them. */
function endFlights(world: World, aimsAtIt: (action: Action) => boolean): World {
  const { flights } = world
  return flights.some(aimsAtIt) ? { ...world, flights: flights.filter((action) => !aimsAtIt(action)) } : world
}
