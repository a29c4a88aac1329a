/**
 * One signal out of a caller's signal and a time limit, and its tidy removal afterwards (long-lived signals must not
 * gather a listener per request).
 */
import { abortReason, type Clock } from './clock.ts'

export interface Deadline {
  readonly signal: AbortSignal
  remainingMs(): number
  /** Lifts the time limit; the caller's signal goes on counting. */
  lift(): void
  /** Ends the tie to the caller's signal too. Call it when the work is done. */
  release(): void
}

/** Aborts with `onTimeout()` after `ms`, or with the caller's reason when the caller's signal aborts. */
export function createDeadline(
  clock: Clock,
  ms: number,
  caller: AbortSignal | undefined,
  onTimeout: () => Error,
): Deadline {
  const controller = new AbortController()
  const end = clock.monotonic() + ms
  const lift = clock.setTimeout(() => controller.abort(onTimeout()), ms)
  function onCallerAbort(): void {
    lift()
    if (caller) controller.abort(abortReason(caller))
  }
  if (caller?.aborted) onCallerAbort()
  else caller?.addEventListener('abort', onCallerAbort, { once: true })
  return {
    signal: controller.signal,
    remainingMs: () => end - clock.monotonic(),
    lift,
    release() {
      lift()
      caller?.removeEventListener('abort', onCallerAbort)
    },
  }
}
