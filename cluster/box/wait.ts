/**
 * Waiting for a condition of the machine (a socket, a process, an answer of the API server) by asking at short
 * intervals, because none of these can be watched from outside of the box. Ends early when the wait has become hopeless.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { Failure } from '../failure.ts'

/** What to wait for; `hopeless` may return a sentence that ends the wait at once. */
export interface Wait {
  /** Completes "... within 60 s" in the message. */
  readonly what: string
  readonly seconds: number
  readonly check: () => boolean | Promise<boolean>
  readonly hopeless?: () => string | undefined
  /** What the reader should do when it does not happen. */
  readonly advice: string
}

const INTERVAL_MS = 25

/** Resolves as soon as the check is true; fails with a sentence when time is up or the wait has become hopeless. */
export async function waitFor(wait: Wait): Promise<void> {
  const deadline = performance.now() + wait.seconds * 1000
  while (!(await wait.check())) {
    const reason = wait.hopeless?.()
    if (reason !== undefined) throw new Failure(`${reason} ${wait.advice}`)
    if (performance.now() > deadline) {
      throw new Failure(`${wait.what} did not happen within ${wait.seconds} s. ${wait.advice}`)
    }
    await pause(INTERVAL_MS)
  }
}
