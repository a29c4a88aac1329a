/**
 * Which failed requests the transport itself sends again, and when. Only failures after which the server has certainly
 * done nothing, or that harm nothing when done twice; everything else is for the caller, who looks before repeating.
 *
 * Where this differs from client-go's with_retry: that one repeats a 429 and any 5xx only if the server names a time
 * (Retry-After), and then every verb, up to ten times, without jitter. Here a write is never repeated after a 5xx, since a
 * 500 or 504 may come after it was stored. A read is, with a back-off of our own where the server names no time. Told
 * times get jitter, so that many clients do not come back together. On a connection that breaks, client-go repeats GETs
 * whatever the connection; here only a pooled one that the server may have closed before, and then PUT and DELETE too:
 * both say the same when said twice, and what they answer then (conflict, not found) is what their callers expect anyway.
 */
import { ApiError, ConnectionError, isGone } from './api-error.ts'
import { backoffMs } from '../backoff.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface FailedAttempt {
  readonly error: unknown
  readonly method: Method
  /** How often this request was sent again already. */
  readonly retries: number
  /** The connection was taken from the pool, so the server may have closed it before the request reached it. */
  readonly reusedSocket: boolean
  /** The caller has a back-off of its own. */
  readonly selfPaced: boolean
}

const maxRetries = 5
const ownBackoff = { baseMs: 250, capMs: 4_000 }
const idempotent: ReadonlySet<Method> = new Set(['GET', 'PUT', 'DELETE'])
/** A server, or a proxy before it, that fails or is away; others (501, 505, 507, ...) will say the same again. */
const passing: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** The wait in ms before sending again, or undefined: report the error. `random` is in [0, 1). */
export function retryDelayMs(failed: FailedAttempt, random: number): number | undefined {
  const { error, method, retries, reusedSocket, selfPaced } = failed
  if (error instanceof ConnectionError) {
    return error.code === 'Reset' && reusedSocket && retries === 0 && idempotent.has(method) ? 0 : undefined
  }
  if (!(error instanceof ApiError) || retries >= maxRetries || isGone(error)) return undefined
  const refusedUnseen = error.status === 429
  const harmlessAgain = passing.has(error.status) && method === 'GET'
  if (!refusedUnseen && !harmlessAgain) return undefined
  if (error.retryAfterMs !== undefined) return error.retryAfterMs * (1 + random / 4)
  return selfPaced ? undefined : backoffMs(retries + 1, ownBackoff, random)
}
