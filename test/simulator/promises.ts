/**
 * The promises, each looked at where it could be broken: no two writers on a claim, no old code on new data unless
 * somebody decided it, no new code on a claim that the record does not call touched, of what a rollout takes away on its
 * way forward at least N - max(k, 1) replicas stay available, and the partition falls by one where all N are. Of the data:
 * nothing that was written is lost with its volume, no replica starts on an empty volume where there was data, new code gets
 * no claim without a snapshot of this attempt where there are snapshots, and a rollback gives each replica what it had when
 * it was displaced, unless it was said that it will not, or a stranger scaled the set. A broken one throws.
 */
import type { Action } from '../../src/core/action.ts'
import type { UserEvent } from '../../src/core/event.ts'
import type { ClaimView } from '../../src/core/observation.ts'
import {
  type ActiveRecord,
  parseRecord,
  type Rollout,
  type RolloutRecord,
  takesSnapshots,
} from '../../src/core/record.ts'
import {
  type Content,
  contentOf,
  isAvailable,
  type SimulatedPod,
  type SimulatedSet,
  type SimulatedVolume,
  type World,
  writerOf,
} from './world.ts'

export function recordOf(set: SimulatedSet | undefined): RolloutRecord | undefined {
  const parsed = set === undefined ? undefined : parseRecord(set.record)
  return parsed?.ok === true ? parsed.record : undefined
}

/** A pod is about to mount its claim. */
export function judgeAlone({ pods }: World, pod: SimulatedPod, claim: ClaimView): void {
  const other = pods.find(
    ({ uid, phase, claims }) => uid !== pod.uid && phase === 'Running' && claims.includes(claim.name),
  )
  if (other !== undefined) throw new Error(`two writers on ${claim.name}: ${other.name} and ${pod.name}`)
}

/** What a Job is about to fill has nothing that somebody else wrote. */
export function judgeFilled(world: World, claim: ClaimView): void {
  const content = contentOf(world, claim)
  const isBackup = Object.values(world.memory.cut).some((one) => one.byJob && one.content === content)
  if (content.writes.length > 0 && !isBackup && !world.strangers)
    throw new Error(`${claim.name} is filled over what is in it`)
}

/** A backup is restored in its own attempt only, and only where the record names it. */
export function judgeBackup({ sets, memory }: World, claim: string, uid: string): void {
  const record = recordOf(sets.stable)
  const isOfAttempt = memory.cut[backupOf(uid, claim)]?.attempt === record?.id
  if (!isOfAttempt || record?.rollout?.snapshots?.[claim] !== uid)
    throw new Error(`${claim} is filled from ${uid}, which is not of this attempt`)
}

/** A pod is about to write to its claim. */
export function judgeStart(world: World, pod: SimulatedPod, claim: ClaimView): void {
  judgeAlone(world, pod, claim)
  const { order, strangers } = world
  const content = contentOf(world, claim)
  const writer = writerOf(content)
  const isOlder = order.indexOf(pod.revision) < order.indexOf(writer)
  if (isOlder && !content.released && !strangers)
    throw new Error(`${pod.name} of ${pod.revision} opens what ${writer} wrote`)
  if (writer === '' && world.memory.written.has(claim.name) && !strangers)
    throw new Error(`${pod.name} starts on an empty ${claim.name}, which had data`)
  if (writer !== pod.revision) judgeTouched(world, pod, claim)
}

function judgeTouched(world: World, pod: SimulatedPod, claim: ClaimView): void {
  const { stable } = world.sets
  const rollout = recordOf(stable)?.rollout
  if (stable === undefined || rollout?.to !== pod.revision) return
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
    if (rollout.decision === 'rollback') {
      if (before?.rollout?.decision !== 'rollback') judgeRollback(world, rollout)
      release(world, isReleasedBy(rollout))
    }
    noteTouched(world, before, { ...after, rollout })
  } else if (before?.rollout?.decision === 'rollback') {
    judgeRestored(world, { ...before, rollout: before.rollout })
  }
}

/** Where there are snapshots, and nobody wants what new code left, they are to be restored. */
function judgeRollback({ resource }: World, rollout: Rollout): void {
  const { restores, touched } = rollout
  const isWanted = resource.spec.onRollback === 'Restore'
  if (isWanted && touched > 0 && takesSnapshots(rollout) && restores !== true)
    throw new Error('it is rolled back without restoring anything')
}

/** What `writer` left on the claim is for the version before: none is to be restored, or that was given up. */
export function isReleased(rollout: Rollout, { name }: Pick<ClaimView, 'name'>, writer: string): boolean {
  return rollout.decision === 'rollback' && writer === rollout.to && !isToBeRestored(rollout, name)
}

function isToBeRestored({ restores, snapshots, unrestored = [] }: Rollout, claim: string): boolean {
  return restores === true && snapshots?.[claim] !== undefined && !unrestored.includes(ordinalOf(claim))
}

function ordinalOf(claim: string): number {
  return Number(claim.replace(/.*-/, ''))
}

