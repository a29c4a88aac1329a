/**
 * Which keys are to come back when. Two kinds of moments: a time of the wall clock, and a wait that no setting of the
 * wall clock shortens or stretches. One timer for all keys. What is done with a key that is due is decided elsewhere.
 */
import type { Clock } from '../clock.ts'

export interface Delays {
  /** At a wall-clock time (ms); of several times of a key the earliest counts. Throws where it is NaN. */
  at(key: string, wallMs: number): void
  /** After `ms` of the monotonic clock. It stands beside a time given to `at`: the key is due when one of them is. */
  after(key: string, ms: number): void
  forget(key: string): void
  clear(): void
  readonly size: number
}

interface Moments {
  wallAt: number
  monotonicAt: number
}

/**
 * Nobody tells a process that the wall clock was set, or that the machine was suspended, and timers run by neither: so
 * the time is looked at again this often while keys wait.
 */
const lookAgainMs = 10_000

/**
 * Calls `onDue` once for each key whose moment has come, the longest overdue first.
 *
 * Guarantees: never before its moment, whatever the wall clock did meanwhile: one that was set back makes a key wait
 * until the clock shows its time. One that was set forward brings what is due by then within 10 s.
 */
export function createDelays(clock: Clock, onDue: (key: string) => void): Delays {
  const momentsByKey = new Map<string, Moments>()
  let timer: { readonly at: number; readonly cancel: () => void } | undefined

  function leftMs(
    { wallAt, monotonicAt }: Moments,
    wall = clock.now(),
    monotonic = clock.monotonic(),
  ): number {
    return Math.min(wallAt - wall, monotonicAt - monotonic)
  }

  function wakeIn(ms: number): void {
    const inMs = Math.max(0, Math.min(ms, lookAgainMs))
    const at = clock.monotonic() + inMs
    if (timer && timer.at <= at) return
    timer?.cancel()
    timer = { at, cancel: clock.setTimeout(look, inMs) }
  }

  function look(): void {
    timer = undefined
    // The clocks are asked once: each look goes over all keys, and thousands may be due one after another.
    const now = clock.now()
    const monotonic = clock.monotonic()
    const due: { readonly key: string; readonly left: number }[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const [key, moments] of momentsByKey) {
      const left = leftMs(moments, now, monotonic)
      if (left <= 0) due.push({ key, left })
      else nextMs = Math.min(nextMs, left)
    }
    for (const { key } of due) momentsByKey.delete(key)
    if (momentsByKey.size > 0) wakeIn(nextMs)
    for (const { key } of due.sort((a, b) => a.left - b.left)) onDue(key)
  }

  function momentsOf(key: string): Moments {
    const known = momentsByKey.get(key)
    if (known) return known
    const none = { wallAt: Number.POSITIVE_INFINITY, monotonicAt: Number.POSITIVE_INFINITY }
    momentsByKey.set(key, none)
    return none
  }

  function sleepIfEmpty(): void {
    if (momentsByKey.size > 0) return
    timer?.cancel()
    timer = undefined
  }

  return {
    at(key, wallMs) {
      // A timer for NaN is due at once, again and again.
      if (Number.isNaN(wallMs)) throw new TypeError('NaN is no time to come back at.')
      const moments = momentsOf(key)
      moments.wallAt = Math.min(moments.wallAt, wallMs)
      wakeIn(leftMs(moments))
    },
    after(key, ms) {
      const moments = momentsOf(key)
      moments.monotonicAt = Math.min(moments.monotonicAt, clock.monotonic() + ms)
      wakeIn(leftMs(moments))
    },
    forget(key) {
      momentsByKey.delete(key)
      sleepIfEmpty()
    },
    clear() {
      momentsByKey.clear()
      sleepIfEmpty()
    },
    get size() {
      return momentsByKey.size
    },
  }
}
