/**
 * Time as ages. Four of them are enough: every rule asks only whether a moment lies far enough back, and the thresholds
 * stand in one order (minReadySeconds, bake, progress deadline). A moment grows older only past a threshold that is asked
 * of it, so that no two worlds differ in what nobody can notice.
 */
import { formatRecord, type RolloutMoments, type RolloutRecord } from '../../src/core/record.ts'
import type { Age, Job, Pod, Resource, SetObject, Snapshot, Storage, Volume, World } from './world.ts'

export const now = 10_000_000_000
const agesMs = [0, 10_000, 100_000, 1_000_000] as const

export const minReadySeconds = 5
export const bakeSeconds = 60
export const progressDeadlineSeconds = 600

export function momentOf(age: Age): number {
  return now - agesMs[age]
}

function ageOf(moment: number): Age {
  const age = agesMs.findLastIndex((ms) => now - moment >= ms)
  return Math.max(0, age) as Age
}

/** The record as the model keeps it: ages for moments, old where no rule reads them. */
export function withAges(record: RolloutRecord): RolloutRecord {
  return mapMoments(record, (moment, name) => (name === 'started' ? 3 : ageOf(moment)))
}

/** The annotation as the operator reads it. */
export function withMoments(record: RolloutRecord): string {
  return formatRecord(mapMoments(record, (age) => momentOf(age as Age)))
}

function mapMoments(record: RolloutRecord, map: (moment: number, name: string) => number): RolloutRecord {
  const { rollout } = record
  if (rollout === undefined) return record
  const at = Object.fromEntries(Object.entries(rollout.at).map(([name, moment]) => [name, map(moment, name)]))
  return { ...record, rollout: { ...rollout, at: at as unknown as RolloutMoments } }
}

/** Time passes: nothing is younger than `age` any more. Undefined where nobody could notice. */
export function passTime(world: World, age: Age): World | undefined {
  const bakes = hasBake(world)
  const pods = olderPods(world.pods, age, bakes)
  const stable = olderSet(world.stable, age, bakes)
  const resource = olderResource(world.resource, age)
  const storage = world.storage && olderStorage(world.storage, age, world.resource.spec)
  const jobs = olderJobs(world.jobs, age)
  const frozen = olderCopies(world, age, bakes)
  const same =
    pods === world.pods &&
    stable === world.stable &&
    resource === world.resource &&
    storage === world.storage &&
    jobs === world.jobs &&
    frozen === world.frozen
  return same ? undefined : { ...world, pods, stable, resource, storage, jobs, frozen }
}

/** Copies in caches that stand still grow old as well. */
function olderCopies({ frozen, resource: { spec } }: World, age: Age, bakes: boolean): World['frozen'] {
  const { pods, sets, resource, storage, jobs } = frozen
  const olderShownJobs = jobs && olderJobs(jobs, age)
  const olderOnes = pods && olderPods(pods, age, bakes)
  const stable = sets && olderSet(sets.stable, age, bakes)
  const olderOne = resource && olderResource(resource, age)
  const olderShown = storage && olderStorage(storage, age, spec)
  if (
    olderOnes === pods &&
    stable === sets?.stable &&
    olderOne === resource &&
    olderShown === storage &&
    olderShownJobs === jobs
  )
    return frozen
  return {
    ...frozen,
    ...(olderOnes && { pods: olderOnes }),
    ...(sets && { sets: { ...sets, stable } }),
    ...(olderOne && { resource: olderOne }),
    ...(olderShown && { storage: olderShown }),
    ...(olderShownJobs && { jobs: olderShownJobs }),
  }
}

/** A snapshot that is not ready runs out of time; what is kept for a time is kept for all of it. */
function olderStorage(storage: Storage, age: Age, spec: Resource['spec']): Storage {
  const isTimed = spec.snapshots?.ttlSeconds !== undefined
  const snapshots = storage.snapshots.map((snapshot): Snapshot => {
    const isAsked = (isTimed || !snapshot.ready) && snapshot.age !== 3
    return isAsked ? { ...snapshot, age: 3 } : snapshot
  })
  const volumes = storage.volumes.map((volume): Volume => {
    const { kept } = volume
    const isAsked = spec.retainedTtlSeconds !== undefined && kept !== undefined && kept.age !== 3
    return isAsked ? { ...volume, kept: { ...kept, age: 3 } } : volume
  })
  const isSame =
    snapshots.every((snapshot, index) => snapshot === storage.snapshots[index]) &&
    volumes.every((volume, index) => volume === storage.volumes[index])
  return age < 3 || isSame ? storage : { ...storage, snapshots, volumes }
}

/** A backup that is not complete, or is to go, runs out of time, too, and so does a Job that does not go. */
function olderJobs(jobs: readonly Job[], age: Age): readonly Job[] {
  const isAwaited = ({ purpose, outcome, held, deleting, age: old }: Job) =>
    purpose === 'backup' && (outcome !== 'complete' || (held === true && deleting)) && old !== 3
  const isGoing = ({ heldFor }: Job) => heldFor !== undefined && heldFor !== 3
  if (age < 3 || !jobs.some((job) => isAwaited(job) || isGoing(job))) return jobs
  return jobs.map((job) => ({
    ...job,
    ...(isAwaited(job) && { age: 3 as const }),
    ...(isGoing(job) && { heldFor: 3 as const }),
  }))
}

function hasBake({ resource: { spec }, stable }: World): boolean {
  const steps = [...(spec.steps ?? []), ...(stable?.record?.rollout?.steps ?? [])]
  return (spec.bakeSeconds ?? 0) > 0 || steps.some((step) => (step.bakeSeconds ?? 0) > 0)
}

function olderPods(pods: readonly Pod[], age: Age, bakes: boolean): readonly Pod[] {
  const older = pods.map((pod): Pod => {
    const after = Math.max(pod.age, reached(age, agesOf(pod, bakes))) as Age
    return after === pod.age ? pod : { ...pod, age: after }
  })
  return older.every((pod, index) => pod === pods[index]) ? pods : older
}

/** A ready pod becomes available and bakes; another one runs out of time; of one that ends, or is a stranger's, nobody asks. */
function agesOf({ role, deleting, state }: Pod, bakes: boolean): readonly Age[] {
  if (deleting || role === 'foreign' || role === 'job') return []
  if (state !== 'ready') return [3]
  return bakes ? [1, 2] : [1]
}

/** The oldest of these ages that is not beyond `age`. */
function reached(age: Age, ages: readonly Age[]): Age {
  return ages.findLast((one) => one <= age) ?? 0
}

function olderSet(set: SetObject | undefined, age: Age, bakes: boolean): SetObject | undefined {
  const { rollout } = set?.record ?? {}
  if (set?.record === undefined || rollout === undefined) return set
  const agesOfMoment = (name: string): readonly Age[] => (name === 'stepped' && bakes ? [2, 3] : [3])
  const isOlder = Object.entries(rollout.at).some(([name, old]) => reached(age, agesOfMoment(name)) > old)
  if (!isOlder) return set
  const record = mapMoments(set.record, (old, name) => Math.max(old, reached(age, agesOfMoment(name))))
  return { ...set, record }
}

function olderResource(resource: Resource, age: Age): Resource {
  const { waiting } = resource
  if (age < 3 || waiting === undefined || waiting.age === 3) return resource
  return { ...resource, waiting: { ...waiting, age: 3 } }
}
