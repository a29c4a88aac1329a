/**
 * Waiting for conditions in the namespace of a test: looked at after every change that its watches bring. What was
 * awaited in vain is told with everything that helps to see why (report.ts).
 */
import { condition } from './condition.ts'
import type { Space } from './space.ts'
import type { Watched } from './watched.ts'

export interface Patience {
  /** Seconds; 60 where left out. */
  readonly within?: number
}

/**
 * Resolves with what `find` returns as soon as that is neither undefined nor false. Rejects after the time, and at once
 * when an operator of the namespace ended by itself.
 */
export async function until<T>(
  space: Space,
  what: string,
  find: (seen: Watched) => T | undefined | false,
  { within = 60 }: Patience = {},
): Promise<T> {
  try {
    return await condition(what, () => find(space.seen), [(look) => space.seen.onChange(look)], {
      within,
      hopeless: space.failure,
    })
  } catch (error) {
    if (error instanceof Error) error.message += `\n${await space.report()}`
    throw error
  }
}
