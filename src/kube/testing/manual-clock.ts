/**
 * A clock that tests move by hand: timers fire in order of their time, and what they set going gets its turn in between.
 */
import type { Clock } from '../clock.ts'

export interface ManualClock extends Clock {
  /** Moves both clocks forward, firing due timers in order. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as an operator setting the time does, or a suspend of the machine. */
  jumpWallClock(ms: number): void
  /** Moves both clocks while nothing runs, as a stopped process (SIGSTOP) sees it; `advance` fires what is overdue. */
  freeze(ms: number): void
  /** Times left until each pending timer, ascending. */
  readonly timers: readonly number[]
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

export function createManualClock(wallStartMs = Date.UTC(2030, 0, 1)): ManualClock {
  const timers = new Set<Timer>()
  let elapsed = 0
  let wallOffset = wallStartMs

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter(({ at }) => at <= until)
    return due.sort((a, b) => a.at - b.at)[0]
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    setTimeout(callback, ms) {
      const timer = { at: elapsed + Math.max(0, ms), callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const until = elapsed + ms
      await settle()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        elapsed = Math.max(elapsed, timer.at)
        timers.delete(timer)
        timer.callback()
        await settle()
      }
      elapsed = until
    },
    jumpWallClock(ms) {
      wallOffset += ms
    },
    freeze(ms) {
      elapsed += ms
    },
    get timers() {
      return [...timers].map(({ at }) => at - elapsed).sort((a, b) => a - b)
    },
  }
}

/** Lets everything that can go on without a timer or the network go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
