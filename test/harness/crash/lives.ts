/** Operators one after another in one namespace: whoever is killed by its write has a successor at once. */
import { type Operator, startOperator } from '../operator.ts'
import type { Space } from '../space.ts'

export interface Lives {
  /** The writes of each life, in order, those after which it was killed included. */
  writes(): readonly (readonly string[])[]
  /** Ends the present life, and has no other follow. */
  end(): Promise<void>
}

/** Begins at once. `cutOf` says after how many writes a life is killed; never, where that is Infinity. */
export function startLives(space: Space, cutOf: (life: number) => number): Lives {
  const lives: Operator[] = []
  const ending = new AbortController()

  async function live(): Promise<void> {
    while (!ending.signal.aborted) {
      const operator = await startOperator(space, { cutAfterWrite: cutOf(lives.length) })
      lives.push(operator)
      if (ending.signal.aborted) await operator.kill()
      await operator.ended
    }
  }

  const over = live()
  // Who waits for the story must hear of it too.
  over.catch((error: unknown) => space.fail(`no operator could be started: ${String(error)}`))
  return {
    writes: () => lives.map((operator) => operator.writes()),
    async end() {
      ending.abort()
      await lives.at(-1)?.kill()
      await over
    },
  }
}
