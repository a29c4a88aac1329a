/**
 * The promises, each looked at where it could be broken: no two writers on one claim, no old code on new data unless a
 * rollback was decided, no new code on a claim that the record does not know of, no approval that counts twice, no
 * claim lost by our hand, no rejected version tried again by itself, never too many canaries or too few replicas.
 */
import type { Action } from '../../src/core/action.ts'
import { rejects, type Rollout, type RolloutRecord } from '../../src/core/record.ts'
import { written } from './contents.ts'
import {
  judgeAdopted,
  judgeBroughtBack,
  judgeClaimsLeft,
  judgeData,
  judgeLetGo,
  judgeProvisioned,
  judgeSnapshotted,
  judgeSnapshotsLeft,
} from './promises-of-data.ts'
import {
  claimsOf,
  isWriter,
  mounts,
  nameOf,
  type Pod,
  type SetObject,
  Violation,
  type World,
} from './world.ts'

/** A pod begins to write. */
export function noteStart(world: World, pod: Pod): World {
  const other = world.pods.find((one) => one !== pod && one.claim === pod.claim && isWriter(one))
  if (other !== undefined)
    throw new Violation(`two writers on claim ${pod.claim}: ${nameOf(other)} and ${nameOf(pod)}`)
  const { writers, order } = world.ledger
  const text = writers[pod.claim] ?? ''
  const writer = writerOf(world, pod.claim)
  if (!world.ledger.strangers && !text.endsWith('!') && order.indexOf(pod.revision) < order.indexOf(writer))
    throw new Violation(`${nameOf(pod)} of ${pod.revision} opens what ${writer} wrote`)
  const { rollout } = world.stable?.record ?? {}
  const isByHand = pod.role === 'job' && world.ledger.strangers === true
  if (
    !isByHand &&
    rollout?.to === pod.revision &&
    pod.claim < (world.stable?.start ?? 0) + rollout.replicas - rollout.touched &&
    writer !== pod.revision
  )
    throw new Violation(
      `${nameOf(pod)} of ${pod.revision} writes to claim ${pod.claim}, which the record does not call touched`,
    )
  judgeData(world, pod)
  const isKept = !rollout?.restores || rollout.unrestored?.includes(pod.claim) === true
  const isReleased = rollout?.to === pod.revision && rollout.decision === 'rollback' && isKept
  const noted = claimsOf(world, pod.claim).reduce(
    (after, claim) => written(after, claim, pod.revision),
    world,
  )
  return withWriter(noted, pod.claim, isReleased ? `${pod.revision}!` : pod.revision)
}

/** The revision that wrote last to the claim of this ordinal; empty where none did. */
export function writerOf({ ledger }: World, ordinal: number): string {
  return (ledger.writers[ordinal] ?? '').replace('!', '')
}

export function withWriter(world: World, ordinal: number, text: string): World {
  const { writers } = world.ledger
  const length = Math.max(writers.length, ordinal + 1)
  const written = Array.from({ length }, (_, index) => (index === ordinal ? text : (writers[index] ?? '')))
  return { ...world, ledger: { ...world.ledger, writers: written } }
}

/** The record on the stable set has become another one. */
export function noteRecord(world: World, before: RolloutRecord | undefined, after: RolloutRecord): World {
  const { rollout } = after
  // Until a first version was whole there is nothing to go back to: every one goes straight in.
  if (!after.proven) return release(rolledOut(world, after.accepted), () => true)
  if (rollout === undefined) return world
  const isNew = before?.rollout === undefined || before.id !== after.id
  if (isNew && rollout.to === world.ledger.refused)
    throw new Violation(`${rollout.to} was rejected and is rolled out again by itself`)
  if (isNew) judgeSnapshotted(world, rollout)
  if (!isNew && before.rollout !== undefined) judgeFrozen(before.rollout, rollout)
  const started = isNew ? rolledOut(world, rollout.to) : givenUp(world, before.rollout, rollout)
  if (!isNew && before.rollout !== undefined && rollout.step > before.rollout.step)
    return noteStep(started, after, before.rollout)
  return !isNew && before.rollout?.decision === rollout.decision ? started : noteDecision(started, after)
}

/** Those whose restore failed get what new code wrote. */
function givenUp(world: World, { unrestored: before = [] }: Rollout, { unrestored = [] }: Rollout): World {
  const added = unrestored.filter((ordinal) => !before.includes(ordinal))
  return added.length === 0 ? world : release(world, (_, ordinal) => added.includes(ordinal))
}

