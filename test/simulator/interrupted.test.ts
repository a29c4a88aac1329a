/**
 * A rollback that gives two replicas their data back, and what comes in between: after each number of moves, in several orders,
 * one edit or fault. Whatever it is, every promise holds, it comes to rest in a rest that says what it is, a restore that is
 * blocked has its way out, and no claim is away.
 */
import { expect, it } from 'vitest'
import { standingOf } from '../../src/core/reason.ts'
import { createOperator, type Operator } from './operator.ts'
import { shuffled } from './order.ts'
import { edit } from './people.ts'
import { moveOnce, type Order, prompt, tellInto, toRest } from './play.ts'
import type { Edit, Image, Setting } from './setting.ts'
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

const interruptions: readonly (readonly [title: string, ...edits: readonly Edit[]])[] = [
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

const orders: readonly Order[] = [prompt, ...[1, 2, 3].map(shuffled)]
const mostMoves = 60

const managements = ['parallel', 'ordered'] as const

const cases = interruptions.flatMap(([title, ...edits]) =>
  managements.map((management) => ({ title, management, edits })),
)

it.each(cases)('$management: $title', ({ management, edits }) => {
  for (const order of orders) {
    for (let moves = 0; moves < mostMoves; moves++) {
      const log: string[] = []
      try {
        interrupt({ ...setting, ordered: management === 'ordered' }, { order, moves, edits }, log)
      } catch (error) {
        throw new Error(`${String(error)}, after ${moves} moves:\n${log.join('\n')}`, { cause: error })
      }
    }
  }
})

interface Interruption {
  readonly order: Order
  readonly moves: number
  readonly edits: readonly Edit[]
}

function interrupt(begun: Setting, { order, moves, edits }: Interruption, log: string[]): void {
  const world = createWorld(begun)
  const operator = createOperator(world)
  const audience = tellInto(log)
  const rest = () => toRest(world, operator, order, audience)
  rest()
  edit(world, { image: 'seven' })
  rest()
  log.length = 0
  edit(world, { image: 'six' })
  for (let move = 0; move < moves; move++) moveOnce(world, operator, order, audience)
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
    if ('evict' in made && !world.pods.some(({ name }) => name === made.evict)) continue
    log.push(`--- ${JSON.stringify(made)}`)
    edit(world, made)
    // A claim names its snapshot: one that is exchanged unseen, in that very moment, is not told from the first.
    if ('retakeSnapshotOf' in made) operator.tell('snapshots')
  }
}
