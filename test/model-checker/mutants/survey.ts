/**
 * What the operator as it is gets to see in a scenario: the first deployment, every world up to a bound, on from each of
 * them along a fair run, and the ways out of the rests. A mutant is explored only from where it decides differently.
 */
import type { Plan } from '../../../src/core/decision.ts'
import { leave } from '../exits.ts'
import { movesOf, traceOf } from '../explore.ts'
import { observationOf, type Seen } from '../observe.ts'
import { type Planner, visit } from '../operator.ts'
import { comeToRest, fairMove, restAt } from '../rest.ts'
import { type Scenario, type Start, startOf } from '../scenario.ts'
import { createStateSpace, type StateSpace } from '../state-space.ts'
import { Violation, type World } from '../world.ts'
import type { Decisions } from './decisions.ts'

type IsOther = (decision: number) => boolean

export interface Survey {
  readonly scenario: Scenario
  readonly start: Start
  /** Whose plan it is, told by what the operator decides there; undefined where it was not met. */
  numberOf(plan: Plan): number | undefined
  /** The first deployment needs a decision that is another one now. */
  isInStart(isOther: IsOther): boolean
  /** The first worlds on each way in which another decision is made now. */
  worldsWith(isOther: IsOther): readonly World[]
  /** Rests of which the way out needs such a decision. */
  restsWith(isOther: IsOther): readonly World[]
  /** The moves from the start to a world of the survey. */
  wayTo(world: World): readonly string[]
}

/** Worlds per world that is explored: a fair run adds those that it passes. */
const roomForRuns = 12

export function surveyOf(scenario: Scenario, states: number, decisions: Decisions): Survey {
  const numbers = new Map<Plan, number>()
  let met = new Set<number>()

  function watching(planner: Planner): Planner {
    return (seen: Seen) => {
      const plan = planner(seen)
      const number = numbers.get(plan) ?? decisions.numberOf(observationOf(seen, setting), plan)
      numbers.set(plan, number)
      met.add(number)
      return plan
    }
  }
  function meeting(work: () => void): ReadonlySet<number> {
    met = new Set()
    work()
    return met
  }

  const start = startOf(scenario)
  const { setting, parts, planner } = start
  const watched = watching(planner)
  const space = createStateSpace(parts)
  space.add(start.world, 0)
  for (let next = 0; next < space.size && space.size < states; next++)
    for (const move of movesOf(space.worldAt(next), scenario, setting, planner)) space.add(move.world, next)
  const rests = runFairly(space, (world) => fairMove(world, setting, planner)?.world)

  const inStart = meeting(() => startOf(scenario, watching))
  const visits = Array.from({ length: space.size }, (_, index) =>
    meeting(() => visit(space.worldAt(index), watched)),
  )
  const restFrom = (from: World) => comeToRest(from, setting, watched)
  const waysOut = rests.map((world) => ({
    world,
    met: meeting(() => unlessBroken(() => leave(restAt(world, planner), restFrom, []))),
  }))

  return {
    scenario,
    start,
    numberOf: (plan) => numbers.get(plan),
    isInStart: (isOther) => hasOther(inStart, isOther),
    worldsWith: (isOther) => rootsOf(space, visits, isOther),
    restsWith: (isOther) => waysOut.filter((way) => hasOther(way.met, isOther)).map(({ world }) => world),
    wayTo(world) {
      const { index } = space.add(world, 0)
      return traceOf(space, index, (from) => movesOf(from, scenario, setting, planner)).moves
    },
  }
}

/** That the operator as it is breaks a promise is for the model checker's own test to tell. */
function unlessBroken(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
  }
}

/** Adds to each world those on the fair run from it, as far as there is room, and returns where the runs end. */
function runFairly(space: StateSpace, next: (world: World) => World | undefined): readonly World[] {
  const count = space.size
  const room = (roomForRuns - 1) * count
  const rests = new Map<string, World>()
  for (let index = 0; index < count; index++) {
    let at = index
    while (space.size < room) {
      const world = space.worldAt(at)
      const after = next(world)
      // What is left of the budgets makes no difference to the way out.
      if (after === undefined) rests.set(JSON.stringify({ ...world, budget: 0 }), world)
      const added = after && space.add(after, at)
      if (added?.isNew !== true) break
      at = added.index
    }
  }
  return [...rests.values()]
}

/** Worlds with such a decision, on the way to which there was none. */
function rootsOf(
  space: StateSpace,
  visits: readonly ReadonlySet<number>[],
  isOther: IsOther,
): readonly World[] {
  const roots: World[] = []
  const isBeyond: boolean[] = []
  visits.forEach((visited, index) => {
    const parent = space.parentOf(index)
    const isReached = parent !== index && isBeyond[parent] === true
    const isRoot = !isReached && hasOther(visited, isOther)
    if (isRoot) roots.push(space.worldAt(index))
    isBeyond.push(isReached || isRoot)
  })
  return roots
}

function hasOther(decisions: ReadonlySet<number>, isOther: IsOther): boolean {
  for (const number of decisions) if (isOther(number)) return true
  return false
}
