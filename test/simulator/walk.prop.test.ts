/**
 * Random stories on clusters of up to seven replicas: edits of people and faults at any moment, with caches, operator and
 * cluster moving in any order in between. Whatever happens, every promise of promises.ts holds at every move. Then nobody
 * edits and nothing fails any more: it comes to rest, in a rest that says what it is; nothing is written there; and a
 * deletion ends. Seeded, so that a failure is the same failure again, and shrunk to the shortest story that fails.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Reason, standingOf } from '../../src/core/reason.ts'
import type { Step } from '../../src/core/record.ts'
import { createOperator, type Kind, kinds, type Operator } from './operator.ts'
import { shuffled } from './order.ts'
import { edit } from './people.ts'
import { moveOnce, tellInto, toRest } from './play.ts'
import type { Edit, EditableSpec, Image, Setting, Storage } from './setting.ts'
import { createWorld, type World } from './world.ts'

const stories = 10_000

const images = {
  one: { behaviour: 'runs', writes: 1, opens: [1] },
  two: { behaviour: 'slow', writes: 2, opens: [1, 2] },
  /** Nothing older opens what it writes, and it opens nothing older than two. */
  three: { behaviour: 'runs', writes: 3, opens: [2, 3] },
  crashing: { behaviour: 'crashes', writes: 2, opens: [1, 2] },
  /** Runs once: it cannot open what it wrote. */
  once: { behaviour: 'runs', writes: 4, opens: [1, 2] },
  missing: { behaviour: 'noImage', writes: 1, opens: [1] },
  unready: { behaviour: 'neverReady', writes: 1, opens: [1, 2] },
} as const satisfies Record<string, Image>

/** Mostly one that runs, so that there is something to go wrong later. */
const anImage = fc.constantFrom('one', 'one', 'two', 'two', 'three', ...Object.keys(images))
const aRevision = anImage.map((image) => `rev-${image}`)
const someReplicas = fc.integer({ min: 0, max: 7 })
const someCanaries = fc.integer({ min: 0, max: 4 })
const someBake = fc.constantFrom(0, 30)
const aPromotionType = fc.constantFrom('manual', 'auto')
const aDeletionPolicy = fc.constantFrom('Delete', 'Orphan')

const snapshots = fc.record({
  policy: fc.constantFrom('None', 'Auto', 'Required'),
  keep: fc.integer({ min: 0, max: 2 }),
})
const onRollback = fc.constantFrom('Restore', 'Restore', 'KeepData')
const someStorage: fc.Arbitrary<Partial<Storage>> = fc.record({
  snapshots: fc.constantFrom('ready', 'ready', 'ready', 'slow', 'never', 'fails'),
  restores: fc.constantFrom(true, true, false),
})

const migration: fc.Arbitrary<NonNullable<EditableSpec['migration']>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('Job' as const),
      timing: fc.constantFrom('BeforePromotion', 'BeforeCanary'),
      reversible: fc.constantFrom(true, true, false),
      mountClaims: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('External' as const),
      timing: fc.constantFrom('BeforePromotion', 'BeforeCanary'),
      reversible: fc.boolean(),
      mountClaims: fc.constant(false),
    }),
  },
)
const jobs = fc.constantFrom('complete', 'complete', 'fail', 'hang')
const checks = fc.constantFrom('complete', 'complete', 'fail')
const withJobs = fc.oneof(
  fc.constant({}),
  fc.record({ migration, jobs }),
  fc.record({ migration, jobs, checksRollback: fc.constant(true as const), checks }),
)

const someSteps: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.record({ canaryReplicas: fc.integer({ min: 1, max: 4 }), pause: fc.boolean() }), { maxLength: 3 })
  .map((steps) => steps.toSorted((one, other) => one.canaryReplicas - other.canaryReplicas))