/** What an attempt began with stays as it was, whatever the spec says since. */
function judgeFrozen(before: Rollout, after: Rollout): void {
  for (const field of ['from', 'to', 'replicas', 'steps'] as const)
    if (JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      throw new Violation(`${field} of a rollout under way becomes another`)
  if (after.touched < before.touched) throw new Violation('what new code has touched is forgotten')
}

/** A further step: by itself, or used up an approval where the one before asks for it. */
function noteStep(world: World, { id, rollout }: RolloutRecord, { steps, step }: Rollout): World {
  if (rollout?.step !== step + 1) throw new Violation(`attempt ${id} skips a step`)
  if (steps[step]?.pause !== true) return world
  if (world.ledger.approved !== rollout.to)
    throw new Violation(`attempt ${id} takes step ${rollout.step}, and nobody approved it`)
  return withoutApproval(world)
}

/** A deletion that leaves the set is a decision, too: the old version is to have its replicas back. */
export function noteReturn(
  world: World | undefined,
  { intent }: Extract<Action, { kind: 'changeStable' }>,
): World | undefined {
  const { stable } = world ?? {}
  const { rollout } = stable?.record ?? {}
  if (world === undefined || intent !== 'makeWhole' || stable?.revision !== rollout?.from) return world
  return rollout?.restores ? world : release(world, (revision) => revision === rollout?.to)
}

function noteDecision(world: World, { id, rollout }: RolloutRecord): World {
  if (rollout?.decision === 'rollback') {
    const isReleased = (revision: string) => revision === rollout.to && !rollout.restores
    const released = withoutApproval(release(world, isReleased))
    const isRefused = rejects(rollout) && world.resource.annotations['retry'] === undefined
    return isRefused ? { ...released, ledger: { ...released.ledger, refused: rollout.to } } : released
  }
  if (rollout?.decision !== 'promote' || rollout.steps.every((step) => step.canaryReplicas === 0))
    return world
  const byItself = world.resource.spec.promotionType === 'auto' && rollout.steps.at(-1)?.pause !== true
  if (rollout.step !== rollout.steps.length - 1)
    throw new Violation(`attempt ${id} is promoted before its last step`)
  if (byItself) return world
  if (world.ledger.approved !== rollout.to)
    throw new Violation(`attempt ${id} is promoted to ${rollout.to}, and nobody approved it`)
  return withoutApproval(world)
}

/** Old code may open what these revisions wrote: somebody decided it. */
function release(world: World, which: (revision: string, ordinal: number) => boolean): World {
  const writers = world.ledger.writers.map((text, ordinal) =>
    text !== '' && !text.endsWith('!') && which(text, ordinal) ? `${text}!` : text,
  )
  return { ...world, ledger: { ...world.ledger, writers } }
}

function rolledOut(world: World, revision: string): World {
  const order = [...world.ledger.order.filter((other) => other !== revision), revision]
  return { ...world, ledger: { ...world.ledger, order } }
}

/** One approval never counts twice. */
function withoutApproval(world: World): World {
  const { approved: _, ...ledger } = world.ledger
  return { ...world, ledger }
}

/** The spec has changed, or another try was asked for: what was rejected may be rolled out again. */
export function withoutRefusal(world: World): World {
  const { refused: _, ...ledger } = world.ledger
  return { ...world, ledger }
}

/** A canary pod was created: the step allows for so many. While stable is missing there is no record to say how many. */
export function noteCanary(world: World): World {
  if (world.stable === undefined) return world
  const { rollout } = world.stable.record ?? {}
  const allowed = rollout?.steps[rollout.step]?.canaryReplicas ?? 0
  const count = world.pods.filter((pod) => pod.role === 'canary').length
  if (count > allowed) throw new Violation(`${count} canaries, where the step has ${allowed}`)
  return world
}

/** What no write of ours may do to the objects as they are when it is sent. */
export function judge(world: World, action: Action): void {
  // A deletion goes on: that of a whole namespace deletes the claims, too.
  const mayLose = world.resource.deleting && world.resource.spec.deletionPolicy !== 'Orphan'
  const losing = world.pods.find((pod) => takesAway(world, action, pod) && isClaimDeleting(world, pod))
  if (losing !== undefined && !mayLose)
    throw new Violation(`${action.kind} takes ${nameOf(losing)} away, whose claim is being deleted`)
  if (['removeFinalizer', 'releaseStable', 'emptyStable'].includes(action.kind) && !world.resource.deleting)
    throw new Violation(`${action.kind} of a resource that nobody deletes`)
  if (action.kind === 'changeStable') {
    judgeRollout(world, action)
    judgeReturn(world, action)
  }
  if (action.kind === 'createStable' && world.frozen.resource === undefined) judgeAnew(world, action.revision)
  if (action.kind === 'releaseStable' && action.set.resourceVersion === 'current') {
    judgeStuck(world)
    judgeStrayed(world)
    judgeProvisioned(world)
  }
  judgeLeft(world, action)
  if (action.kind === 'removeFinalizer' && isLeft(world))
    throw new Violation('the finalizer goes while something of ours is left')
  if (action.kind === 'removeFinalizer') {
    judgeSnapshotsLeft(world)
    judgeClaimsLeft(world)
  }
  if (action.kind === 'deleteSet' && action.set.uid === 'stable') judgeClaimsLeft(world)
  if (action.kind === 'releaseVolume') judgeLetGo(world, action)
  judgeAdopted(world, action)
  judgeBroughtBack(world, action)
  if (action.kind === 'pinPod' && world.storage === undefined)
    throw new Violation('a replica is stopped for its snapshot where none is taken')
  judgeClaims(world, action)
}

/** Replicas come back to claims that nobody else has. Only a cache tells of strangers' pods. */
function judgeReturn(
  { stable, pods, frozen }: World,
  { intent, change }: Extract<Action, { kind: 'changeStable' }>,
): void {
  if (stable === undefined || frozen.pods !== undefined) return
  const { start, replicas } = stable
  if (!['makeWhole', 'returnReplicas'].includes(intent)) return
  const isBack = ({ claim }: Pod) => claim >= start + replicas && claim < start + (change.replicas ?? 0)
  const stranger = pods.find((pod) => pod.role === 'foreign' && isBack(pod))
  if (stranger !== undefined)
    throw new Violation(`replica ${stranger.claim} comes back to a claim that ${nameOf(stranger)} mounts`)
}

/** It begins with replicas that can show something, and what was promoted ends when all of them run it. */
function judgeRollout({ stable, pods }: World, { intent }: Extract<Action, { kind: 'changeStable' }>): void {
  if (stable === undefined) return
  const { rollout } = stable.record ?? {}
  if (intent === 'startRollout' && stable.replicas === 0)
    throw new Violation('a rollout starts while no replica runs')
  if (intent !== 'closeRollout' || rollout?.decision !== 'promote') return
  const own = pods.filter((pod) => pod.role === 'stable')
  if (own.length !== rollout.replicas || own.some((pod) => pod.revision !== rollout.to))
    throw new Violation(`a promotion is closed while not all replicas run ${rollout.to}`)
}

/** Claims are shared only while the guard policy is known to keep strangers away, and with nobody who is not ours. */
function judgeClaims({ memory, pods, stable, canary, frozen }: World, action: Action): void {
  const isArming = action.kind === 'armCanary'
  const isSharing = action.kind === 'changeStable' && ['startRollout', 'nextStep'].includes(action.intent)
  if (!isArming && !isSharing) return
  const rollout = (isSharing ? action.change.record : stable?.record)?.rollout
  const canaries = rollout?.steps[rollout.step]?.canaryReplicas ?? 0
  if (rollout === undefined || stable === undefined || canaries === 0) return
  if (isSharing && memory.answers.guard !== 'yes')
    throw new Violation(`${action.intent} while nothing is known to keep strangers away`)
  const boundary = stable.start + rollout.replicas - canaries
  const stranger = pods.find((pod) => pod.role === 'foreign' && pod.claim >= boundary)
  // A further step may not stop for one that came beside canaries that run; and only a cache tells of strangers' pods.
  if (stranger === undefined || frozen.pods !== undefined || (isArming && (canary?.replicas ?? 0) > 0)) return
  throw new Violation(`a canary is let onto claim ${stranger.claim}, which ${nameOf(stranger)} mounts`)
}

/** What is left of a stable set that went is a person's to decide about. */
function judgeAnew({ claims, resource }: World, revision: string): void {
  if (claims.length > 0 && resource.annotations['force'] !== revision)
    throw new Violation('the stable set is made anew over claims that are left, and nobody said so')
}

/** While the stable set is missing the canary may be all that serves: it stays until a person says otherwise. */
function judgeLeft(world: World, action: Action): void {
  const { stable, canary, pods, resource, frozen } = world
  if (stable !== undefined || frozen.sets !== undefined || frozen.resource !== undefined) return
  if (resource.deleting || resource.annotations['force'] === resource.spec.target) return
  const empties = action.kind === 'emptyCanary' && (canary?.replicas ?? 0) > 0
  if (empties || pods.some((pod) => takesAway(world, action, pod)))
    throw new Violation(`${action.kind} while the stable set is missing, and nobody said so`)
}

function isLeft(world: World): boolean {
  const { stable, canary, resource } = world
  const pods = world.pods.filter(({ role, state }) => role !== 'foreign' && state !== 'ended')
  // An inert set that a dead leader created late goes with the resource.
  if (resource.spec.deletionPolicy !== 'Orphan')
    return (stable ?? pods[0]) !== undefined || (canary !== undefined && canary.owned !== true)
  return hasCanary(world) || (stable !== undefined && stable.released !== true)
}

/** An inert set that a dead leader created late runs nothing, and goes with the resource. */
function hasCanary({ canary, pods }: World): boolean {
  return (canary !== undefined && canary.replicas > 0) || pods.some((pod) => pod.role === 'canary')
}

/** What is handed over stands by itself: all replicas, nobody else on their claims, and no order of pods that lies. */
export function judgeRelease(world: World): void {
  const { stable, resource } = world
  const { rollout } = stable?.record ?? {}
  const isNew = rollout?.decision === 'promote' && stable?.revision === rollout.to
  const pinned = world.pods.find((pod) => pod.pinned)
  if (pinned !== undefined)
    throw new Violation(`the stable set is handed over, and ${nameOf(pinned)} has our finalizer`)
  if (hasCanary(world)) throw new Violation('the stable set is handed over while a canary is left')
  if (stable === undefined || stable.replicas < (rollout?.replicas ?? resource.spec.replicas))
    throw new Violation('the stable set is handed over without all its replicas')
  if (rollout !== undefined && !isNew && stable.revision !== rollout.from)
    throw new Violation('the stable set is handed over on a version that was not promoted')
  if (!isNew && stable.partition !== 0)
    throw new Violation('the stable set is handed over with a partition, where no promotion is left half-way')
}

/** Under OrderedReady its set waits for it (Kubernetes issue 67250), maybe for ever, and nobody will replace it. */
function judgeStuck({ stable, pods, resource }: World): void {
  const { rollout } = stable?.record ?? {}
  const isNew = rollout?.decision === 'promote' && stable?.revision === rollout.to
  const own = pods.filter((pod) => pod.role === 'stable')
  // While another one ends nothing is known to be stuck.
  if (stable === undefined || isNew || !resource.spec.ordered || own.some((pod) => pod.deleting)) return
  const stuck = own.find((pod) => isOutdated(stable, pod) && pod.state !== 'ready')
  if (stuck !== undefined)
    throw new Violation(`the stable set is handed over with ${nameOf(stuck)}, not ready on ${stuck.revision}`)
}

/** While that one stands the set cannot make its own of that name, and nobody else will take it away. */
function judgeStrayed({ pods }: World): void {
  const strayed = pods.find(({ role }) => role === 'released')
  if (strayed !== undefined)
    throw new Violation(`the stable set is handed over beside ${nameOf(strayed)}, which is no set's`)
}

function takesAway(world: World, action: Action, pod: Pod): boolean {
  const { stable, canary } = world
  switch (action.kind) {
    case 'deletePod':
      return action.pod.name === nameOf(pod) && !isEndedOnKept(world, pod)
    case 'unpinPod':
      return action.pod.name === nameOf(pod) && pod.deleting
    case 'deleteSet':
      return pod.role === action.set.uid
    case 'emptyCanary':
      return pod.role === 'canary'
    case 'emptyStable':
      return pod.role === 'stable'
    case 'armCanary':
      return pod.role === 'canary' && canary !== undefined && pod.ordinal < action.ordinalsStart
    case 'changeStable': {
      if (pod.role !== 'stable' || stable === undefined) return false
      return isCondemned({ ...stable, ...action.change }, pod) && !isCondemned(stable, pod)
    }
    default:
      return false
  }
}

/** One of a Job that has ended only keeps a claim from going that a restore takes out of use, with its volume kept. */
function isEndedOnKept({ storage, claims }: World, { role, state, claim: ordinal }: Pod): boolean {
  const uid = claims.find((claim) => claim.ordinal === ordinal)?.uid
  const isKept = storage?.volumes.some(({ kept }) => kept?.claimUid === uid || kept?.ordinal === ordinal)
  return role === 'job' && state === 'ended' && isKept === true
}

type Template = Pick<SetObject, 'start' | 'replicas' | 'partition' | 'revision'>

/** The set controller removes it as soon as it gets to it. */
function isCondemned(set: Template, pod: Pod): boolean {
  return pod.ordinal >= set.start + set.replicas || isOutdated(set, pod)
}

function isOutdated({ start, partition, revision }: Template, pod: Pod): boolean {
  return pod.revision !== revision && pod.ordinal >= start + partition
}

function isClaimDeleting(world: World, pod: Pod): boolean {
  return world.claims.some((claim) => mounts(pod, claim.ordinal) && claim.deleting)
}
