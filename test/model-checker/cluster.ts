/**
 * The cluster's own moves: the StatefulSet controller (OrderedReady and Parallel, partition counted from the first
 * ordinal, currentRevision that lags, a cache of pods that may stand still) and the kubelet. Each move is one object's, so
 * that they come in every order.
 */
import { isBound } from './contents.ts'
import { jobMoves } from './jobs.ts'
import { storageMoves, withEmptyClaim, withoutClaim } from './storage.ts'
import { podsWith, withPod, withSet } from './change.ts'
import { noteCanary, noteStart, withWriter, writerOf } from './ledger.ts'
import {
  claimsOf,
  type Code,
  isWriter,
  type Move,
  mounts,
  nameOf,
  placeholder,
  type Pod,
  type Role,
  type SetObject,
  type Setting,
  type World,
} from './world.ts'

export function clusterMoves(world: World, setting: Setting): Move[] {
  return [
    ...setMoves(world, 'stable', setting),
    ...setMoves(world, 'canary', setting),
    ...world.pods.flatMap((pod) => kubeletMoves(world, pod, setting)),
    ...jobMoves(world, setting),
    ...claimMoves(world),
    ...storageMoves(world, setting),
  ]
}

function setMoves(world: World, role: Role, setting: Setting): Move[] {
  const set = world[role]
  if (set === undefined) return orphans(world, role)
  if (set.owned && world.resource.gone)
    return [{ what: `the ${role} set is collected`, world: withSet(world, role, undefined) }]
  if (set.deleting) return foreground(world, role)
  if (!set.observed) {
    const seen = { ...set, observed: true, caughtUp: set.current === set.revision }
    return [{ what: `the controller sees the ${role} set`, world: adopted(withSet(world, role, seen), role) }]
  }
  const ordered = role === 'stable' && setting.ordered
  return [...scaleAndUpdate(world, role, set, ordered), ...catchUp(world, role, set), ...letGo(world, role)]
}

/** Of those that no longer have its label, once it has noticed. */
function letGo(world: World, role: Role): Move[] {
  if (world.around.controllerPods !== undefined) return []
  return podsOf(world.pods, role)
    .filter((pod) => pod.role === 'released')
    .map((pod) => ({
      what: `the controller of the stable set lets go of ${nameOf(pod)}`,
      world: withPod(world, pod, { ...pod, orphan: true }),
    }))
}

/** Pods of a set that is gone are collected, unless it was deleted without them. */
function orphans(world: World, role: Role): Move[] {
  return podsOf(world.pods, role)
    .filter((pod) => !pod.deleting && !pod.orphan)
    .flatMap((pod) => terminate(world, pod, 'is collected'))
}

/** The set goes last, and its controller does nothing for it any more. */
function foreground(world: World, role: Role): Move[] {
  const pods = podsOf(world.pods, role)
  return pods.length > 0
    ? orphans(world, role)
    : [{ what: `the ${role} set is gone`, world: withSet(world, role, undefined) }]
}

/** A set takes pods over that carry its labels. */
function adopted(world: World, role: Role): World {
  if (!world.pods.some((pod) => pod.role === role && pod.orphan)) return world
  return { ...world, pods: world.pods.map((pod) => (pod.role === role ? ofItsSet(pod) : pod)) }
}

function ofItsSet(pod: Pod): Pod {
  const { orphan: _, ...adopted } = pod
  return adopted
}

/** One that was released is its set's until that has let go of it. */
function podsOf(pods: readonly Pod[], role: Role): Pod[] {
  return pods.filter(
    (pod) => pod.role === role || (role === 'stable' && pod.role === 'released' && pod.orphan !== true),
  )
}

/** As the set controller sees them. */
function podsSeen({ around, pods }: World, role: Role): Pod[] {
  return podsOf(around.controllerPods ?? pods, role)
}

function catchUp(world: World, role: Role, set: SetObject): Move[] {
  const pods = podsSeen(world, role)
  const updated = pods.filter((pod) => pod.revision === set.revision && isAvailable(pod)).length
  if (set.current === set.revision || updated !== set.replicas || pods.length !== set.replicas) return []
  const caught = { ...set, current: set.revision, caughtUp: true }
  return [{ what: `the ${role} set has caught up`, world: withSet(world, role, caught) }]
}

function isAvailable(pod: Pod): boolean {
  return !pod.deleting && pod.state === 'ready' && pod.age >= 1
}

function scaleAndUpdate(world: World, role: Role, set: SetObject, ordered: boolean): Move[] {
  const pods = podsSeen(world, role)
  const end = set.start + set.replicas
  const created: Move[] = []
  for (let ordinal = set.start; ordinal < end; ordinal++) {
    const pod = pods.find((candidate) => candidate.ordinal === ordinal)
    if (pod === undefined) created.push(...create(world, role, set, ordinal))
    else if (!ordered || isAvailable(pod)) continue
    if (ordered) return created
  }
  const top = pods.toSorted((one, other) => other.ordinal - one.ordinal)
  const condemned = top.filter((pod) => pod.ordinal >= end || pod.ordinal < set.start)
  const leaving = condemned
    .filter((pod) => !pod.deleting)
    .flatMap((pod) => terminate(world, pod, 'is scaled away'))
  if (ordered && condemned.length > 0) return isStalled(condemned) ? [] : leaving.slice(0, 1)
  if (created.length + condemned.length > 0) return [...created, ...leaving]
  return updateOne(world, set, top)
}

