/**
 * Time as a dependency: everything in this folder that waits or looks at the time does it through a `Clock`, so that
 * tests move time by hand (testing/manual-clock.ts) and never sleep.
 */

export interface Clock {
  /** Wall clock in ms since the epoch: for times that people or other processes read. It may jump. */
  now(): number
  /** Milliseconds that only ever grow: for measuring how long something takes. */
  monotonic(): number
  /** Calls back once after `ms`, unless the returned function is called first. */
  setTimeout(callback: () => void, ms: number): () => void
}

/** Node waits 1 ms for anything longer than this (24.8 days), so longer waits are cut; callers look at the time again. */
const longestTimeoutMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not `performance`: the mere touch of it loads what takes 0.7 MB in every process.
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1_000 + nanoseconds / 1_000_000
  },
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, Math.min(ms, longestTimeoutMs))
    return () => clearTimeout(timer)
  },
}

/** Waits `ms`; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal))
      return
    }
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    function onAbort(): void {
      cancel()
      if (signal) reject(abortReason(signal))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Why the signal aborted, as something that can be thrown. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason })
}
