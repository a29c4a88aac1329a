/**
 * A rollback that gives replicas their data back, that of a canary or of a half-done promotion, and what comes in between: after
 * each number of moves, in several orders, one edit or fault. Whatever it is, every promise holds, it comes to rest in a rest
 * that says what it is, a restore that is blocked has its way out, and no claim is away.
 */
import { expect, it } from 'vitest'
import { standingOf } from '../../src/core/reason.ts'
import { createOperator, type Operator } from './operator.ts'
import { shuffled } from './order.ts'
import { edit } from './people.ts'
import { type Order, prompt, step, tellInto, toRest } from './play.ts'
import type { Edit, Image, Setting } from './setting.ts'
import { recordOf } from './promises.ts'
import { createWorld, type World } from './world.ts'

const six: Image = { behaviour: 'runs', writes: 6, opens: [6] }
const seven: Image = { behaviour: 'runs', writes: 7, opens: [6, 7] }
const setting: Setting = {
  replicas: 4,
  canaryReplicas: 2,
  image: 'six',
  images: {
    six,
    seven,
    eight: { behaviour: 'runs', writes: 8, opens: [6, 7, 8] },
    'seven-spoiling': { ...seven, behaviour: 'crashes' },
  },
  snapshots: { policy: 'Auto', keep: 1 },
}

type Interruptions = readonly (readonly [title: string, ...edits: readonly Edit[]])[]

const interruptions: Interruptions = [
  ['deleted', { delete: true }],
  ['deleted, the replicas stay', { deletionPolicy: 'Orphan' }, { delete: true }],
  ['the operator begins anew'],
  ['the new version is wanted again', { image: 'seven' }],
  ['a third version is wanted', { image: 'eight' }],
  ['the new version is forced in', { image: 'seven', force: 'rev-seven' }],
  ['a third version is forced in', { image: 'eight', force: 'rev-eight' }],
  ['the data is to be kept', { onRollback: 'KeepData' }],
  ['one of the snapshots is deleted', { deleteSnapshotOf: 'data-redis-stable-2' }],
  ['one of the snapshots is taken again by hand', { retakeSnapshotOf: 'data-redis-stable-3' }],
  ['nothing is provisioned any more', { storage: { restores: false } }],
  ['everything is held, and let go', { pauseReconciliation: true }, { pauseReconciliation: false }],
  ['scaled up by a stranger', { strayStableReplicas: 4 }],
  ['a replica is evicted', { evict: 'redis-stable-0' }],
]

const ofJobs: Interruptions = [
  ['the newest Job is deleted', { deleteJob: true }],
  [
    'the newest Job is deleted, and no restore comes to its end',
    { deleteJob: true },
    { restoreJobs: 'hang' },
  ],
  ['restores fail from now on', { restoreJobs: 'fail' }],
]

interface Means {
  readonly begun: Setting
  readonly interruptions: Interruptions
  /** The others go through the same as with snapshots. */
  readonly inOneOrder?: true
}

const ways: Readonly<Record<string, Means>> = {
  snapshots: { begun: setting, interruptions },
  backups: {
    begun: { ...setting, snapshots: { policy: 'None', keep: 1 }, backups: { deadlineSeconds: 600 } },
    interruptions: [...interruptions.filter(([, edit]) => !isOfSnapshots(edit)), ...ofJobs],
    inOneOrder: true,
  },
}

function isOfSnapshots(edit: Edit | undefined): boolean {
  return edit !== undefined && ('deleteSnapshotOf' in edit || 'retakeSnapshotOf' in edit || 'storage' in edit)
}

interface Beginning {
  /** Of the new version's ordinals, when the rollout is taken back. */
  readonly touched: number
  readonly isPromoted: boolean
  readonly mostMoves: number
  readonly orders: readonly Order[]
}

const beginnings: Readonly<Record<string, Beginning>> = {
  'a canary': { touched: 2, isPromoted: false, mostMoves: 60, orders: [prompt, ...[1, 2, 3].map(shuffled)] },
  'half a promotion': { touched: 3, isPromoted: true, mostMoves: 130, orders: [prompt, shuffled(1)] },
}

const managements = ['parallel', 'ordered'] as const

const cases = Object.entries(ways).flatMap(([way, means]) =>
  means.interruptions.flatMap(([title, ...edits]) =>
    managements.flatMap((management) =>
      Object.entries(beginnings).map(([name, beginning]) => ({
        name,
        beginning,
        title,
        management,
        way,
        means,
        edits,
      })),
    ),
  ),
)

