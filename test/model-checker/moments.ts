/**
 * Time as ages. Four of them are enough: every rule asks only whether a moment lies far enough back, and the thresholds
 * stand in one order (minReadySeconds, bake, progress deadline).
 */
import { formatRecord, type RolloutMoments, type RolloutRecord } from '../../src/core/record.ts'
import type { Age, Pod, World } from './world.ts'

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

/** The record as the model keeps it: ages for moments, all old where no rule reads them, so that they tell no two worlds apart. */
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

/** Time passes: nothing is younger than `age` any more. Undefined where nothing was. */
export function passTime(world: World, age: Age): World | undefined {
  const { pods, resource, stable } = world
  const olderPods = pods.map((pod): Pod => (pod.age < age && hasAge(pod) ? { ...pod, age } : pod))
  const { waiting } = resource
  const record = stable?.record && older(stable.record, age)
  const same =
    olderPods.every((pod, index) => pod === pods[index]) &&
    record === stable?.record &&
    (waiting === undefined || waiting.age >= age)
  if (same) return undefined
  return {
    ...world,
    pods: olderPods,
    stable: stable && { ...stable, record },
    resource:
      waiting === undefined || waiting.age >= age ? resource : { ...resource, waiting: { ...waiting, age } },
  }
}

/** A terminating pod's age means nothing to anybody. */
function hasAge(pod: Pod): boolean {
  return !pod.deleting
}

function older(record: RolloutRecord, age: Age): RolloutRecord {
  const { rollout } = record
  if (rollout === undefined || Object.values(rollout.at).every((old) => old >= age)) return record
  return mapMoments(record, (old) => Math.max(old, age))
}
