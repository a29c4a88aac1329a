/**
 * Random observations: a stage of a rollout, changed at random in a few places, so that most of them are what a
 * cluster could show and some are what it never should. For property tests; every choice comes from fast-check.
 */
import fc from 'fast-check'
import type { Observation, PodView, SetView } from '../observation.ts'
import type { QuestionKind } from '../question.ts'
import { formatRecord, type Rollout, type Step } from '../record.ts'
import {
  aClaim,
  aRevision,
  allAllowed,
  canaryPod,
  type Change,
  foreignPod,
  longAgo,
  minute,
  newWorld,
  no,
  now,
  type Revision,
  recordOf,
  second,
  type Shape,
  stablePod,
  stableWorld,
  waitingFor,
  wanting,
  withAnswers,
  withCanary,
  withClaims,
  withoutService,
  withPods,
  withRecord,
  withResource,
  withRevisions,
  withSpec,
  withStable,
  withWrongService,
  world,
  yes,
} from './builders.ts'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  clearedWorld,
  displacedWorld,
  inertWorld,
  longActiveWorld,
  patchedWorld,
  returnedWorld,
  rolledOutWorld,
  rollingBackWorld,
  startedWorld,
  touchedWorld,
  wantingWorld,
} from './rollout-worlds.ts'

const revision = fc.constantFrom<Revision>('old', 'new', 'third')

const shape: fc.Arbitrary<Shape> = fc.record({
  replicas: fc.integer({ min: 0, max: 4 }),
  canaryReplicas: fc.integer({ min: 0, max: 3 }),
  start: fc.constantFrom(0, 0, 5),
  ordered: fc.boolean(),
  minReadySeconds: fc.constantFrom(0, 5),
})

const stages: fc.Arbitrary<Observation> = fc
  .tuple(
    shape,
    fc.constantFrom<(shape: Shape) => Observation>(
      newWorld,
      stableWorld,
      (of) => world(stableWorld(of), withRecord({ proven: false })),
      wantingWorld,
      (of) => world(wantingWorld(of), allAllowed),
      clearedWorld,
      patchedWorld,
      (of) => patchedWorld(of, 0),
      returnedWorld,
    ),
  )
  .map(([of, make]) => make(of))

/** Those that have a canary, or are about to. */
const canaryStages: fc.Arbitrary<Observation> = fc
  .tuple(
    shape,
    fc.constantFrom<(shape: Shape) => Observation>(
      startedWorld,
      displacedWorld,
      inertWorld,
      touchedWorld,
      armedWorld,
      activeWorld,
      longActiveWorld,
      approvedWorld,
      rollingBackWorld,
      rolledOutWorld,
    ),
  )
  .chain(([{ replicas = 1, canaryReplicas = 1, ...of }, make]) => {
    const shape = { ...of, replicas: Math.max(1, replicas), canaryReplicas: Math.max(1, canaryReplicas) }
    return stepsAround(shape.canaryReplicas).map((steps) => make({ ...shape, steps }))
  })

/** None, or some of which one has that many canaries: the present one. */
function stepsAround(canaryReplicas: number): fc.Arbitrary<readonly Step[]> {
  const gate = fc.record({ bakeSeconds: fc.constantFrom(0, 60), pause: fc.boolean() }, { requiredKeys: [] })
  return fc
    .tuple(gate, gate, gate, fc.integer({ min: 1, max: 2 }), fc.boolean())
    .map(([before, present, after, more, hasMore]) => [
      { canaryReplicas: Math.max(1, canaryReplicas - 1), ...before },
      { canaryReplicas, ...present },
      ...(hasMore ? [{ canaryReplicas: canaryReplicas + more, ...after }] : []),
    ])
    .chain((steps) => fc.constantFrom([], [], steps))
}

const stage = fc.oneof(stages, canaryStages)

const podChanges: fc.Arbitrary<Partial<PodView>> = fc.record(
  {
    revision,
    deleting: fc.boolean(),
    phase: fc.constantFrom<PodView['phase']>('Pending', 'Running', 'Succeeded', 'Failed'),
    claims: fc.constantFrom(
      ['data-redis-stable-1'],
      ['data-redis-stable-2'],
      ['data-redis-stable.ordinal'],
      [],
    ),
  },
  { requiredKeys: [] },
)

