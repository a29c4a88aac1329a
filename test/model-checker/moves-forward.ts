/**
 * Promises about the moves of a rollout on its way forward. Availability, as far as the operator causes it: what it takes away for a rollout leaves at least
 * N - max(k, 1) replicas available, whatever else has failed; the partition falls by one, when all N are available (a
 * rollback, a forced version and a deletion wait for nobody). No bake is cut short, and a pause holds what it holds.
 */
import type { Action } from '../../src/core/action.ts'
import { judgeRecorded, judgeWhetherRestored } from './promises-of-data.ts'
import { nameOf, type Pod, Violation, type World } from './world.ts'

/** Throws where the write, which the server would carry out, breaks one of them. */
export function judgeMoveForward(world: World, action: Action): void {
  judgeAvailability(world, action)
  judgePartition(world, action)
  judgeRenewed(world, action)
  judgeBake(world, action)
  judgePause(world, action)
  judgeRollback(world, action)
  judgeForce(world, action)
  judgeTouched(world, action)
  judgeRecorded(world, action)
}

function judgeAvailability(world: World, action: Action): void {
  const { stable, resource } = world
  const rollout = recordOf(world, action)?.rollout
  if (resource.deleting || resource.annotations['force'] !== undefined) return
  if (stable === undefined || rollout === undefined || !isMoveForward(world, action, rollout.decision)) return
  const ordinals = Array.from({ length: rollout.replicas }, (_, index) => stable.start + index)
  const left = ordinals.filter((ordinal) =>
    world.pods.some((pod) => pod.claim === ordinal && isAvailable(pod) && !isTaken(world, action, pod)),
  )
  const most = Math.max(1, ...rollout.steps.map((step) => step.canaryReplicas))
  if (left.length < rollout.replicas - most)
    throw new Violation(`${wordsOf(action)} leaves ${left.length} of ${rollout.replicas} available`)
}

function recordOf({ stable }: World, action: Action) {
  return (action.kind === 'changeStable' ? action.change.record : undefined) ?? stable?.record
}

/** Those that a rollout makes on its way forward, and that take a pod away. */
function isMoveForward({ pods }: World, action: Action, decision: string | undefined): boolean {
  if (action.kind === 'emptyCanary') return decision === 'promote'
  // One that is stopped for its snapshot; others are deleted since they are in the way.
  if (action.kind === 'deletePod')
    return (
      pods.some((pod) => pod.pinned === true && nameOf(pod) === action.pod.name) && decision === 'promote'
    )
  return (
    action.kind === 'changeStable' && ['startRollout', 'nextStep', 'lowerPartition'].includes(action.intent)
  )
}

function isTaken({ stable }: World, action: Action, pod: Pod): boolean {
  if (action.kind === 'emptyCanary') return pod.role === 'canary'
  if (action.kind === 'deletePod') return action.pod.name === nameOf(pod)
  if (action.kind !== 'changeStable' || pod.role !== 'stable' || stable === undefined) return false
  const { replicas = stable.replicas, partition = stable.partition } = action.change
  const isOutdated = pod.revision !== stable.revision && pod.ordinal >= stable.start + partition
  return pod.ordinal >= stable.start + replicas || isOutdated
}

function isAvailable(pod: Pod): boolean {
  return !pod.deleting && pod.state === 'ready' && pod.age >= 1
}

function wordsOf(action: Action): string {
  return action.kind === 'changeStable' ? action.intent : action.kind
}

/** Everybody is available, those from the partition on at the new version; then the next one may go. */
function judgePartition({ stable, pods }: World, action: Action): void {
  if (stable === undefined || action.kind !== 'changeStable' || action.intent !== 'lowerPartition') return
  const { partition = stable.partition } = action.change
  if (partition !== stable.partition - 1) throw new Violation(`the partition falls to ${partition} at once`)
  for (let ordinal = stable.start; ordinal < stable.start + stable.replicas; ordinal++) {
    const pod = pods.find((other) => other.role === 'stable' && other.ordinal === ordinal)
    const isRight = ordinal < stable.start + stable.partition || pod?.revision === stable.revision
    // The next one was stopped for its snapshot, while all were available.
    const isNext = ordinal === stable.start + partition && pod?.state === 'stopped'
    if (pod === undefined || !(isAvailable(pod) || isNext) || !isRight)
      throw new Violation(`the partition falls while ordinal ${ordinal} is not available on its version`)
  }
}

/** On the way back from a half-done promotion one replica is away at a time: all below it have their data, and serve. */
function judgeRenewed({ stable, pods, resource }: World, action: Action): void {
  if (resource.deleting || resource.annotations['force'] !== undefined) return
  const taken = action.kind === 'deletePod' && pods.find((pod) => nameOf(pod) === action.pod.name)
  const { rollout } = stable?.record ?? {}
  if (stable === undefined || rollout?.restores !== true || !taken || taken.role !== 'released') return
  if (taken.ordinal < stable.start + rollout.replicas - rollout.touched) return
  for (let ordinal = stable.start; ordinal < taken.ordinal; ordinal++)
    if (!pods.some((pod) => pod.role === 'stable' && pod.ordinal === ordinal && isAvailable(pod)))
      throw new Violation(`${nameOf(taken)} is taken away while ordinal ${ordinal} is not available`)
}

