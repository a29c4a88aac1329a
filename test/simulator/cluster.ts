/**
 * The cluster's own moves, each one thing that one party could do now: the StatefulSet controller sees a set or moves
 * a pod, the garbage collector takes what a deleted set left, the storage binds, cuts and removes, the kubelet starts a pod or ends
 * one. They come in any
 * order; the first of the list is what happens where nobody is slow. Each says in words what it did.
 */
import type { ClaimView } from '../../src/core/observation.ts'
import { jobMoves } from './jobs.ts'
import { judgeStart } from './promises.ts'
import type { Image } from './setting.ts'
import {
  type ControlledPod,
  type ControlledSet,
  hasCaughtUp,
  type SetMove,
  setMoves,
} from './set-controller.ts'
import {
  isOnNode,
  addClaim,
  claimOf,
  isBound,
  isProvisionable,
  isScheduled,
  provision,
  storageMoves,
  write,
} from './storage.ts'
import {
  changePod,
  changeSet,
  type Content,
  contentOf,
  imageOfRevision,
  isAvailable,
  newUid,
  type Role,
  type SimulatedPod,
  type SimulatedSet,
  terminate,
  type World,
} from './world.ts'

/** Makes the move and says what it was. */
export type Move = () => string

export function clusterMoves(world: World): Move[] {
  return [
    ...controllerMoves(world, 'stable'),
    ...controllerMoves(world, 'canary'),
    ...storageMoves(world),
    ...jobMoves(world),
    ...world.pods.flatMap((pod) => kubeletMoves(world, pod)),
  ]
}

interface Controlled extends ControlledPod {
  readonly pod: SimulatedPod
}

function controllerMoves(world: World, role: Role): Move[] {
  const set = world.sets[role]
  const own = world.pods.filter((pod) => isOf(pod, role))
  if (set === undefined) return orphans(world, own)
  const pods = own.map((pod) => controlled(world, pod))
  const moves: Move[] = set.observed ? [] : [() => see(world, set, pods)]
  const { seen } = set
  if (seen === undefined) return moves
  const possible = setMoves(seen, pods).filter(
    (move) => move.kind !== 'create' || mayCreate(world, role, move),
  )
  moves.push(...possible.map((move) => () => carryOut(world, set, move)))
  moves.push(...own.filter((pod) => pod.role !== role).map((pod) => () => letGo(world, pod)))
  if (role === 'stable') moves.push(...claimsAnew(world, seen, own))
  if (set.observed && seen.current !== seen.revision && hasCaughtUp(seen, pods))
    moves.push(() => {
      changeSet(world, role, { seen: { ...seen, current: seen.revision }, caughtUp: true })
      return `${set.name} caught up`
    })
  return moves
}

/** One whose label was changed is its own until it notices. */
function isOf({ role, orphan }: SimulatedPod, set: Role): boolean {
  return role === set || (set === 'stable' && role === 'released' && orphan !== true)
}

function letGo(world: World, pod: SimulatedPod): string {
  changePod(world, pod, { orphan: true })
  return `${pod.name} let go`
}

/** No second pod of a name, and none for a claim that is being deleted. */
function mayCreate(world: World, role: Role, { ordinal }: { readonly ordinal: number }): boolean {
  if (world.pods.some(({ name }) => name === `redis-${role}-${ordinal}`)) return false
  return (
    role === 'canary' || !world.claims.some(({ name, deleting }) => name === nameOfClaim(ordinal) && deleting)
  )
}

/** A pod that waits for its claim gets one, empty. */
function claimsAnew(world: World, { start, replicas }: ControlledSet, pods: readonly SimulatedPod[]): Move[] {
  return pods
    .filter(
      ({ ordinal, deleting, phase }) =>
        ordinal >= start && ordinal < start + replicas && !deleting && phase === 'Pending',
    )
    .filter((pod) => claimOf(world, pod) === undefined)
    .map(({ ordinal }) => () => {
      addClaim(world, { name: nameOfClaim(ordinal), ordinal })
      return `${nameOfClaim(ordinal)} created`
    })
}

function nameOfClaim(ordinal: number): string {
  return `data-redis-stable-${ordinal}`
}

/** Pods of a set that is gone. */
function orphans(world: World, pods: readonly SimulatedPod[]): Move[] {
  return pods
    .filter((pod) => !pod.deleting)
    .map((pod) => () => {
      terminate(world, pod)
      return `${pod.name} collected`
    })
}

function controlled(world: World, pod: SimulatedPod): Controlled {
  const { ordinal, revision, deleting, readySince } = pod
  return {
    pod,
    ordinal,
    revision,
    deleting,
    ready: readySince !== undefined,
    available: isAvailable(world, pod),
  }
}