const readiness: fc.Arbitrary<(pod: PodView) => PodView> = fc
  .tuple(fc.constantFrom('ready', 'young', 'unready', 'late', 'failing'), fc.nat({ max: 8 }))
  .map(([how, seconds]) => (pod) => {
    const { readySince: _, ...rest } = pod
    if (how === 'ready') return { ...rest, readySince: longAgo }
    if (how === 'young') return { ...rest, readySince: now - seconds * second }
    if (how === 'late') return { ...rest, unreadySince: now - 20 * minute }
    const unready = { ...rest, unreadySince: now - seconds * minute }
    return how === 'unready' ? unready : { ...unready, failure: { reason: 'CrashLoop', message: 'exit 1' } }
  })

const somePod: fc.Arbitrary<Change> = fc
  .tuple(
    fc.constantFrom(stablePod, canaryPod, foreignPod),
    fc.constantFrom(0, 1, 2, 3, 5, 6, 7),
    podChanges,
    readiness,
  )
  .map(([make, ordinal, changes, ready]) => withPods(ready(make(ordinal, changes))))

const lessPods: fc.Arbitrary<Change> = fc
  .nat({ max: 4 })
  .map((index) => (before) => ({ ...before, pods: before.pods.filter((_, at) => at !== index) }))

const setChanges: fc.Arbitrary<Partial<SetView>> = fc.record(
  {
    deleting: fc.constantFrom(false, false, true),
    observed: fc.boolean(),
    revision,
    replicas: fc.integer({ min: 0, max: 4 }),
    ordinalsStart: fc.constantFrom(0, 1, 2, 5, 7),
    partition: fc.constantFrom(0, 1, 2, 3, 4, undefined),
    caughtUp: fc.boolean(),
  },
  { requiredKeys: [] },
)

const someCanary = fc
  .tuple(setChanges, fc.constantFrom(1, 3, 3, 3))
  .map(([changes, attempt]) => withCanary({ ...changes, attempt }))

/** What makes most rules hold their breath, so it is drawn less often. */
const setTroubles: fc.Arbitrary<Partial<SetView>> = fc.constantFrom<Partial<SetView>>(
  { ours: false },
  { retains: false },
  { retains: false, observed: false },
  { minReadySeconds: 30 },
)

const troubled: fc.Arbitrary<Change> = fc
  .tuple(setTroubles, fc.boolean())
  .map(([changes, isCanary]) => (before) => {
    if (isCanary) return withCanary(changes)(before)
    return before.stable === undefined ? before : withStable(changes)(before)
  })

/** Only where there is one: a set from nowhere would lack its record. */
const someStable: fc.Arbitrary<Change> = setChanges.map(
  (changes) => (before) => (before.stable === undefined ? before : withStable(changes)(before)),
)

const someRecord: fc.Arbitrary<Change> = fc
  .tuple(
    fc.record({ proven: fc.boolean(), rejected: revision }, { requiredKeys: [] }),
    fc.option(
      fc.oneof(
        fc.constant<Partial<Rollout>>({ decision: 'promote' }),
        fc.constantFrom('reverted', 'superseded', 'failed', 'deadline', 'aborted').map((cause) => ({
          decision: 'rollback' as const,
          cause: cause as NonNullable<Rollout['cause']>,
        })),
        fc.constant<Partial<Rollout>>({ touched: 0 }),
        fc.constant<Partial<Rollout>>({ ack: true }),
      ),
    ),
  )
  .map(([changes, rolloutChanges]) => (before) => {
    if (before.stable === undefined) return before
    const { rollout, ...rest } = recordOf(before)
    const next = rollout === undefined ? {} : { rollout: decidedAnew(rollout, rolloutChanges ?? {}) }
    return withRecord({ ...rest, ...changes, ...next })(before)
  })

function decidedAnew(rollout: Rollout, changes: Partial<Rollout>): Rollout {
  const { cause: _, ...rest } = rollout
  return changes.decision === undefined ? { ...rollout, ...changes } : { ...rest, ...changes }
}

const someResource: fc.Arbitrary<Change> = fc
  .record(
    {
      deleting: fc.boolean(),
      finalizer: fc.constantFrom(true, true, true, false),
      paused: fc.constantFrom(false, false, true),
      unprotected: fc.boolean(),
      promote: fc.constantFrom('true', 'new', 'third', 'redis-canary-hash'),
      abort: fc.constantFrom('true', 'new', 'third', 'redis-canary-hash'),
      retry: fc.constantFrom('true', 'new', 'third'),
      force: revision,
    },
    { requiredKeys: [] },
  )
  .map(withResource)

