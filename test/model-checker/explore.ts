/**
 * Explores every order of moves from a scenario's start, breadth first, so that the trace of a broken promise is a
 * shortest one. Each world is judged by the moves that lead out of it, and by where a fair run from it comes to rest.
 */
import type { Plan } from '../../src/core/decision.ts'
import { clusterMoves } from './cluster.ts'
import { faultMoves, quietMoves, unseenMoves } from './faults.ts'
import { leave } from './exits.ts'
import { operatorMoves, type Planner } from './operator.ts'
import { editMoves } from './people.ts'
import { fairMove, longestRun, type Rest, restAt } from './rest.ts'
import { noFaults, type Scenario, type Start, startOf } from './scenario.ts'
import { createStateSpace, type StateSpace } from './state-space.ts'
import { type Budget, type Move, type Setting, Violation, type World } from './world.ts'

export interface Exploration {
  readonly states: number
  /** Every reachable world was explored. */
  readonly complete: boolean
  /** How many worlds each class of rest is reached from. */
  readonly rests: ReadonlyMap<string, number>
  /** What people read there first. */
  readonly examples: ReadonlyMap<string, string>
  /** Rules, actions and reasons that were met. */
  readonly met: ReadonlySet<string>
  readonly broken?: Broken
}

export interface Broken {
  readonly promise: string
  /** The shortest way there, a move a line. */
  readonly trace: readonly string[]
  /** Where that way begins; undefined where the first deployment does not get that far. */
  readonly from?: World
}

const fairly = '(from here on nothing goes wrong and nobody edits anything but to get out)'

export interface Limits {
  readonly states: number
  /** Where to begin, other than at the scenario's start. */
  readonly from?: readonly World[]
  /** Not made anew; its planner may be another one than the operator's. */
  readonly start?: Start | Broken
}

export function explore(scenario: Scenario, limits: Limits): Exploration {
  const start = limits.start ?? safeStart(scenario)
  if ('promise' in start)
    return {
      states: 0,
      complete: false,
      rests: new Map(),
      examples: new Map(),
      met: new Set(),
      broken: start,
    }
  const { setting, planner } = start
  const space = createStateSpace(start.parts)
  const met = new Set<string>()
  const rests = createRests(space, start)
  const plans = new Set<Plan>()
  const watched: Planner = (seen) => {
    const decided = planner(seen)
    if (!plans.has(decided)) note(decided, met)
    plans.add(decided)
    return decided
  }
  let next = 0
  let complete = true
  for (const world of limits.from ?? [start.world]) space.add(world, space.size)
  try {
    for (; next < space.size && complete; next++) {
      const moves = movesOf(space.worldAt(next), scenario, setting, watched)
      complete = space.size + moves.length <= limits.states
      for (const move of complete ? moves : []) space.add(move.world, next)
    }
    for (let index = 0; index < space.size; index++) rests.find(index)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    const { index: at, story } = error instanceof RestViolation ? error : { index: next, story: [] }
    const way = traceOf(space, at, (from) => movesOf(from, scenario, setting, planner))
    const trace = [
      ...way.moves,
      ...(story.length > 0 ? [fairly, ...story.slice(-40)] : []),
      `=> ${error.message}`,
    ]
    return {
      states: space.size,
      complete: false,
      rests: rests.counts,
      examples: rests.examples,
      met,
      broken: { promise: error.message, trace, from: way.from },
    }
  }
  return { states: space.size, complete, rests: rests.counts, examples: rests.examples, met }
}

/** The first deployment itself may break a promise. */
export function safeStart(scenario: Scenario, watch?: (planner: Planner) => Planner): Start | Broken {
  try {
    return startOf(scenario, watch)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return { promise: error.message, trace: ['(while the first version is deployed)', `=> ${error.message}`] }
  }
}

export function movesOf(world: World, scenario: Scenario, setting: Setting, planner: Planner): Move[] {
  const moves = [
    ...operatorMoves(world, planner),
    ...clusterMoves(world, setting),
    ...faultMoves(world),
    ...editMoves(world, scenario.edits),
  ]
  return [...moves, ...quietMoves(world), ...moves.flatMap((move) => unseenMoves(world, move))]
}

function note(decided: Plan, met: Set<string>): void {
  met.add(`rule ${decided.rule}`)
  met.add(`reason ${decided.reason.code}`)
  const { next } = decided
  if (next.kind === 'act')
    met.add(`act ${next.action.kind}${'intent' in next.action ? ` ${next.action.intent}` : ''}`)
  if (next.kind === 'ask') met.add(`ask ${next.question.kind}`)
}

class RestViolation extends Violation {
  readonly index: number
  /** What happened from there on, in a fair run. */
  readonly story: readonly string[]

  constructor(message: string, index: number, story: readonly string[]) {
    super(message)
    this.index = index
    this.story = story
  }
}

interface Rests {
  find(index: number): void
  readonly counts: ReadonlyMap<string, number>
  readonly examples: ReadonlyMap<string, string>
}

/** Far more than were ever seen to be needed. */
const mostWays = 50

/** Fair runs meet: a world whose rest is known ends the run. From each rest a person gets out. */
function createRests(space: StateSpace, { setting, parts, planner }: Start): Rests {
  // What nobody does any more makes no difference to a fair run.
  const met = createStateSpace(parts)
  const none: Budget = { ...noFaults, edits: [] }
  const known: (Rest | undefined)[] = []
  const counts = new Map<string, number>()
  const examples = new Map<string, string>()
  let story: string[] = []
  /** Out of one rest, out of the one that this led to, and so on. */
  let ways = 0

  function restFrom(from: World): Rest {
    const path: number[] = []
    let world = from
    for (;;) {
      const { index } = met.add({ ...world, budget: none }, 0)
      const rest = known[index]
      if (rest !== undefined) return noted(path, rest)
      path.push(index)
      if (path.length > longestRun) throw new Violation('it never comes to rest')
      const move = fairMove(world, setting, planner)
      if (move === undefined) break
      story.push(move.what)
      world = move.world
    }
    const rest = noted(path, restAt(world, planner))
    if (!examples.has(rest.as)) examples.set(rest.as, rest.says)
    if (++ways > mostWays)
      throw new Violation('what people are told to do leads from rest to rest, and never out')
    leave(rest, restFrom, story)
    ways--
    return rest
  }

  function noted(path: readonly number[], rest: Rest): Rest {
    for (const index of path) known[index] = rest
    return rest
  }

  return {
    counts,
    examples,
    find(index) {
      story = []
      ways = 0
      try {
        const { as } = restFrom(space.worldAt(index))
        counts.set(as, (counts.get(as) ?? 0) + 1)
      } catch (error) {
        if (error instanceof Violation) throw new RestViolation(error.message, index, story)
        throw error
      }
    },
  }
}

/** Told by going the way again from the world, its own parent, where it began. */
export function traceOf(
  space: StateSpace,
  index: number,
  moves: (world: World) => Move[],
): { readonly from: World; readonly moves: readonly string[] } {
  const way: number[] = []
  let from = index
  for (; space.parentOf(from) !== from; from = space.parentOf(from)) way.unshift(from)
  const began = space.worldAt(from)
  const told = way.map((to) => {
    const move = safely(() => moves(space.worldAt(from)))?.find(
      ({ world }) => space.add(world, from).index === to,
    )
    from = to
    return move?.what ?? '?'
  })
  return { from: began, moves: told }
}

function safely<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
