/**
 * How long to wait after the nth failure in a row: exponential, capped, with full jitter, so that many waiters do not
 * come back together.
 */

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number
  readonly capMs: number
}

/** The wait after `failures` failures in a row (1 is the first). `random` is in [0, 1). */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffOptions, random: number): number {
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30))
  return bound * random
}