const someSteps = fc
  .array(
    fc.record(
      {
        canaryReplicas: fc.integer({ min: 1, max: 4 }),
        bakeSeconds: fc.constantFrom(0, 600),
        pause: fc.boolean(),
      },
      { requiredKeys: ['canaryReplicas'] },
    ),
    { maxLength: 3 },
  )
  .map((steps) => steps.toSorted((one, other) => one.canaryReplicas - other.canaryReplicas))

const someSpec: fc.Arbitrary<Change> = fc.oneof(
  revision.map(wanting),
  fc
    .record(
      {
        replicas: fc.integer({ min: 0, max: 5 }),
        canaryReplicas: fc.integer({ min: 0, max: 5 }),
        minReadySeconds: fc.constantFrom(0, 5),
        claimTemplates: fc.constantFrom(['data'], [], ['data', 'log']),
        progressDeadlineSeconds: fc.constantFrom(1, 60, 600),
        paused: fc.boolean(),
        promotionType: fc.constantFrom('manual', 'auto'),
        bakeSeconds: fc.constantFrom(0, 60, 3600),
        steps: someSteps,
        fromZero: fc.boolean(),
        automaticRollback: fc.boolean(),
        revisionHistoryLimit: fc.constantFrom(0, 1, 10),
        deletionPolicy: fc.constantFrom('Delete', 'Orphan'),
      },
      { requiredKeys: [] },
    )
    .map(withSpec),
)

const someAnswer: fc.Arbitrary<Change> = fc.oneof(
  fc.constant(allAllowed),
  fc
    .tuple(
      fc.constantFrom<QuestionKind>('guard', 'handover', 'stableSet', 'canarySet', 'canaryPod', 'service'),
      fc.constantFrom(yes, no('final'), no('not now', now + minute), no('not then', now - minute)),
    )
    .map(([kind, answer]) => withAnswers({ [kind]: answer })),
)

const someClaim: fc.Arbitrary<Change> = fc
  .tuple(fc.nat({ max: 7 }), fc.boolean())
  .map(([ordinal, deleting]) => withClaims(aClaim(ordinal, { deleting })))

const someWait: fc.Arbitrary<Change> = fc
  .tuple(
    fc.constantFrom('CanaryStarting', 'CanaryFailing', 'RolloutPaused', 'AwaitingApproval'),
    fc.nat({ max: 30 }),
  )
  .map(([code, minutes]) => waitingFor(code, now - minutes * minute))

const rare: fc.Arbitrary<Change> = fc.constantFrom<Change>(
  withRevisions(),
  withRevisions(aRevision('old', 1), aRevision('new', 2), aRevision('third', 7)),
  withoutService,
  withWrongService,
  (before) => ({ ...before, ownService: { name: 'redis', uid: 'service-uid', resourceVersion: '1' } }),
  (before) => ({ ...before, stable: undefined }),
  (before) => ({ ...before, canary: undefined }),
  (before) => (before.stable === undefined ? before : withStable({ record: '{"version":9}' })(before)),
  (before) =>
    before.stable === undefined
      ? before
      : withStable({ record: formatRecord({ ...recordOf(before), id: 12 }) })(before),
)

const change = fc.oneof(
  { weight: 4, arbitrary: somePod },
  { weight: 2, arbitrary: lessPods },
  { weight: 3, arbitrary: someStable },
  { weight: 3, arbitrary: someCanary },
  { weight: 1, arbitrary: troubled },
  { weight: 2, arbitrary: someRecord },
  { weight: 2, arbitrary: someResource },
  { weight: 3, arbitrary: someSpec },
  { weight: 1, arbitrary: fc.constant<Change>((before) => world(before, wanting('new'), allAllowed)) },
  { weight: 3, arbitrary: someAnswer },
  { weight: 2, arbitrary: someClaim },
  { weight: 1, arbitrary: someWait },
  { weight: 1, arbitrary: rare },
)

/** Any of them. What a failing property prints is the observation itself. */
export const anyWorld: fc.Arbitrary<Observation> = fc
  .tuple(stage, fc.array(change, { maxLength: 5 }))
  .map(([base, changes]) => world(base, ...changes))