/** From the top, one at a time; and one that is not ready only where none below it is unready as well (run for real). */
function isStalled([top, ...others]: readonly Pod[]): boolean {
  const isHealthy = ({ deleting, state }: Pod) => !deleting && state === 'ready'
  return top === undefined || top.deleting || (!isHealthy(top) && others.some((pod) => !isHealthy(pod)))
}

function updateOne(world: World, set: SetObject, top: readonly Pod[]): Move[] {
  for (const pod of top) {
    if (pod.ordinal < set.start + set.partition) return []
    if (pod.revision !== set.revision) return pod.deleting ? [] : terminate(world, pod, 'is replaced')
    if (!isAvailable(pod)) return []
  }
  return []
}

/** Nothing where a pod of that name exists, which a cache that stands still does not show. */
function create(world: World, role: Role, set: SetObject, ordinal: number): Move[] {
  if (world.pods.some((pod) => nameOf(pod) === nameOf({ role, ordinal }))) return []
  const below = role === 'stable' && ordinal < set.start + set.partition
  const revision = below ? set.current : set.revision
  const pod: Pod = {
    role,
    ordinal,
    revision,
    claim: set.claimOrdinal ?? (role === 'stable' || world.around.handover ? ordinal : placeholder),
    state: 'pending',
    deleting: false,
    age: 0,
  }
  const pods = podsWith(world.pods, pod)
  const lacking = role === 'canary' ? [] : lackingClaims(world, pod)
  const created = lacking.reduce(withEmptyClaim, world)
  const after = { ...created, pods }
  const made = role === 'canary' ? noteCanary(after) : after
  return [{ what: `${nameOf(pod)} is created on ${revision}`, world: made }]
}

/** By its name: where a cache stands still, it may be another one of that name. */
function terminate(world: World, seen: Pod, why: string): Move[] {
  const pod = world.pods.find((one) => nameOf(one) === nameOf(seen))
  if (pod === undefined || pod.deleting) return []
  return [{ what: `${nameOf(pod)} ${why}`, world: withPod(world, pod, { ...pod, deleting: true, age: 0 }) }]
}

function kubeletMoves(world: World, pod: Pod, setting: Setting): Move[] {
  if (pod.deleting) return endMoves(world, pod)
  if (pod.role === 'job' || pod.state !== 'pending' || !canStart(world, pod, setting)) return []
  return outcomes(world, pod, setting).map((state) => {
    const started: Pod = { ...pod, state, age: state === 'ready' ? 0 : pod.age }
    const after = withPod(world, pod, started)
    return {
      what: `${nameOf(pod)} is ${state} on ${pod.revision}`,
      world: isWriter(started) ? noteStart(after, started) : after,
    }
  })
}

/** One that is pinned leaves its object. */
function endMoves(world: World, pod: Pod): Move[] {
  if (!pod.pinned) return [{ what: `${nameOf(pod)} is gone`, world: withPod(world, pod, undefined) }]
  if (pod.state === 'stopped') return []
  return [{ what: `${nameOf(pod)} has ended`, world: withPod(world, pod, { ...pod, state: 'stopped' }) }]
}

function canStart(world: World, pod: Pod, { schedulerGuard }: Setting): boolean {
  const claims = claimsOf(world, pod.claim).map((claim) =>
    world.claims.find(({ ordinal }) => ordinal === claim),
  )
  const isThere = claims.every((claim) => claim && !claim.deleting && isBound(world, claim))
  if (claims.length === 0 || !isThere) return false
  return (
    !schedulerGuard ||
    !world.pods.some(
      (other) =>
        other.role !== pod.role &&
        other.role !== 'foreign' &&
        other.claim === pod.claim &&
        other.state !== 'pending' &&
        other.state !== 'ended',
    )
  )
}

function lackingClaims(world: World, pod: Pod): readonly number[] {
  return claimsOf(world, pod.claim).filter((claim) => !world.claims.some(({ ordinal }) => ordinal === claim))
}

/** Code that cannot open what is there crashes, and whatever else may come of a start does not matter then. */
function outcomes(world: World, pod: Pod, { code }: Setting): Code['starts'] {
  const { starts = ['ready'], cannotOpen = [] } = code[pod.revision] ?? {}
  const data = writerOf(world, pod.claim)
  const opens = data === pod.revision || !cannotOpen.includes(data)
  return opens || starts.includes('noImage') ? starts : ['crashing']
}

/** A claim that is being deleted is gone as soon as no pod that was scheduled mounts it; a pending pod gets a new one. */
function claimMoves(world: World): Move[] {
  const { claims, pods } = world
  const gone = claims
    .filter(
      ({ deleting, ordinal }) =>
        deleting && !pods.some((pod) => mounts(pod, ordinal) && pod.state !== 'pending'),
    )
    .map((claim) => ({
      what: `claim ${claim.ordinal} is gone with its data`,
      world: withWriter(withoutClaim(world, claim), claim.ordinal, ''),
    }))
  const made = pods
    .filter((pod) => pod.role === 'stable' && pod.state === 'pending' && !pod.deleting)
    .flatMap((pod) => lackingClaims(world, pod))
    .map((claim) => ({ what: `claim ${claim} is created`, world: withEmptyClaim(world, claim) }))
  return [...gone, ...made]
}
