/**
 * How often something may be done per key: so many at once, and one more after each interval.
 */
import type { Clock } from '../clock.ts'

export interface TokenBucketsOptions {
  readonly burst: number
  readonly refillMs: number
  /** Beyond this the key that was added first is forgotten, and starts with a full bucket when it comes again. */
  readonly maxKeys: number
  readonly clock: Clock
}

export interface TokenBuckets {
  /** Takes a token of the key. `empty`: none is left, for the first time since one was taken. */
  take(key: string): 'taken' | 'empty' | 'still empty'
}

interface Bucket {
  tokens: number
  at: number
  refused: boolean
}

export function createTokenBuckets({ burst, refillMs, maxKeys, clock }: TokenBucketsOptions): TokenBuckets {
  const buckets = new Map<string, Bucket>()

  function bucketOf(key: string): Bucket {
    const known = buckets.get(key)
    if (known) return known
    for (const oldest of buckets.keys()) {
      if (buckets.size < maxKeys) break
      buckets.delete(oldest)
    }
    const full = { tokens: burst, at: clock.monotonic(), refused: false }
    buckets.set(key, full)
    return full
  }

  return {
    take(key) {
      const bucket = bucketOf(key)
      const now = clock.monotonic()
      bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs)
      bucket.at = now
      const refusedBefore = bucket.refused
      bucket.refused = bucket.tokens < 1
      if (bucket.refused) return refusedBefore ? 'still empty' : 'empty'
      bucket.tokens -= 1
      return 'taken'
    },
  }
}