function isReleasedBy(rollout: Rollout) {
  return (writer: string, claim: string) => isReleased(rollout, { name: claim }, writer)
}

/** New code may write to more claims from now on: of each there is a snapshot of this attempt, of what is there now. */
function noteTouched(world: World, before: RolloutRecord | undefined, after: ActiveRecord): void {
  const { id, rollout } = after
  if (!takesSnapshots(rollout) || world.strangers) return
  const known = before?.id === id ? before.rollout?.touched : undefined
  for (const claim of claimsOf(world, rollout, { from: known ?? 0, to: rollout.touched })) {
    const uid = rollout.snapshots?.[claim.name] ?? ''
    const snapshot = world.memory.cut[rollout.backups ? backupOf(uid, claim.name) : uid]
    if (snapshot?.attempt !== id || snapshot.claimUid !== claim.uid)
      throw new Error(`${claim.name} is given to new code without a snapshot of this attempt`)
    if (snapshot.content === undefined || !isEqual(snapshot.content, contentOf(world, claim)))
      throw new Error(`snapshot ${snapshot.name} has not what ${claim.name} has`)
    world.memory.displaced[claim.name] = { attempt: id, content: snapshot.content }
  }
}

/** Under which the memory has what a Job backed up of that claim. */
export function backupOf(job: string, claim: string): string {
  return `${job}/${claim}`
}

/** Of so many ordinals from the top. */
function claimsOf(
  { sets, claims }: World,
  { replicas }: Rollout,
  { from, to }: { readonly from: number; readonly to: number },
): readonly ClaimView[] {
  const end = (sets.stable?.ordinalsStart ?? 0) + replicas
  return claims.filter(({ ordinal }) => ordinal < end - from && ordinal >= end - to)
}

/** The rollback is closed, or the replicas are handed over. */
function judgeRestored(world: World, { id, rollout }: ActiveRecord): void {
  if (world.strangers) return
  for (const claim of claimsOf(world, rollout, { from: 0, to: rollout.touched })) {
    const displaced = world.memory.displaced[claim.name]
    if (displaced?.attempt !== id || !isToBeRestored(rollout, claim.name)) continue
    if (!isContinued(displaced.content, promisedContent(world, claim)))
      throw new Error(`${claim.name} has not what it had when its replica was displaced`)
  }
}

/** What is on its volume, or will be once it has one. */
function promisedContent(world: World, claim: ClaimView): Content {
  const source = world.snapshots.find(({ name }) => name === claim.source)?.content
  return claim.volume === undefined && source !== undefined ? source : contentOf(world, claim)
}

function isEqual(one: Content, other: Content): boolean {
  return one.writes.length === other.writes.length && isContinued(one, other)
}

/** The second is the first, with or without further writes. */
function isContinued(one: Content, other: Content): boolean {
  return one.writes.every(({ number }, index) => other.writes[index]?.number === number)
}

/** The volume is about to be deleted: all that was written to it is somewhere else, too. */
export function judgeLoss(world: World, { name }: SimulatedVolume): void {
  const lost = world.contents[name]
  if (lost === undefined || lost.writes.length === 0) return
  // A stranger's replica came up on an empty one that a Job was to fill: decision 0022 says what becomes of that.
  const isToFill = recordOf(world.sets.stable)?.rollout?.backups === true
  if (world.strangers && isToFill && lost.writes.every(({ writer }) => writer === writerOf(lost))) return
  const elsewhere = [
    ...world.volumes.filter((volume) => volume.name !== name).map((volume) => world.contents[volume.name]),
    ...world.snapshots.map(({ content }) => content),
    ...Object.values(world.memory.cut).map(({ byJob, content }) => (byJob ? content : undefined)),
  ]
  if (!elsewhere.some((content) => content !== undefined && isContinued(lost, content)))
    throw new Error(`volume ${name} is deleted with what ${writerOf(lost)} wrote`)
}

/** A kept volume goes at rest, when its time has passed, and where nobody has taken it; or is its claim's again, as of before the last attempt. */
export function judgeLetGo(
  { now, resource, sets, claims }: World,
  { name, kept, claimUid }: SimulatedVolume,
): void {
  const { retainedTtlSeconds: seconds } = resource.spec
  const record = recordOf(sets.stable)
  const isBack = claims.some((claim) => claim.volume === name && !claim.deleting)
  if (isBack && kept?.attempt !== record?.id && record?.rollout === undefined) return
  const isOver = kept !== undefined && seconds !== undefined && kept.at + seconds * 1000 <= now
  const isTaken = claimUid !== kept?.claimUid || claims.some(({ volume }) => volume === name)
  if (!isOver || isTaken || record?.rollout !== undefined)
    throw new Error(`volume ${name} is let go, and was still to be kept`)
}

/** A snapshot is restored in its own attempt only, and only where the record names it. */
function judgeSource(world: World, action: Action): void {
  if (action.kind !== 'createClaim' || action.snapshot === undefined) return
  const record = recordOf(world.sets.stable)
  const uid = record?.rollout?.snapshots?.[action.claim]
  const taken = world.snapshots.find(({ name }) => name === action.snapshot?.name)
  // One that was deleted just now is missed later, and said then.
  if (taken !== undefined && (taken.uid !== uid || taken.attempt !== record?.id))
    throw new Error(`${action.claim} is made from ${action.snapshot.name}, which is not of this attempt`)
}

