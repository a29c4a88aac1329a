/** Waiting for a signal, and for something that does not know of signals itself. */
import { abortReason } from './clock.ts'

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The promise's outcome, or the signal's reason as soon as it aborts; the work itself goes on unheard. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined)
    throw abortReason(signal)
  }
  const reason = Promise.withResolvers<never>()
  const onAbort = (): void => reason.reject(abortReason(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, reason.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
