/**
 * Claims, volumes and snapshots: the storage behind the cluster. A volume is provisioned when a pod that can be scheduled needs
 * it (WaitForFirstConsumer), or is there already and free for a claim of that name. A claim that is deleted goes when no
 * scheduled pod has it, and takes its volume along unless that is retained. A snapshot is cut of what is there when it becomes
 * ready, some time after it was asked for. What holds of real ones where they differ from each other is here the worse.
 */
import type { ClaimView } from '../../src/core/observation.ts'
import { isReplicaJobName } from '../../src/core/jobs/job-order.ts'
import { isReleased, judgeLoss, recordOf } from './promises.ts'
import {
  type Content,
  contentOf,
  empty,
  newUid,
  newVersion,
  type SimulatedPod,
  type SimulatedSnapshot,
  type SimulatedVolume,
  type World,
} from './world.ts'

const slowMilliseconds = 60_000

export function storageMoves(world: World): (() => string)[] {
  return [
    ...world.claims.filter((claim) => mayGo(world, claim)).map((claim) => () => removeClaim(world, claim)),
    ...world.snapshots.flatMap((snapshot) => snapshotMoves(world, snapshot)),
  ]
}

export function claimOf(world: World, { claims }: SimulatedPod): ClaimView | undefined {
  return world.claims.find(({ name }) => claims.includes(name))
}

export function addClaim(
  world: World,
  claim: Pick<ClaimView, 'name' | 'ordinal' | 'volume' | 'source'>,
): void {
  const uid = newUid(world)
  const free = world.volumes.find((volume) => volume.claim === claim.name && volume.claimUid === undefined)
  const volume = claim.volume ?? free?.name
  if (free !== undefined && free.name === volume) changeVolume(world, free, { claimUid: uid })
  const resourceVersion = newVersion(world)
  const added = { ...claim, uid, resourceVersion, deleting: false, ...(volume !== undefined && { volume }) }
  world.claims = [...world.claims, added]
}

/** Its volume is there and is its own. */
export function isBound(world: World, { uid, volume }: ClaimView): boolean {
  return world.volumes.some(({ name, claimUid }) => name === volume && claimUid === uid)
}

/** With the content of its source, or empty: also where a Job is to fill it. */
export function provision(world: World, claim: ClaimView): ClaimView {
  const prefix = `pv-${claim.name}-`
  const count = Object.keys(world.contents).filter((name) => name.startsWith(prefix)).length
  const volume: SimulatedVolume = {
    name: `${prefix}${count + 1}`,
    uid: newUid(world),
    resourceVersion: newVersion(world),
    claim: claim.name,
    claimUid: claim.uid,
    retains: false,
  }
  const bound = { ...claim, volume: volume.name, resourceVersion: newVersion(world) }
  world.volumes = [...world.volumes, volume]
  world.claims = world.claims.map((other) => (other === claim ? bound : other))
  const source = world.snapshots.find(({ name }) => name === claim.source)
  world.contents[volume.name] = { ...empty, ...source?.content }
  return bound
}

/** The storage would make a volume of it now. */
export function isProvisionable({ storage, snapshots }: World, { source }: ClaimView): boolean {
  if (source === undefined || isBackup(source)) return true
  return (
    storage.restores && snapshots.some(({ name, ready, deleting }) => name === source && ready && !deleting)
  )
}

function isBackup(source: string): boolean {
  return isReplicaJobName(source, { name: 'redis', uid: 'resource' })
}

export function changeVolume(world: World, volume: SimulatedVolume, change: Partial<SimulatedVolume>): void {
  const after = { ...volume, ...change, resourceVersion: newVersion(world) }
  world.volumes = world.volumes.map((other) => (other === volume ? after : other))
}

export function deleteClaim(world: World, claim: ClaimView): void {
  world.claims = world.claims.map((other) =>
    other === claim ? { ...claim, deleting: true, resourceVersion: newVersion(world) } : other,
  )
}

export function deleteSnapshot(world: World, snapshot: SimulatedSnapshot): void {
  if (!snapshot.deleting) changeSnapshot(world, snapshot, { deleting: true })
}

