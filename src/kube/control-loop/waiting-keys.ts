/**
 * Keys that wait for a worker: each once, changes before what the first lists brought, in order of arrival within a
 * priority. Who may start now is asked of the caller.
 */
import type { Clock } from '../clock.ts'

/** `initial`: all that is known of the key is that it was there when we began. Anything that happened is a `change`. */
export type Priority = 'change' | 'initial'

export const priorities = ['change', 'initial'] as const satisfies readonly Priority[]

export interface WaitingKey {
  readonly key: string
  readonly priority: Priority
  readonly waitedMs: number
}

export interface WaitingKeys {
  /** A key that waits already keeps its place, or moves to the end of the higher priority. True if it is new. */
  add(key: string, priority: Priority): boolean
  /** Takes the next key of those that may start. */
  take(mayStart: (key: string) => boolean): WaitingKey | undefined
  count(priority: Priority): number
  clear(): void
}

/**
 * One start in so many belongs to a key of low priority if there is one. Without it changes that never cease, of a few
 * keys that change all the time, would keep the others out for ever.
 */
const changesInARow = 8

export function createWaitingKeys(clock: Clock): WaitingKeys {
  /** Since when (monotonic). Maps keep the order of insertion. */
  const since: Record<Priority, Map<string, number>> = { change: new Map(), initial: new Map() }
  let changesTaken = 0

  function takeFrom(priority: Priority, mayStart: (key: string) => boolean): WaitingKey | undefined {
    for (const [key, sinceMs] of since[priority]) {
      if (!mayStart(key)) continue
      since[priority].delete(key)
      return { key, priority, waitedMs: clock.monotonic() - sinceMs }
    }
    return undefined
  }

  return {
    add(key, priority) {
      const { change, initial } = since
      if (change.has(key)) return false
      const known = initial.get(key)
      if (known !== undefined && priority === 'initial') return false
      initial.delete(key)
      since[priority].set(key, known ?? clock.monotonic())
      return known === undefined
    },
    take(mayStart) {
      const order = changesTaken < changesInARow ? priorities : priorities.toReversed()
      for (const priority of order) {
        const taken = takeFrom(priority, mayStart)
        if (taken === undefined) continue
        changesTaken = priority === 'change' && since.initial.size > 0 ? changesTaken + 1 : 0
        return taken
      }
      return undefined
    },
    count: (priority) => since[priority].size,
    clear() {
      for (const priority of priorities) since[priority].clear()
    },
  }
}
