/** A clock that runs ten times as fast, where a test waits for something that takes seconds. */
import { type Clock, systemClock } from '../../kube/clock.ts'

const speed = 10

export function createFastClock(): Clock {
  const startedAt = systemClock.now()
  return {
    now: () => startedAt + (systemClock.now() - startedAt) * speed,
    monotonic: () => systemClock.monotonic() * speed,
    setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / speed),
  }
}