/** When the next slow snapshot will be ready. */
export function nextReady({ storage, snapshots, now }: World): number | undefined {
  if (storage.snapshots !== 'slow') return undefined
  const moments = snapshots.filter(({ ready }) => !ready).map(({ createdAt }) => createdAt + slowMilliseconds)
  const next = Math.min(...moments.filter((moment) => moment > now))
  return Number.isFinite(next) ? next : undefined
}

/** The pod is on a node, where its claim is mounted; one that has ended counts as a user of it all the same. */
export function isScheduled({ phase, failure }: SimulatedPod): boolean {
  return phase !== 'Pending' || failure !== undefined
}

/** And it has not ended. */
export function isOnNode(pod: SimulatedPod): boolean {
  return isScheduled(pod) && pod.phase !== 'Succeeded' && !(pod.role === 'job' && pod.phase === 'Failed')
}

export function claimNamed({ claims }: World, wanted: string): ClaimView | undefined {
  return claims.find(({ name }) => name === wanted)
}

function mayGo(world: World, { name, deleting }: ClaimView): boolean {
  return deleting && !world.pods.some((pod) => pod.claims.includes(name) && isScheduled(pod))
}

function removeClaim(world: World, claim: ClaimView): string {
  world.claims = world.claims.filter((other) => other !== claim)
  const volume = world.volumes.find(({ name }) => name === claim.volume)
  if (volume === undefined || volume.retains || volume.claimUid !== claim.uid) return `${claim.name} gone`
  judgeLoss(world, volume)
  world.volumes = world.volumes.filter((other) => other !== volume)
  return `${claim.name} gone with ${volume.name}`
}

function snapshotMoves(world: World, snapshot: SimulatedSnapshot): (() => string)[] {
  if (snapshot.deleting) return isSource(world, snapshot) ? [] : [() => removeSnapshot(world, snapshot)]
  return snapshot.ready ? [] : cuttingMoves(world, snapshot)
}

/** A claim is still to be made of it. */
function isSource({ claims }: World, { name }: SimulatedSnapshot): boolean {
  return claims.some(({ source, volume }) => source === name && volume === undefined)
}

function removeSnapshot(world: World, snapshot: SimulatedSnapshot): string {
  world.snapshots = world.snapshots.filter((other) => other !== snapshot)
  return `${snapshot.name} gone`
}

function cuttingMoves(world: World, snapshot: SimulatedSnapshot): (() => string)[] {
  const { snapshots } = world.storage
  if (snapshots === 'never' || (snapshots === 'slow' && world.now < snapshot.createdAt + slowMilliseconds))
    return []
  const claim = world.claims.find(({ name, deleting }) => name === snapshot.claim && !deleting)
  if (snapshots === 'fails') return complain(world, snapshot, 'the storage is full')
  if (claim === undefined || !isBound(world, claim))
    return complain(world, snapshot, 'the claim has no volume')
  return [() => cut(world, snapshot, contentOf(world, claim))]
}

function complain(world: World, snapshot: SimulatedSnapshot, trouble: string): (() => string)[] {
  if (snapshot.trouble === trouble) return []
  return [
    () => {
      changeSnapshot(world, snapshot, { trouble })
      return `${snapshot.name} not ready: ${trouble}`
    },
  ]
}

function cut(world: World, snapshot: SimulatedSnapshot, content: Content): string {
  const { trouble, ...well } = snapshot
  const ready = { ...well, ready: true, takenAt: world.now, content }
  world.snapshots = world.snapshots.map((other) => (other === snapshot ? ready : other))
  world.memory.cut[ready.uid] = ready
  const after = trouble === undefined ? '' : ' after all'
  return `${ready.name} ready with v${content.version}${after}`
}

function changeSnapshot(world: World, snapshot: SimulatedSnapshot, change: Partial<SimulatedSnapshot>): void {
  world.snapshots = world.snapshots.map((other) => (other === snapshot ? { ...snapshot, ...change } : other))
}

/** Of a version of the data, by code of that revision. */
export function write(world: World, claim: ClaimView, writer: string, version: number): void {
  const { contents, memory, sets } = world
  const { writes } = contentOf(world, claim)
  const rollout = recordOf(sets.stable)?.rollout
  contents[claim.volume ?? ''] = {
    version,
    writes: [...writes, { number: ++world.writes, writer }],
    released: rollout !== undefined && isReleased(rollout, claim, writer),
  }
  memory.written.add(claim.name)
}