it.each(cases)('$name, $way, $management: $title', ({ beginning, means, management, edits }) => {
  const { begun, inOneOrder } = means
  for (const order of inOneOrder ? [shuffled(1)] : beginning.orders) {
    for (let moves = 0; moves < beginning.mostMoves; moves++) {
      const log: string[] = []
      try {
        interrupt({ ...begun, ordered: management === 'ordered' }, { ...beginning, order, moves, edits }, log)
      } catch (error) {
        throw new Error(`${String(error)}, after ${moves} moves:\n${log.join('\n')}`, { cause: error })
      }
    }
  }
})

it.each([2, 3, 4])(
  'a promotion that has touched %i of 4 is taken back, and all have their data',
  (touched) => {
    for (const ordered of [false, true])
      for (const order of [prompt, ...[1, 2, 3, 4, 5].map(shuffled)]) {
        const log: string[] = []
        const world = createWorld({ ...setting, ordered })
        const operator = createOperator(world)
        const audience = tellInto(log)
        begin(world, operator, { touched, isPromoted: true, order, log })
        edit(world, { image: 'six' })
        const { reason } = toRest(world, operator, order, audience)
        expect(reason.code, log.join('\n')).toBe('Stable')
        expect(world.pods.map(({ revision, role }) => `${role} ${revision}`)).toEqual(
          Array.from({ length: 4 }, () => 'stable rev-six'),
        )
      }
  },
)

/** The canary waits, or its promotion is stopped as soon as it has come so far. */
function begin(
  world: World,
  operator: Operator,
  {
    touched,
    isPromoted,
    order,
    log,
  }: Pick<Interruption, 'touched' | 'isPromoted' | 'order'> & { log: string[] },
): void {
  const audience = tellInto(log)
  toRest(world, operator, order, audience)
  edit(world, { image: 'seven' })
  toRest(world, operator, order, audience)
  if (!isPromoted) return
  edit(world, { promote: 'true' })
  const isThere = () => {
    const { stable } = world.sets
    return stable?.revision === 'rev-seven' && recordOf(stable)?.rollout?.touched === touched
  }
  while (!isThere())
    expect(step(world, operator, order, audience), 'it rests before it has come so far').toBe(true)
}

interface Interruption extends Pick<Beginning, 'touched' | 'isPromoted'> {
  readonly order: Order
  readonly moves: number
  readonly edits: readonly Edit[]
}

function interrupt(begun: Setting, { moves, edits, ...begins }: Interruption, log: string[]): void {
  const { order } = begins
  const world = createWorld(begun)
  const operator = createOperator(world)
  const audience = tellInto(log)
  const rest = () => toRest(world, operator, order, audience)
  begin(world, operator, { ...begins, log })
  log.length = 0
  edit(world, { image: 'six' })
  for (let move = 0; move < moves; move++) step(world, operator, order, audience)
  happen(world, operator, edits, log)
  let { reason } = rest()
  if (reason.code === 'RestoreBlocked') {
    edit(world, { onRollback: 'KeepData' })
    reason = rest().reason
  }
  const isExplained = standingOf(reason) !== 'working' || reason.code === 'AwaitingApproval'
  expect(isExplained, `it rests as ${reason.code}`).toBe(true)
  expect(world.claims.filter(({ deleting }) => !deleting).length, 'claims').toBe(begun.replicas)
}

/** What is no longer there to happen to is left out. */
function happen(world: World, operator: Operator, edits: readonly Edit[], log: string[]): void {
  if (edits.length === 0) operator.restart()
  for (const made of edits) {
    if ('retakeSnapshotOf' in made && !world.snapshots.some(({ claim }) => claim === made.retakeSnapshotOf))
      continue
    if ('deleteSnapshotOf' in made && !world.snapshots.some(({ claim }) => claim === made.deleteSnapshotOf))
      continue
    if ('deleteJob' in made && !world.jobs.some(({ ours }) => ours)) continue
    if ('evict' in made && !world.pods.some(({ name }) => name === made.evict)) continue
    log.push(`--- ${JSON.stringify(made)}`)
    edit(world, made)
    // A claim names its snapshot: one that is exchanged unseen, in that very moment, is not told from the first.
    if ('retakeSnapshotOf' in made) operator.tell('snapshots')
  }
}
