/** What people do, and what befalls pods: one edit, carried out at once. */
import { annotated, type Edit, type Image } from './setting.ts'
import { changeJob, createExternalJob } from './jobs.ts'
import { addClaim, changeVolume, claimNamed, deleteSnapshot } from './storage.ts'
import {
  changeResource,
  changeSet,
  newUid,
  terminate,
  type SimulatedPod,
  type SimulatedSnapshot,
  type World,
} from './world.ts'

const specFields = [
  'image',
  'replicas',
  'canaryReplicas',
  'steps',
  'paused',
  'promotionType',
  'bakeSeconds',
  'deletionPolicy',
  'snapshots',
  'retainedTtlSeconds',
  'onRollback',
  'migration',
  'backups',
] as const

export function edit(world: World, made: Edit): void {
  const { spec, generation, annotations } = world.resource
  const said = Object.entries(made)
  const changed = said.filter(([name]) => specFields.some((field) => field === name))
  if (changed.length > 0)
    changeResource(world, { spec: { ...spec, ...Object.fromEntries(changed) }, generation: generation + 1 })
  const noted = said.filter(([name]) => annotated.some((annotation) => annotation === name))
  if (noted.length > 0)
    changeResource(world, { annotations: { ...annotations, ...Object.fromEntries(noted) } })
  if ('pauseReconciliation' in made && made.pauseReconciliation !== undefined)
    changeResource(world, { pauseReconciliation: made.pauseReconciliation })
  if ('ail' in made) behave(world, made.ail, 'crashes')
  if ('mend' in made) behave(world, made.mend, 'runs')
  if ('delete' in made)
    changeResource(world, { deleting: true, gone: world.resource.gone || !world.resource.finalizer })
  if ('evict' in made) terminate(world, podNamed(world, made.evict))
  if ('crash' in made) crash(world, podNamed(world, made.crash))
  if ('strayStableReplicas' in made) {
    changeSet(world, 'stable', { replicas: made.strayStableReplicas })
    world.strangers = true
  }
  if ('deleteSnapshotOf' in made) deleteSnapshot(world, snapshotOf(world, made.deleteSnapshotOf))
  if ('retakeSnapshotOf' in made) retakeSnapshot(world, snapshotOf(world, made.retakeSnapshotOf))
  if ('takeKeptOf' in made) takeKept(world, made.takeKeptOf)
  if ('exchangeClaim' in made) exchangeClaim(world, made.exchangeClaim)
  if ('jobs' in made) world.behaviour = { ...world.behaviour, ...made }
  if ('checks' in made) world.behaviour = { ...world.behaviour, checks: made.checks ?? 'complete' }
  if ('backupJobs' in made)
    world.behaviour = { ...world.behaviour, backupJobs: made.backupJobs ?? 'complete' }
  if ('restoreJobs' in made)
    world.behaviour = { ...world.behaviour, restoreJobs: made.restoreJobs ?? 'complete' }
  if ('externalJob' in made) createExternalJob(world, made.externalJob)
  if ('deleteJob' in made) deleteNewestJob(world)
  if ('storage' in made) world.storage = { ...world.storage, ...made.storage }
}

function deleteNewestJob(world: World): void {
  const job = world.jobs.findLast(({ ours }) => ours)
  if (job === undefined) throw new Error('there is no Job')
  changeJob(world, job, { deleting: true })
}

/** With all that the operator wrote on the first. */
function retakeSnapshot(world: World, snapshot: SimulatedSnapshot): void {
  const { content: _, ...again } = { ...snapshot, uid: newUid(world), createdAt: world.now, ready: false }
  world.snapshots = [...world.snapshots.filter(({ uid }) => uid !== snapshot.uid), again]
}

function exchangeClaim(world: World, name: string): void {
  const claim = claimNamed(world, name)
  if (claim === undefined || world.pods.some(({ claims }) => claims.includes(name)))
    throw new Error(`${name} is not there, or in use`)
  world.claims = world.claims.filter((other) => other !== claim)
  world.volumes = world.volumes.filter((volume) => volume.name !== claim.volume)
  world.memory.written.delete(name)
  addClaim(world, { name, ordinal: claim.ordinal })
}

function takeKept(world: World, claim: string): void {
  const volume = world.volumes.find((one) => one.kept !== undefined && one.claim === claim)
  if (volume === undefined) throw new Error(`no volume is kept of ${claim}`)
  changeVolume(world, volume, { claimUid: newUid(world) })
}

function snapshotOf(world: World, claim: string): SimulatedSnapshot {
  const snapshot = world.snapshots.findLast((candidate) => candidate.claim === claim)
  if (snapshot === undefined) throw new Error(`no snapshot of ${claim}`)
  return snapshot
}

function behave(world: World, name: string, behaviour: Image['behaviour']): void {
  const image = world.images[name]
  if (image === undefined) throw new Error(`no image ${name}`)
  world.images[name] = { ...image, behaviour }
}

/** Unready from now on, until the kubelet has started it again. */
function crash(world: World, pod: SimulatedPod): void {
  if (!pod.started || pod.deleting || pod.failure !== undefined) return
  const { readySince: _, ...rest } = pod
  world.pods = world.pods.map((other) =>
    other === pod ? { ...rest, started: false, unreadySince: pod.unreadySince ?? world.now } : other,
  )
}

function podNamed(world: World, name: string): SimulatedPod {
  const pod = world.pods.find((candidate) => candidate.name === name)
  if (pod === undefined) throw new Error(`no pod ${name}`)
  return pod
}