const aBareSetting: fc.Arbitrary<Omit<Setting, 'images'>> = fc.record({
  replicas: fc.integer({ min: 1, max: 7 }),
  canaryReplicas: someCanaries,
  image: fc.constantFrom('one', 'one', 'one', 'one', 'two', 'two', 'two', 'missing'),
  ordered: fc.boolean(),
  ordinalsStart: fc.constantFrom(0, 3),
  minReadySeconds: fc.constantFrom(0, 5),
  automaticRollback: fc.constantFrom(true, true, false),
  promotionType: aPromotionType,
  bakeSeconds: someBake,
  steps: someSteps,
  revisionHistoryLimit: fc.constantFrom(0, 1, 10),
  fromZero: fc.boolean(),
  deletionPolicy: aDeletionPolicy,
  schedulerGuard: fc.boolean(),
  snapshots,
  onRollback,
  storage: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: someStorage }),
})

const replicaJobs = fc.constantFrom('complete', 'complete', 'complete', 'fail', 'hang')
const withBackups = fc.oneof(
  fc.constant({}),
  fc.record({
    backups: fc.record({ deadlineSeconds: fc.constantFrom(300, 600, 900) }),
    backupJobs: replicaJobs,
    restoreJobs: replicaJobs,
  }),
)

const aSetting = fc
  .tuple(aBareSetting, withJobs, withBackups)
  .map(([bare, jobsOf, backedUp]) => ({ ...bare, ...jobsOf, ...backedUp }))

const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ image: anImage }),
  fc.record({ replicas: someReplicas }),
  fc.record({ canaryReplicas: someCanaries }),
  fc.record({ steps: someSteps }),
  fc.record({ paused: fc.boolean() }),
  fc.record({ promotionType: aPromotionType }),
  fc.record({ bakeSeconds: someBake }),
  fc.record({ deletionPolicy: aDeletionPolicy }),
  fc.record({ promote: fc.oneof(fc.constant('true'), aRevision) }),
  fc.record({ abort: fc.oneof(fc.constant('true'), aRevision) }),
  fc.record({ retry: fc.oneof(fc.constant('true'), aRevision) }),
  fc.record({ force: aRevision }),
  fc.record({ pauseReconciliation: fc.boolean() }),
  fc.record({ ail: anImage }),
  fc.record({ mend: anImage }),
  fc.record({ strayStableReplicas: someReplicas }),
  fc.record({ delete: fc.constant(true as const) }),
  fc.record({ snapshots }),
  fc.record({ onRollback }),
  fc.record({ storage: someStorage }),
  fc.record({ migration }),
  fc.record({ jobs }),
  fc.record({ checks }),
  fc.record({ backupJobs: replicaJobs }),
  fc.record({ restoreJobs: replicaJobs }),
  fc.record({ acceptDataLoss: aRevision }),
  fc.record({
    externalJob: fc.record({
      name: fc.uuid(),
      revision: aRevision,
      outcome: fc.constantFrom('complete', 'failed'),
    }),
  }),
)

/** A person's edit, a fault, or so many moves of whoever comes next; `rest` is until nobody can move. */
type Event =
  | { readonly edit: Edit }
  | { readonly evictNth: number }
  | { readonly crashNth: number }
  | { readonly deleteNthSnapshot: number }
  | { readonly retakeNthSnapshot: number }
  | { readonly deleteJob: true }
  | { readonly restart: true }
  /** From now on, until all comes to rest, this cache of the operator's is told nothing. */
  | { readonly hold: Kind }
  | { readonly moves: number }
  | { readonly rest: true }

const anEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ edit: anEdit }) },
  { weight: 3, arbitrary: fc.record({ edit: fc.record({ image: anImage }) }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant({ promote: 'true' }) }) },
  { weight: 3, arbitrary: fc.record({ evictNth: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ crashNth: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ deleteNthSnapshot: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ retakeNthSnapshot: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ deleteJob: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true as const) }) },
  { weight: 2, arbitrary: fc.record({ hold: fc.constantFrom(...kinds) }) },
  { weight: 8, arbitrary: fc.record({ moves: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 4, arbitrary: fc.record({ rest: fc.constant(true as const) }) },
)

interface RandomStory {
  readonly setting: Omit<Setting, 'images'>
  /** The first deployment has come to rest before anything happens. */
  readonly deployed: boolean
  readonly events: readonly Event[]
  readonly seed: number
}

const aStory: fc.Arbitrary<RandomStory> = fc.record({
  setting: aSetting,
  deployed: fc.constantFrom(true, true, true, false),
  events: fc.array(anEvent, { maxLength: 16 }),
  seed: fc.nat(),
})

it('random stories break no promise, end in an explained rest, and can be deleted', () => {
  const rests = new Map<string, number>()
  fc.assert(
    fc.property(aStory, (story) => {
      const log: string[] = []
      try {
        const { code } = tell(story, log)
        rests.set(code, (rests.get(code) ?? 0) + 1)
      } catch (error) {
        throw new Error(`${String(error)}, after:\n${log.slice(-tail).join('\n')}`, { cause: error })
      }
    }),
    { numRuns: stories, seed: 20_261_121 },
  )
  const counted = [...rests].toSorted(([, one], [, other]) => other - one)
  console.log(
    `${stories} random stories came to rest as: ${counted.map(([code, count]) => `${code} ${count}`).join(', ')}`,
  )
}, 600_000)

/** Lines of a story that fails. */
const tail = 60

/** The whole of one story; returns the reason for which it rested before its deletion. */
function tell({ setting, deployed, events, seed }: RandomStory, log: string[]): Reason {
  const world = createWorld({ ...setting, images })
  const operator = createOperator(world)
  const audience = tellInto(log)
  const order = shuffled(seed)
  const rest = () => {
    operator.hold(undefined)
    return toRest(world, operator, order, audience)
  }

  if (deployed) rest()
  for (const event of events) {
    log.push(`--- ${JSON.stringify(event)}`)
    if ('rest' in event) rest()
    else if ('moves' in event) range(event.moves, () => moveOnce(world, operator, order, audience))
    else happen(event, world, operator)
  }
  const { next, reason } = rest()
  expect(next.kind).toMatch(/^(wait|rest)$/)
  expect(isExplained(reason), `it rests as ${reason.code}`).toBe(true)

  log.push('--- deleted')
  edit(world, { delete: true })
  // Replicas that are to stay, and cannot have their data back, are waited for until a person says that they need not.
  if (rest().reason.code === 'RestoreBlocked') edit(world, { onRollback: 'KeepData' })
  rest()
  expect(world.resource.gone, 'the resource is gone').toBe(true)
  return reason
}

function happen(
  event: Exclude<Event, { moves: number } | { rest: true }>,
  world: World,
  operator: Operator,
): void {
  if ('edit' in event) {
    // One of the two guards is always there. Who was handed a set has neither.
    const maySetReplicas = world.setting.schedulerGuard === true && world.sets.stable?.ours === true
    if (!('strayStableReplicas' in event.edit) || maySetReplicas) edit(world, event.edit)
  } else if ('evictNth' in event) {
    const pod = world.pods[event.evictNth]
    if (pod !== undefined) edit(world, { evict: pod.name })
  } else if ('crashNth' in event) {
    const pod = world.pods[event.crashNth]
    if (pod !== undefined) edit(world, { crash: pod.name })
  } else if ('deleteNthSnapshot' in event) {
    const snapshot = world.snapshots[event.deleteNthSnapshot]
    if (snapshot !== undefined) edit(world, { deleteSnapshotOf: snapshot.claim })
  } else if ('retakeNthSnapshot' in event) {
    const snapshot = world.snapshots[event.retakeNthSnapshot]
    if (snapshot === undefined) return
    edit(world, { retakeSnapshotOf: snapshot.claim })
    // A claim names its snapshot: one that is exchanged unseen, in that very moment, is not told from the first.
    operator.tell('snapshots')
  } else if ('deleteJob' in event) {
    if (world.jobs.some(({ ours }) => ours)) edit(world, { deleteJob: true })
  } else if ('hold' in event) operator.hold(event.hold)
  else operator.restart()
}

function range(count: number, make: () => void): void {
  for (let index = 0; index < count; index++) make()
}

/** At rest, or it waits for a person and says so: nobody is said to be at work where nobody is. */
function isExplained(reason: Reason): boolean {
  return standingOf(reason) !== 'working' || waitsForPeople.has(reason.code)
}

const waitsForPeople: ReadonlySet<string> = new Set([
  'AwaitingApproval',
  'RolloutPaused',
  'FirstDeploy',
  'Snapshotting',
  'AwaitingMigration',
])
