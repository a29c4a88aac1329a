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
  const started = performance.now()
  try {
    const found = await condition(what, () => find(space.seen), [(look) => space.seen.onChange(look)], {
      within,
      hopeless: space.failure,
    })
    trace(what, started)
    return found
  } catch (error) {
    if (error instanceof Error) error.message += `\n${await space.report()}`
    throw error
  }
}

/** CLUSTER_TEST_TRACE=1 shows where a test spends its time. */
function trace(what: string, started: number): void {
  if (process.env['CLUSTER_TEST_TRACE'] === undefined) return
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${seconds.padStart(6)} s  ${what}\n`)
}