/** Its controller knows the set as it is from now on, and says so in the status. */
function see(world: World, set: SimulatedSet, pods: readonly Controlled[]): string {
  const { revision, replicas, ordinalsStart: start, partition, role, name } = set
  const ordered = role === 'stable' && world.setting.ordered === true
  const known = { revision, replicas, start, partition, ordered, current: set.seen?.current ?? revision }
  const current = hasCaughtUp(known, pods) ? revision : known.current
  changeSet(world, role, {
    seen: { ...known, current },
    observed: true,
    caughtUp: current === revision,
    hash: `${name}-${revision}`,
  })
  return `${name} observed`
}

function carryOut(world: World, set: SimulatedSet, move: SetMove<Controlled>): string {
  if (move.kind === 'create') return create(world, set, move)
  terminate(world, move.pod.pod)
  return `${move.pod.pod.name} terminating`
}

function create(
  world: World,
  { name, role, claimOrdinal }: SimulatedSet,
  { ordinal, revision }: Extract<SetMove<Controlled>, { kind: 'create' }>,
): string {
  const claim = nameOfClaim(claimOrdinal ?? ordinal)
  if (role === 'stable' && !world.claims.some((held) => held.name === claim))
    addClaim(world, { name: claim, ordinal })
  const pod: SimulatedPod = {
    name: `${name}-${ordinal}`,
    uid: newUid(world),
    role,
    ordinal,
    revision,
    deleting: false,
    phase: 'Pending',
    started: false,
    unreadySince: world.now,
    claims: [claim],
  }
  world.pods = [...world.pods, pod]
  return `${pod.name} created on ${revision}`
}

function kubeletMoves(world: World, pod: SimulatedPod): Move[] {
  if (pod.stopped) return []
  if (pod.deleting) return [() => end(world, pod)]
  if (pod.role === 'job') return []
  const image = world.images[imageOfRevision(pod.revision)]
  const claim = claimOf(world, pod)
  if (image === undefined) throw new Error(`${pod.name} has no image`)
  if (claim === undefined) return []
  const content = contentOf(world, claim)
  if (pod.started)
    return pod.readySince === undefined && image.behaviour === 'slow' ? [() => ready(world, pod, claim)] : []
  if (!mayStart(world, pod) || (pod.failure !== undefined && !runs(image, content))) return []
  if (claim.deleting && !isScheduled(pod)) return []
  if (claim.volume !== undefined) return isBound(world, claim) ? [() => start(world, pod, image, claim)] : []
  if (!isProvisionable(world, claim)) return []
  if (claim.source === undefined) return [() => start(world, pod, image, provision(world, claim))]
  return [
    () => {
      const { volume } = provision(world, claim)
      return `${volume} provisioned from ${claim.source}`
    },
  ]
}

function end(world: World, pod: SimulatedPod): string {
  if (pod.pinned) {
    changePod(world, pod, { phase: 'Succeeded', stopped: true })
    return `${pod.name} ended`
  }
  world.pods = world.pods.filter((other) => other !== pod)
  return `${pod.name} gone`
}

/** The scheduler keeps a pod away while one of the other role is on a node with its claim. */
function mayStart(world: World, pod: SimulatedPod): boolean {
  if (world.setting.schedulerGuard === false) return true
  return !world.pods.some(
    (other) => other.role !== pod.role && other.claims.includes(pod.claims[0] ?? '') && isOnNode(other),
  )
}

function opens({ opens: versions }: Image, { version }: Content): boolean {
  return version === 0 || versions.includes(version)
}

/** What the kubelet tries again and again works at last. */
function runs(image: Image, content: Content): boolean {
  return (image.behaviour === 'runs' || image.behaviour === 'slow') && opens(image, content)
}

function start(world: World, pod: SimulatedPod, image: Image, claim: ClaimView): string {
  if (image.behaviour === 'noImage') return fail(world, pod, 'ErrImagePull')
  judgeStart(world, pod, claim)
  if (!opens(image, contentOf(world, claim))) return fail(world, pod, 'CrashLoopBackOff')
  write(world, claim, pod.revision, image.writes)
  if (image.behaviour === 'crashes') return fail(world, pod, 'CrashLoopBackOff')
  const { failure: _, ...well } = pod
  const running: SimulatedPod = { ...well, phase: 'Running', started: true }
  world.pods = world.pods.map((other) => (other === pod ? running : other))
  return image.behaviour === 'runs'
    ? ready(world, running, claim)
    : `${pod.name} running on ${claim.name} v${image.writes}`
}

function ready(world: World, pod: SimulatedPod, claim: ClaimView): string {
  const { unreadySince: _, ...well } = pod
  const running = { ...well, readySince: world.now }
  world.pods = world.pods.map((other) => (other === pod ? running : other))
  return `${pod.name} ready on ${claim.name} v${contentOf(world, claim).version}`
}

function fail(world: World, pod: SimulatedPod, reason: string): string {
  const phase = reason === 'ErrImagePull' ? 'Pending' : 'Running'
  changePod(world, pod, { phase, failure: { reason, message: reason } })
  return `${pod.name} failed: ${reason}`
}
