/**
 * Ends a stream on which nothing arrives any more: a half-open connection gives no other sign.
 */
import { ConnectionError } from '../client/api-error.ts'
import { abortReason, type Clock } from '../clock.ts'

export interface Watchdog {
  /** Aborts when the stream has been quiet for too long, or with the caller's reason. */
  readonly signal: AbortSignal
  /** Passes the chunks on and notes when they come. */
  guard(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>
  stop(): void
}

export function createWatchdog(clock: Clock, quietMs: number, caller: AbortSignal): Watchdog {
  const controller = new AbortController()
  let lastByteAt = clock.monotonic()
  let cancel = clock.setTimeout(check, quietMs)

  // One timer that looks back costs less than one that is moved with every chunk.
  function check(): void {
    const leftMs = lastByteAt + quietMs - clock.monotonic()
    if (leftMs > 0) cancel = clock.setTimeout(check, leftMs)
    else
      controller.abort(
        new ConnectionError('Timeout', `A watch was quiet for ${quietMs} ms and was given up.`),
      )
  }

  function onCallerAbort(): void {
    controller.abort(abortReason(caller))
  }
  if (caller.aborted) onCallerAbort()
  else caller.addEventListener('abort', onCallerAbort, { once: true })

  return {
    signal: controller.signal,
    async *guard(chunks) {
      for await (const chunk of chunks) {
        lastByteAt = clock.monotonic()
        yield chunk
      }
    },
    stop() {
      cancel()
      caller.removeEventListener('abort', onCallerAbort)
    },
  }
}
