/**
 * A limit on how fast this client asks, so that a fault of ours cannot flood the API server: a token bucket, as in
 * client-go. Off unless somebody makes one: the server's own priority and fairness protects it from many clients.
 */
import { type Clock, sleep } from '../clock.ts'

export interface RateLimitOptions {
  /** Requests per second in the long run. */
  readonly qps: number
  /** Requests that may go at once after a quiet time. */
  readonly burst: number
}

export interface RateLimit {
  /** Resolves when the caller may send, first come first served. Rejects with the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<void>
}

export function createRateLimit({ qps, burst }: RateLimitOptions, clock: Clock): RateLimit {
  if (!(qps > 0) || !(burst >= 1))
    throw new RangeError(`a rate limit needs qps > 0 and burst >= 1: ${qps}, ${burst}`)
  let tokens = burst
  let at = clock.monotonic()
  let places = 0
  return {
    async take(signal) {
      const place = ++places
      const now = clock.monotonic()
      tokens = Math.min(burst, tokens + ((now - at) / 1000) * qps) - 1
      at = now
      if (tokens >= 0) return
      try {
        await sleep(clock, (-tokens / qps) * 1000, signal)
      } catch (error) {
        // Nothing was sent, so the place is free again, unless others have a later one already: who comes next would
        // go together with the last of them.
        if (place === places) tokens += 1
        throw error
      }
    },
  }
}
