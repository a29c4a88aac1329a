/**
 * Random walks: edits of people, evictions and strangers' scaling at any moment, with operator and cluster moving in
 * any order. Whatever happens, two writers never meet on a claim and no claim is lost (the world throws), no canary
 * is there when stable gets its ordinals back, everything comes to rest, at rest nothing is written, and a deletion
 * ends. Seeded, so that a failure is the same failure again.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plan } from '../../src/core/plan.ts'
import type { Step } from '../../src/core/record.ts'
import { type Edit, type Image, type Setting, World } from './world.ts'

const images = {
  one: { behaviour: 'runs', writes: 1, opens: [1] },
  two: { behaviour: 'runs', writes: 2, opens: [1, 2] },
  crashing: { behaviour: 'crashes', writes: 2, opens: [1, 2] },
  once: { behaviour: 'runs', writes: 3, opens: [1, 2] },
  missing: { behaviour: 'noImage', writes: 1, opens: [1] },
  unready: { behaviour: 'neverReady', writes: 1, opens: [1, 2] },
} as const satisfies Record<string, Image>

const anImage = fc.constantFrom(...Object.keys(images))
function someSteps(): fc.Arbitrary<readonly Step[]> {
  const step = fc.record({ canaryReplicas: fc.integer({ min: 1, max: 4 }), pause: fc.boolean() })
  return fc
    .array(step, { maxLength: 3 })
    .map((steps) => steps.toSorted((one, other) => one.canaryReplicas - other.canaryReplicas))
}

const aSetting: fc.Arbitrary<Setting> = fc.record({
  replicas: fc.integer({ min: 1, max: 4 }),
  canaryReplicas: fc.integer({ min: 0, max: 3 }),
  image: anImage,
  ordered: fc.boolean(),
  ordinalsStart: fc.constantFrom(0, 3),
  automaticRollback: fc.constantFrom(true, true, false),
  promotionType: fc.constantFrom('manual', 'auto'),
  bakeSeconds: fc.constantFrom(0, 30),
  steps: someSteps(),
  revisionHistoryLimit: fc.constantFrom(0, 1, 10),
  fromZero: fc.boolean(),
  deletionPolicy: fc.constantFrom('Delete', 'Orphan'),
  images: fc.constant(images),
})

type Move =
  | { readonly move: 'operator' | 'cluster' | 'clock' | 'rest' }
  | { readonly edit: Edit }
  | { readonly evictNth: number }

const aMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ move: fc.constantFrom('operator', 'cluster', 'clock', 'rest') }) },
  { weight: 1, arbitrary: fc.record({ edit: anEdit() }) },
  { weight: 1, arbitrary: fc.record({ evictNth: fc.nat(3) }) },
)

function anEdit(): fc.Arbitrary<Edit> {
  return fc.oneof(
    fc.record({ image: anImage }),
    fc.record({ replicas: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ promote: fc.constantFrom('true', 'rev-two') }),
    fc.record({ steps: someSteps() }),
    fc.record({ force: fc.constantFrom('rev-one', 'rev-two', 'rev-missing') }),
    fc.record({ paused: fc.boolean() }),
    fc.record({ deletionPolicy: fc.constantFrom('Delete', 'Orphan') }),
    fc.record({ abort: fc.constantFrom('true', 'rev-two') }),
    fc.record({ retry: fc.constantFrom('true', 'rev-missing') }),
    fc.record({ mend: fc.constantFrom('missing', 'crashing') }),
    fc.record({ strayStableReplicas: fc.integer({ min: 0, max: 5 }) }),
  )
}

describe('random walks', () => {
  it('lose no volume, come to rest, and end when deleted', () => {
    fc.assert(
      fc.property(aSetting, fc.array(aMove, { maxLength: 60 }), (setting, moves) => {
        const world = new World(setting)

        moves.forEach((move) => make(world, move))
        toRest(world)

        expect(plan(world.observe(), world.now).next.kind).not.toBe('act')
        world.edit({ delete: true })
        toRest(world)
        expect(world.gone).toBe(true)
      }),
      { numRuns: 3_000, seed: 20_261_121 },
    )
  }, 600_000)
})

function make(world: World, move: Move): void {
  if ('edit' in move) {
    if ('strayStableReplicas' in move.edit && world.observe().stable === undefined) return
    world.edit(move.edit)
  } else if ('evictNth' in move) {
    const pod = world.pods[move.evictNth]
    if (pod !== undefined) world.edit({ evict: pod.name })
  } else if (move.move === 'operator') operate(world)
  else if (move.move === 'cluster') world.step()
  else if (move.move === 'clock') world.now += 2_000
  else toRest(world)
}

/** One visit of the operator; says whether it did anything. */
function operate(world: World): boolean {
  const observation = world.observe()
  const { next, status } = plan(observation, world.now)
  if (status !== undefined) world.writeStatus(status)
  if (next.kind === 'ask') world.answer(next.question.kind)
  if (next.kind === 'act') {
    const { action } = next
    const returns =
      action.kind === 'changeStable' &&
      ['promote', 'returnReplicas', 'force', 'makeWhole'].includes(action.intent)
    const canary = observation.canary ?? observation.pods.find((pod) => pod.role === 'canary')
    if (returns) expect(canary).toBeUndefined()
    world.apply(action)
  }
  return next.kind === 'act' || next.kind === 'ask'
}

function toRest(world: World): void {
  for (let move = 0; move < 3_000 && !world.gone; move++) {
    if (operate(world) || world.step() !== undefined) continue
    const { wakeAt } = plan(world.observe(), world.now)
    if (wakeAt === undefined) return
    expect(wakeAt).toBeGreaterThan(world.now)
    world.now = wakeAt
  }
  if (!world.gone) throw new Error('it does not come to rest')
}
