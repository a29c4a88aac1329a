/**
 * Explores every order of moves from a scenario's start, breadth first, so that the trace of a broken promise is a
 * shortest one. Each world is judged by the moves that lead out of it, and by where a fair run from it comes to rest.
 */
import type { Plan } from '../../src/core/decision.ts'
import { clusterMoves } from './cluster.ts'
import { faultMoves } from './faults.ts'
import { operatorMoves, type Planner, visit } from './operator.ts'
import { editMoves } from './people.ts'
import { fairMove } from './rest.ts'
import { type Parts, parts } from './parts.ts'
import { type Scenario, type Start, startOf } from './scenario.ts'
import { createStateSpace, type StateSpace } from './state-space.ts'
import { type Move, type Setting, Violation, type World } from './world.ts'

export interface Exploration {
  readonly states: number
  /** Every reachable world was explored. */
  readonly complete: boolean
  /** How many worlds each class of rest is reached from. */
  readonly rests: ReadonlyMap<string, number>
  /** Rules, actions and reasons that were met. */
  readonly met: ReadonlySet<string>
  readonly broken?: Broken
}

export interface Broken {
  readonly promise: string
  /** The shortest way there, a move a line. */
  readonly trace: readonly string[]
}

export interface Limits {
  readonly states: number
}

export function explore(scenario: Scenario, limits: Limits): Exploration {
  const start = startOf(scenario)
  const { world, setting, planner } = start
  const space = createStateSpace(limits.states, start.parts)
  const met = new Set<string>()
  const rests = createRests(space, start)
  const watched: Planner = (seen) => note(planner(seen), met)
  let next = 0
  let complete = true
  space.add(world, 0)
  try {
    for (; next < space.size && complete; next++) {
      const moves = movesOf(space.worldAt(next), scenario, setting, watched)
      complete = space.size + moves.length <= limits.states
      for (const move of complete ? moves : []) space.add(move.world, next)
    }
    for (let index = 0; index < space.size; index++) rests.find(index)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    const at = error instanceof RestViolation ? error.index : next
    const trace = [
      ...traceOf(space, at, (from) => movesOf(from, scenario, setting, planner)),
      `=> ${error.message}`,
    ]
    return {
      states: space.size,
      complete: false,
      rests: rests.counts,
      met,
      broken: { promise: error.message, trace },
    }
  }
  return { states: space.size, complete, rests: rests.counts, met }
}

function movesOf(world: World, scenario: Scenario, setting: Setting, planner: Planner): Move[] {
  return [
    ...operatorMoves(world, setting, planner),
    ...clusterMoves(world, setting),
    ...faultMoves(world),
    ...editMoves(world, scenario.edits),
  ]
}

function note(decided: Plan, met: Set<string>): Plan {
  met.add(`rule ${decided.rule}`)
  met.add(`reason ${decided.reason.code}`)
  const { next } = decided
  if (next.kind === 'act')
    met.add(`act ${next.action.kind}${'intent' in next.action ? ` ${next.action.intent}` : ''}`)
  if (next.kind === 'ask') met.add(`ask ${next.question.kind}`)
  return decided
}

class RestViolation extends Violation {
  readonly index: number

  constructor(message: string, index: number) {
    super(message)
    this.index = index
  }
}

interface Rests {
  find(index: number): void
  readonly counts: ReadonlyMap<string, number>
}

/** Fair runs meet: a world whose rest is known ends the run. */
function createRests(space: StateSpace, { setting, parts: numbers, planner }: Start): Rests {
  const restOf = new Map<string, string>()
  const counts = new Map<string, number>()
  return {
    counts,
    find(index) {
      const path: string[] = []
      let world = space.worldAt(index)
      let as: string | undefined
      try {
        for (;;) {
          const key = keyOf(world, numbers)
          as = restOf.get(key)
          if (as !== undefined) break
          path.push(key)
          if (path.length > 600) throw new Violation('a fair run never comes to rest')
          const move = fairMove(world, setting, planner)
          if (move === undefined) {
            as = world.resource.gone ? 'gone' : (visit(world, planner)?.reason.code ?? 'asleep')
            break
          }
          world = move.world
        }
      } catch (error) {
        if (error instanceof Violation) throw new RestViolation(error.message, index)
        throw error
      }
      for (const key of path) restOf.set(key, as)
      counts.set(as, (counts.get(as) ?? 0) + 1)
    },
  }
}

/** What nobody does any more makes no difference to a fair run. */
function keyOf(world: World, numbers: Parts): string {
  return parts.map((part) => (part === 'budget' ? 0 : numbers.numberOf(part, world[part]))).join()
}

/** Told by going the way again from the start. */
function traceOf(space: StateSpace, index: number, moves: (world: World) => Move[]): string[] {
  const way: number[] = []
  for (let at = index; at !== 0; at = space.parentOf(at)) way.unshift(at)
  let from = 0
  return way.map((to) => {
    const move = safely(() => moves(space.worldAt(from)))?.find(
      ({ world }) => space.add(world, 0).index === to,
    )
    from = to
    return move?.what ?? '?'
  })
}

function safely<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
