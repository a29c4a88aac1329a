/**
 * The stages of a rollout from `old` to `new`, in their order, each as it is when everything went well. Tests take
 * the stage that they are about and change what the row names.
 */
import type { Observation, PodView } from '../observation.ts'
import type { Rollout } from '../record.ts'
import { plannedSteps } from '../steps.ts'
import {
  aRevision,
  canaryPod,
  hour,
  minute,
  now,
  restRecord,
  type Shape,
  stablePod,
  stableWorld,
  wanting,
  withCanary,
  withPods,
  withRecord,
  withRevisions,
  withRollout,
  withStable,
  withStablePods,
  world,
} from './builders.ts'

export const startedAt = now - 10 * minute
export const steppedAt = now - 5 * minute
export const decidedAt = now - minute

interface Counts {
  readonly replicas: number
  readonly canaries: number
  /** First displaced ordinal. */
  readonly boundary: number
  readonly end: number
}

function countsOf({ replicas = 3, canaryReplicas = 1, start = 0 }: Shape): Counts {
  const canaries = Math.min(canaryReplicas, replicas)
  return { replicas, canaries, boundary: start + replicas - canaries, end: start + replicas }
}

/** At rest, with `new` wanted and stored: the start gate is next. */
export function wantingWorld(shape: Shape = {}): Observation {
  return world(stableWorld(shape), wanting('new'), withRevisions(aRevision('old', 1), aRevision('new', 2)))
}

/** The rollout is recorded and stable scaled to N-k; the displaced pods are still there. */
export function startedWorld(shape: Shape = {}): Observation {
  const { replicas, canaries } = countsOf(shape)
  const steps = plannedSteps({ canaryReplicas: canaries, steps: shape.steps ?? [] }, replicas)
  const rollout: Rollout = {
    from: 'old',
    to: 'new',
    replicas,
    steps,
    step: Math.max(
      0,
      steps.findIndex(({ canaryReplicas }) => canaryReplicas === canaries),
    ),
    touched: 0,
    ack: false,
    at: { started: startedAt },
  }
  return world(
    wantingWorld(shape),
    withStable({ replicas: replicas - canaries }),
    withRecord({ ...restRecord, id: 3, rollout }),
  )
}

/** The displaced pods are gone. */
export function displacedWorld(shape: Shape = {}): Observation {
  const { boundary } = countsOf(shape)
  return world(
    startedWorld(shape),
    withStablePods((pod) => (pod.ordinal < boundary ? pod : undefined)),
  )
}

/** The canary set is there, without pods. */
export function inertWorld(shape: Shape = {}): Observation {
  const { minReadySeconds = 0 } = shape
  return world(displacedWorld(shape), withCanary({ minReadySeconds }))
}

/** What the canary may touch is recorded. */
export function touchedWorld(shape: Shape = {}): Observation {
  const { canaries } = countsOf(shape)
  return world(
    inertWorld(shape),
    withRollout({ touched: canaries, at: { started: startedAt, stepped: steppedAt } }),
  )
}

/** The canary set is armed; it has no pods yet. */
export function armedWorld(shape: Shape = {}): Observation {
  const { canaries, boundary } = countsOf(shape)
  return world(touchedWorld(shape), withCanary({ replicas: canaries, ordinalsStart: boundary }))
}

/** Every canary is available: approval is awaited. */
export function activeWorld(shape: Shape = {}): Observation {
  const { boundary, end } = countsOf(shape)
  return world(armedWorld(shape), withPods(...podsOf(boundary, end, canaryPod)))
}

/** The same, `hours` after the canary was armed. */
export function longActiveWorld(shape: Shape = {}, hours = 5): Observation {
  const { canaries } = countsOf(shape)
  const stepped = now - hours * hour
  return world(
    activeWorld(shape),
    withRollout({ touched: canaries, at: { started: stepped - minute, stepped } }),
  )
}

/** Promotion is decided, the canary still runs. */
export function approvedWorld(shape: Shape = {}): Observation {
  return world(
    activeWorld(shape),
    withRollout({
      decision: 'promote',
      ack: true,
      at: { started: startedAt, stepped: steppedAt, decided: decidedAt },
    }),
  )
}

/** Promotion is decided, and the canary is gone and deleted. */
export function clearedWorld(shape: Shape = {}): Observation {
  const { canary: _, ...rest } = approvedWorld(shape)
  return { ...rest, canary: undefined, pods: rest.pods.filter((pod) => pod.role !== 'canary') }
}

/** The one patch was made and all N are available: those from `partition` on at `new`, the others at `old`. */
export function patchedWorld(shape: Shape = {}, partition?: number): Observation {
  const { replicas, boundary, end } = countsOf(shape)
  const { start = 0 } = shape
  const edge = start + (partition ?? boundary - start)
  return world(
    clearedWorld(shape),
    withStable({ revision: 'new', replicas, partition: edge - start, caughtUp: edge === start }),
    withPods(
      ...podsOf(start, edge, stablePod),
      ...podsOf(edge, end, (ordinal) => stablePod(ordinal, { revision: 'new' })),
    ),
    withRollout({ touched: Math.max(end - edge, end - boundary) }),
  )
}

/** Roll back is decided, the canary still runs. */
export function rollingBackWorld(
  shape: Shape = {},
  cause: NonNullable<Rollout['cause']> = 'failed',
): Observation {
  return world(
    activeWorld(shape),
    withRollout({
      decision: 'rollback',
      cause,
      at: { started: startedAt, stepped: steppedAt, decided: decidedAt },
    }),
  )
}

/** Roll back is decided, and the canary is gone and deleted. */
export function rolledOutWorld(
  shape: Shape = {},
  cause: NonNullable<Rollout['cause']> = 'failed',
): Observation {
  const before = rollingBackWorld(shape, cause)
  return { ...before, canary: undefined, pods: before.pods.filter((pod) => pod.role !== 'canary') }
}

/** Roll back: stable has all its replicas on `old` again, and every one of them is available. */
export function returnedWorld(
  shape: Shape = {},
  cause: NonNullable<Rollout['cause']> = 'failed',
): Observation {
  const { replicas, boundary, end } = countsOf(shape)
  return world(
    rolledOutWorld(shape, cause),
    withStable({ replicas }),
    withPods(...podsOf(boundary, end, stablePod)),
  )
}

function podsOf(from: number, to: number, pod: (ordinal: number) => PodView): readonly PodView[] {
  return Array.from({ length: to - from }, (_, index) => pod(from + index))
}