/** The next step, or the promotion, is decided when every canary has been available for as long as the step says. */
function judgeBake({ stable, pods, resource }: World, action: Action): void {
  const before = stable?.record?.rollout
  const after = action.kind === 'changeStable' ? action.change.record?.rollout : undefined
  if (before === undefined || after === undefined || after.decision === 'rollback') return
  if (before.step === after.step && before.decision === after.decision) return
  const { canaryReplicas, bakeSeconds = resource.spec.bakeSeconds ?? 0 } = before.steps[before.step] ?? {}
  const baked = pods.filter(
    (pod) => pod.role === 'canary' && isAvailable(pod) && pod.age >= (bakeSeconds > 0 ? 2 : 1),
  )
  if (baked.length !== canaryReplicas)
    throw new Violation(`${wordsOf(action)} while ${baked.length} of ${canaryReplicas} canaries have baked`)
}

/** What a person who pauses a rollout sees no more of, from the moment when the operator can know it. */
function judgePause({ resource, frozen, pods, stable }: World, action: Action): void {
  if (resource.spec.paused !== true || frozen.resource !== undefined) return
  const isPromoting = stable?.record?.rollout?.decision === 'promote' && !resource.deleting
  const isHeld =
    ['createCanary', 'armCanary', 'pinPod'].includes(action.kind) ||
    (action.kind === 'deletePod' && isPinned(pods, action.pod.name) && isPromoting) ||
    (action.kind === 'changeStable' &&
      (['startRollout', 'nextStep'].includes(action.intent) ||
        // A replica that was stopped already comes back sooner so.
        (action.intent === 'lowerPartition' && !pods.some(({ pinned, deleting }) => pinned && deleting)) ||
        (action.intent === 'recordDecision' && action.change.record?.rollout?.decision === 'promote')))
  if (isHeld) throw new Violation(`${wordsOf(action)} in a rollout that is paused`)
}

function isPinned(pods: readonly Pod[], name: string): boolean {
  return pods.some((pod) => pod.pinned && nameOf(pod) === name)
}

/** A rollback is decided for what is so; by itself where the spec says so, and not in a pause, as long as nothing is decided. */
function judgeRollback(world: World, action: Action): void {
  const { stable, resource } = world
  const { spec, annotations, deleting } = resource
  const before = stable?.record?.rollout
  const after = action.kind === 'changeStable' ? action.change.record?.rollout : undefined
  if (before === undefined || after?.cause === undefined || after.cause === before.cause) return
  const { cause, from, to } = after
  if (before.decision !== 'rollback') judgeWhetherRestored(world, after)
  // What a promotion has brought stays, unless a person wants it back.
  if (deleting && before.decision === 'promote' && stable?.revision === to && spec.target === to)
    throw new Violation('a promotion that is half done is taken back by a deletion')
  const isHeld = spec.automaticRollback === false || (spec.paused === true && before.decision === undefined)
  if (isHeld && (cause === 'failed' || cause === 'deadline'))
    throw new Violation(`a rollout is taken back by itself (${cause}) that is held for people`)
  const asked = spec.target === from ? 'reverted' : 'superseded'
  // Whose replicas are to stay, they get the old version back.
  if (
    (cause === 'reverted' || cause === 'superseded') &&
    !deleting &&
    (spec.target === to || cause !== asked)
  )
    throw new Violation(`a rollout is called ${cause} while the spec asks for ${spec.target}`)
  if (cause === 'aborted' && annotations['abort'] === undefined)
    throw new Violation('a rollout is aborted, and nobody asked for it')
  if (cause === 'deadline' && !hasRunOut(world))
    throw new Violation('a rollout is taken back for its time, and that is not over')
}

/** Something that was waited for has had all its time; of what a cache shows that stands still nothing is known here. */
function hasRunOut({ pods, storage, jobs, resource: { waiting }, frozen }: World): boolean {
  if (Object.keys(frozen).length > 1 || waiting?.for === 'CanaryFailing') return true
  const snapshots = storage?.snapshots ?? []
  return [...pods, ...snapshots, ...jobs, waiting].some((awaited) => awaited?.age === 3)
}

/** Straight in, without a canary, goes what a person has named, and nothing else. */
function judgeForce({ resource, frozen }: World, action: Action): void {
  if (action.kind !== 'changeStable' || action.intent !== 'force' || frozen.resource !== undefined) return
  if (resource.annotations['force'] !== action.change.revision)
    throw new Violation(`${action.change.revision} is forced, and nobody named it`)
}

/** What is called touched too soon lets another version in without a canary, where the rollback is blocked. */
function judgeTouched({ stable }: World, action: Action): void {
  const before = stable?.record?.rollout
  const after = action.kind === 'changeStable' ? action.change.record?.rollout : undefined
  if (stable === undefined || before === undefined || after === undefined) return
  if (action.kind !== 'changeStable' || after.touched <= before.touched) return
  const { revision = stable.revision, partition = stable.partition } = action.change
  const isNew = revision === after.to
  // A set without replicas has forgotten the version before.
  const isForgotten = isNew && stable.replicas < stable.partition
  const promoted = isNew ? after.replicas - partition : 0
  const canaries = after.steps[after.step]?.canaryReplicas ?? 0
  if (after.touched > (isForgotten ? after.replicas : Math.max(canaries, promoted)))
    throw new Violation(`${after.touched} of the claims are called touched, more than new code can come to`)
}