/** Who lets go leaves no claim away whose volume was taken out of use. */
function judgeLeft(world: World, action: Action): void {
  if (action.kind !== 'removeFinalizer' && action.kind !== 'releaseStable') return
  const away = world.volumes.find(
    ({ kept, claim }) =>
      kept !== undefined && !world.claims.some(({ name, deleting }) => name === claim && !deleting),
  )
  if (away !== undefined) throw new Error(`${action.kind} leaves ${away.claim} away`)
  const record = recordOf(world.sets.stable)
  if (action.kind === 'releaseStable' && record?.rollout?.decision === 'rollback')
    judgeRestored(world, { ...record, rollout: record.rollout })
}

/** That a claim gets what new code left, and not what it had, is said. */
export function judgeEvents(action: Action, events: readonly UserEvent[] = []): void {
  if (action.kind !== 'changeStable' || action.intent !== 'giveUpRestore') return
  if (!events.some(({ reason }) => reason === 'RestoreFailed'))
    throw new Error('a restore is given up silently')
}

/** A deletion that leaves the replicas is a decision, too: the old version is to have them back. */
export function noteReturn(world: World): void {
  const { stable } = world.sets
  const rollout = recordOf(stable)?.rollout
  if (rollout === undefined || stable?.revision !== rollout.from) return
  judgeRollback(world, rollout)
  release(world, isReleasedBy({ ...rollout, decision: 'rollback' }))
}

function release({ volumes, contents }: World, which: (writer: string, claim: string) => boolean): void {
  for (const { name, claim } of volumes) {
    const content = contents[name]
    if (content !== undefined && which(writerOf(content), claim))
      contents[name] = { ...content, released: true }
  }
}

function rolledOut(world: World, revision: string): void {
  world.order = [...world.order.filter((other) => other !== revision), revision]
}

/** Throws where the write takes more away than a rollout may on its way forward, whatever else has failed. */
export function judgeWrite(world: World, action: Action): void {
  judgeSource(world, action)
  judgeLeft(world, action)
  judgeRenewed(world, action)
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

/** On the way back from a half-done promotion one replica is away at a time: all below it have their data, and serve. */
function judgeRenewed(world: World, action: Action): void {
  const { stable } = world.sets
  const taken = world.pods.find(({ uid }) => action.kind === 'deletePod' && uid === action.pod.uid)
  const rollout = recordOf(stable)?.rollout
  const isFree = world.resource.deleting || world.resource.annotations.force !== undefined
  if (stable === undefined || rollout === undefined || isFree || taken?.role !== 'released') return
  for (let ordinal = stable.ordinalsStart; ordinal < taken.ordinal; ordinal++)
    if (!world.pods.some((pod) => pod.name === `redis-stable-${ordinal}` && isAvailable(world, pod)))
      throw new Error(`${taken.name} is taken away while redis-stable-${ordinal} is not available`)
}

/** The next replica goes when all are available, those from the partition on at the new version. */
function judgePartition(world: World, stable: SimulatedSet, action: Action): void {
  if (action.kind !== 'changeStable' || action.intent !== 'lowerPartition') return
  const { partition: before, replicas, ordinalsStart, revision } = stable
  if (action.change.partition !== before - 1) throw new Error('the partition falls by more than one')
  const right = world.pods.filter(
    (pod) =>
      pod.role === 'stable' &&
      // The next one was stopped for its snapshot, while all were available.
      (isAvailable(world, pod) || (pod.stopped && pod.ordinal === ordinalsStart + before - 1)) &&
      (pod.ordinal < ordinalsStart + before || pod.revision === revision),
  )
  if (right.length !== replicas)
    throw new Error(`the partition falls while ${right.length} of ${replicas} are available on their version`)
}

/** Those that a rollout makes on its way forward, and that take a pod away. */
function isMoveForward(action: Action, decision: string | undefined): boolean {
  if (action.kind === 'emptyCanary' || action.kind === 'deletePod') return decision === 'promote'
  return (
    action.kind === 'changeStable' && ['startRollout', 'nextStep', 'lowerPartition'].includes(action.intent)
  )
}

function isTaken(stable: SimulatedSet, action: Action, pod: SimulatedPod): boolean {
  if (action.kind === 'emptyCanary') return pod.role === 'canary'
  if (action.kind === 'deletePod') return action.pod.uid === pod.uid
  if (action.kind !== 'changeStable' || pod.role !== 'stable') return false
  const { replicas = stable.replicas, partition = stable.partition } = action.change
  const isOutdated = pod.revision !== stable.revision && pod.ordinal >= stable.ordinalsStart + partition
  return pod.ordinal >= stable.ordinalsStart + replicas || isOutdated
}

function wordsOf(action: Action): string {
  return action.kind === 'changeStable' ? action.intent : action.kind
}
