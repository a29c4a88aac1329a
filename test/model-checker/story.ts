/** A story told move by move: each must be possible where it stands, and is named by the words with which it begins. */
import { movesOf } from './explore.ts'
import { operatorMoves, visit } from './operator.ts'
import { fairMove, longestRun, restAt } from './rest.ts'
import { type Scenario, startOf } from './scenario.ts'
import type { World } from './world.ts'

export interface Story {
  readonly world: World
  /** These moves, one after the other. */
  does(...moves: readonly string[]): void
  /** What happens when nothing goes wrong, up to and with this move. */
  goesOnTo(move: string): void
  /** The same, until nothing moves: the word for where that is. */
  comesToRest(): string
  /** What the operator does next, or the word for what it waits for. */
  next(): string
  can(move: string): boolean
}

export function storyOf(scenario: Scenario): Story {
  const start = startOf(scenario)
  const { setting, planner } = start
  let { world } = start

  const moves = () => movesOf(world, scenario, setting, planner)

  function make(begin: string): void {
    const possible = moves()
    const move = possible.find(({ what }) => what.startsWith(begin))
    if (move === undefined)
      throw new Error(`not possible: ${begin}\npossible:\n${possible.map(({ what }) => what).join('\n')}`)
    world = move.world
  }

  function goOn(isLast: (what: string) => boolean): boolean {
    for (let length = 0; length < longestRun; length++) {
      const move = fairMove(world, setting, planner)
      if (move === undefined) return false
      world = move.world
      if (isLast(move.what)) return true
    }
    throw new Error('it never comes to rest')
  }

  return {
    get world() {
      return world
    },
    does: (...begins) => begins.forEach(make),
    goesOnTo(begin) {
      if (!goOn((what) => what.startsWith(begin))) throw new Error(`it comes to rest before: ${begin}`)
    },
    comesToRest() {
      goOn(() => false)
      return restAt(world, planner).as
    },
    next() {
      const [move] = operatorMoves(world, planner)
      const isWrite = move !== undefined && !move.what.startsWith('the operator says')
      return isWrite ? move.what : (visit(world, planner)?.reason.code ?? 'asleep')
    },
    can: (begin) => moves().some(({ what }) => what.startsWith(begin)),
  }
}
