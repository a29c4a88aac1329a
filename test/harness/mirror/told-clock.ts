/**
 * A clock that is moved by hand and tells when a timer was set, so that a test can wait until somebody waits.
 */
import { createManualClock, type ManualClock } from '../../../src/kube/testing/manual-clock.ts'
import type { Changing } from '../condition.ts'

export interface ToldClock extends ManualClock {
  readonly onTimer: Changing
}

export function createToldClock(): ToldClock {
  const clock = createManualClock()
  const listeners = new Set<() => void>()
  return {
    ...clock,
    get timers() {
      return clock.timers
    },
    setTimeout(callback, ms) {
      const cancel = clock.setTimeout(callback, ms)
      for (const listener of listeners) listener()
      return cancel
    },
    onTimer(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
