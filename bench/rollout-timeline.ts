/** When a rollout got where, as watches see it: its milestones in their order, and who had to act for each of them. */
import { condition } from '../test/harness/condition.ts'
import { imageOf, isReady, type Pod } from '../test/harness/objects.ts'
import type { Watched } from '../test/harness/watched.ts'

export interface Shape {
  readonly name: string
  readonly replicas: number
  readonly canaries: number
  readonly from: string
  readonly to: string
}

export interface Milestone {
  readonly name: string
  /** Whoever rolls out has to write for it; else the cluster gets there by itself. */
  readonly isAct: boolean
  readonly reached: (seen: Watched) => boolean
}

export interface Part {
  readonly totalMs: number
  /** Summed: from each moment at which something could be done until it was seen done. */
  readonly actsMs: number
  /** Milliseconds from the beginning until a milestone. */
  readonly at: (milestone: string) => number | undefined
}

/** Looked at after each change that the watches show. */
export function reach(
  seen: Watched,
  what: string | (() => string),
  holds: () => boolean,
  hopeless: AbortSignal,
): Promise<boolean> {
  return condition(what, holds, [(look) => seen.onChange(look)], { within: 120, hopeless })
}

/** Begins, and notes when each milestone is seen, in their order. */
export async function follow(
  seen: Watched,
  milestones: readonly Milestone[],
  begin: () => Promise<void>,
  hopeless: AbortSignal,
): Promise<Part> {
  const moments = new Map<string, number>()
  const left = [...milestones]
  const look = () => {
    for (const { name, reached } of left.slice()) {
      if (!reached(seen)) break
      moments.set(name, performance.now())
      left.shift()
    }
    return left.length === 0
  }
  const start = performance.now()
  const waiting = () => `the rollout gets to "${left[0]?.name}"`
  await Promise.all([reach(seen, waiting, look, hopeless), begin()])
  let before = start
  let actsMs = 0
  for (const { name, isAct } of milestones) {
    const moment = moments.get(name) ?? before
    if (isAct) actsMs += moment - before
    before = moment
  }
  return { totalMs: before - start, actsMs, at: (milestone) => sinceStart(moments.get(milestone), start) }
}

function sinceStart(moment: number | undefined, start: number): number | undefined {
  return moment === undefined ? undefined : moment - start
}

/** From the new image until the canaries are Ready. */
export function forward(shape: Shape): readonly Milestone[] {
  const { name, replicas, canaries } = shape
  const boundary = replicas - canaries
  return [
    act('displacing', (seen) => seen.set(`${name}-stable`)?.spec.replicas === boundary),
    cluster('displaced gone', (seen) => ordinals(seen, `${name}-stable`).every((one) => one < boundary)),
    act('armed', (seen) => seen.set(`${name}-canary`)?.spec.replicas === canaries),
    cluster('canary active', (seen) => areReady(seen, shape, `${name}-canary`, boundary)),
  ]
}

/** From the word until every replica is Ready on the new image, and that is written down. */
export function promotion(shape: Shape): readonly Milestone[] {
  const { name, replicas, canaries, to } = shape
  const boundary = replicas - canaries
  const stable = `${name}-stable`
  const below = Array.from({ length: boundary }, (_, index) => boundary - 1 - index)
  const partition = (seen: Watched) => seen.set(stable)?.spec.updateStrategy?.rollingUpdate?.partition ?? 0
  return [
    act('emptied', (seen) => (seen.set(`${name}-canary`)?.spec.replicas ?? 0) === 0),
    cluster('canary gone', (seen) => ordinals(seen, `${name}-canary`).length === 0),
    act('patched', (seen) => imageOf(seen.set(stable)?.spec.template.spec ?? nothing) === to),
    cluster('displaced ready', (seen) => areReady(seen, shape, stable, boundary)),
    ...below.flatMap((ordinal) => [
      act(`lowered to ${ordinal}`, (seen) => partition(seen) <= ordinal),
      cluster(`${ordinal} ready`, (seen) => areReady(seen, shape, stable, ordinal)),
    ]),
    act('closed', (seen) => isClosed(seen.set(stable)?.metadata.annotations ?? {})),
  ]
}

const nothing = { containers: [] }

export function act(name: string, reached: Milestone['reached']): Milestone {
  return { name, isAct: true, reached }
}

export function cluster(name: string, reached: Milestone['reached']): Milestone {
  return { name, isAct: false, reached }
}

/** The record knows of no rollout any more. */
function isClosed(annotations: Readonly<Record<string, string>>): boolean {
  const record = JSON.parse(annotations['canary.example.com/rollout'] ?? '{}') as {
    readonly rollout?: unknown
  }
  return record.rollout === undefined
}

/** Every ordinal from this one up is Ready on the new image. */
export function areReady(seen: Watched, { replicas, to }: Shape, set: string, from: number): boolean {
  const ready = podsOf(seen, set).filter(
    (pod) => ordinalOf(pod) >= from && isReady(pod) && imageOf(pod.spec) === to,
  )
  return ready.length === replicas - from
}

export function ordinals(seen: Watched, set: string): readonly number[] {
  return podsOf(seen, set).map(ordinalOf)
}

export function podsOf(seen: Watched, set: string): readonly Pod[] {
  return seen.pods().filter(({ metadata }) => metadata.name.startsWith(`${set}-`))
}

function ordinalOf({ metadata }: Pod): number {
  return Number(metadata.name.slice(metadata.name.lastIndexOf('-') + 1))
}
