/**
 * The promises, each looked at where it could be broken: no two writers on a claim, no old code on new data unless
 * somebody decided it, no new code on a claim that the record does not call touched, of what a rollout takes away on its
 * way forward at least N - max(k, 1) replicas stay available, and the partition falls by one where all N are. A broken one
 * throws.
 */
import type { Action } from '../../src/core/action.ts'
import { parseRecord, type RolloutRecord } from '../../src/core/record.ts'
import {
  isAvailable,
  type SimulatedClaim,
  type SimulatedPod,
  type SimulatedSet,
  type World,
} from './world.ts'

export function recordOf(set: SimulatedSet | undefined): RolloutRecord | undefined {
  const parsed = set === undefined ? undefined : parseRecord(set.record)
  return parsed?.ok === true ? parsed.record : undefined
}

/** A pod is about to write to its claim. */
export function judgeStart(world: World, pod: SimulatedPod, claim: SimulatedClaim): void {
  const other = world.pods.find(
    ({ uid, phase, claims }) => uid !== pod.uid && phase === 'Running' && claims.includes(claim.name),
  )
  if (other !== undefined) throw new Error(`two writers on ${claim.name}: ${other.name} and ${pod.name}`)
  const { order, strangers } = world
  const isOlder = order.indexOf(pod.revision) < order.indexOf(claim.writer)
  if (isOlder && !claim.released && !strangers)
    throw new Error(`${pod.name} of ${pod.revision} opens what ${claim.writer} wrote`)
  judgeTouched(world, pod, claim)
}

function judgeTouched(world: World, pod: SimulatedPod, claim: SimulatedClaim): void {
  const { stable } = world.sets
  const rollout = recordOf(stable)?.rollout
  if (stable === undefined || rollout?.to !== pod.revision || claim.writer === pod.revision) return
  if (claim.ordinal < stable.ordinalsStart + rollout.replicas - rollout.touched)
    throw new Error(
      `${pod.name} of ${pod.revision} writes to ${claim.name}, which the record does not call touched`,
    )
}

/** The stable set's record has become another one: who may open what from now on. */
export function noteRecord(world: World, before: RolloutRecord | undefined, after: RolloutRecord): void {
  const { rollout } = after
  if (!after.proven) {
    // Until a version was whole there is nothing to go back to: every one goes straight in.
    release(world, () => true)
    rolledOut(world, after.accepted)
  } else if (rollout !== undefined) {
    if (before?.rollout === undefined || before.id !== after.id) rolledOut(world, rollout.to)
    if (rollout.decision === 'rollback') release(world, (writer) => writer === rollout.to)
  }
}

/** A deletion that leaves the replicas is a decision, too: the old version is to have them back. */
export function noteReturn(world: World): void {
  const { stable } = world.sets
  const rollout = recordOf(stable)?.rollout
  if (rollout !== undefined && stable?.revision === rollout.from)
    release(world, (writer) => writer === rollout.to)
}

function release(world: World, which: (writer: string) => boolean): void {
  world.claims = world.claims.map((claim) => (which(claim.writer) ? { ...claim, released: true } : claim))
}

function rolledOut(world: World, revision: string): void {
  world.order = [...world.order.filter((other) => other !== revision), revision]
}

/** Throws where the write takes more away than a rollout may on its way forward, whatever else has failed. */
export function judgeWrite(world: World, action: Action): void {
  const { stable } = world.sets
  const record = (action.kind === 'changeStable' ? action.change.record : undefined) ?? recordOf(stable)
  const rollout = record?.rollout
  if (stable === undefined || rollout === undefined) return
  if (world.resource.deleting || world.resource.annotations.force !== undefined) return
  if (!isMoveForward(action, rollout.decision)) return
  judgePartition(world, stable, action)
  const ordinals = Array.from({ length: rollout.replicas }, (_, index) => stable.ordinalsStart + index)
  const left = ordinals.filter((ordinal) => {
    const claim = `data-redis-stable-${ordinal}`
    return world.pods.some(
      (pod) => pod.claims.includes(claim) && isAvailable(world, pod) && !isTaken(stable, action, pod),
    )
  })
  const most = Math.max(1, ...rollout.steps.map((step) => step.canaryReplicas))
  if (left.length < rollout.replicas - most)
    throw new Error(`${wordsOf(action)} leaves ${left.length} of ${rollout.replicas} available`)
}

/** The next replica goes when all are available, those from the partition on at the new version. */
function judgePartition(world: World, stable: SimulatedSet, action: Action): void {
  if (action.kind !== 'changeStable' || action.intent !== 'lowerPartition') return
  const { partition: before, replicas, ordinalsStart, revision } = stable
  if (action.change.partition !== before - 1) throw new Error('the partition falls by more than one')
  const right = world.pods.filter(
    (pod) =>
      pod.role === 'stable' &&
      isAvailable(world, pod) &&
      (pod.ordinal < ordinalsStart + before || pod.revision === revision),
  )
  if (right.length !== replicas)
    throw new Error(`the partition falls while ${right.length} of ${replicas} are available on their version`)
}

/** Those that a rollout makes on its way forward, and that take a pod away. */
function isMoveForward(action: Action, decision: string | undefined): boolean {
  if (action.kind === 'emptyCanary') return decision === 'promote'
  return (
    action.kind === 'changeStable' && ['startRollout', 'nextStep', 'lowerPartition'].includes(action.intent)
  )
}

function isTaken(stable: SimulatedSet, action: Action, pod: SimulatedPod): boolean {
  if (action.kind === 'emptyCanary') return pod.role === 'canary'
  if (action.kind !== 'changeStable' || pod.role !== 'stable') return false
  const { replicas = stable.replicas, partition = stable.partition } = action.change
  const isOutdated = pod.revision !== stable.revision && pod.ordinal >= stable.ordinalsStart + partition
  return pod.ordinal >= stable.ordinalsStart + replicas || isOutdated
}

function wordsOf(action: Action): string {
  return action.kind === 'changeStable' ? action.intent : action.kind
}
