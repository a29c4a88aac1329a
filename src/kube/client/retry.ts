/**
 * Which failed requests the transport itself sends again, and when. Only failures after which the server has certainly
 * done nothing, or that harm nothing when done twice; everything else is for the caller, who looks before repeating.
 */
import { ApiError, ConnectionError } from './api-error.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface FailedAttempt {
  readonly error: unknown
  readonly method: Method
  /** How often this request was sent again already. */
  readonly retries: number
  /** The connection was taken from the pool, so the server may have closed it before the request reached it. */
  readonly reusedSocket: boolean
}

const maxRetries = 5
const idempotent: ReadonlySet<Method> = new Set(['GET', 'PUT', 'DELETE'])

/** The wait in ms before sending again, or undefined: report the error. `random` is in [0, 1). */
export function retryDelayMs(
  { error, method, retries, reusedSocket }: FailedAttempt,
  random: number,
): number | undefined {
  if (error instanceof ConnectionError) {
    return error.code === 'Reset' && reusedSocket && retries === 0 && idempotent.has(method) ? 0 : undefined
  }
  if (!(error instanceof ApiError) || retries >= maxRetries) return undefined
  const refusedUnseen = error.status === 429
  const harmlessAgain = error.status >= 500 && error.retryAfterMs !== undefined && method === 'GET'
  if (!refusedUnseen && !harmlessAgain) return undefined
  return (error.retryAfterMs ?? 1000) * (1 + random / 4)
}
