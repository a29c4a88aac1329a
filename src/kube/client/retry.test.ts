import { expect, it } from 'vitest'
import { ApiError, ConnectionError } from './api-error.ts'
import { backoffMs } from '../backoff.ts'
import { type FailedAttempt, retryDelayMs } from './retry.ts'

const reset = new ConnectionError('Reset', 'reset')
const busy = new ApiError(429, {}, 3000)

it.each<[string, Partial<FailedAttempt>, number | undefined]>([
  ['429 waits as told, whatever the method', { error: busy, method: 'POST' }, 3000],
  ['429 without a time waits a second', { error: new ApiError(429, {}) }, 1000],
  ['429 for the sixth time is reported', { error: busy, retries: 5 }, undefined],
  ['503 with Retry-After repeats a read', { error: new ApiError(503, {}, 1000) }, 1000],
  [
    '503 with Retry-After repeats no write',
    { error: new ApiError(503, {}, 1000), method: 'PATCH' },
    undefined,
  ],
  ['500 is reported', { error: new ApiError(500, {}) }, undefined],
  ['409 is reported', { error: new ApiError(409, {}), method: 'PUT' }, undefined],
  ['a pooled connection found closed is repeated at once', { error: reset, reusedSocket: true }, 0],
  ['... a second time it is reported', { error: reset, reusedSocket: true, retries: 1 }, undefined],
  ['... a create is reported', { error: reset, reusedSocket: true, method: 'POST' }, undefined],
  ['... a patch is reported', { error: reset, reusedSocket: true, method: 'PATCH' }, undefined],
  ['... a delete is repeated', { error: reset, reusedSocket: true, method: 'DELETE' }, 0],
  ['a fresh connection that breaks is reported', { error: reset }, undefined],
  ['an unreachable server is reported', { error: new ConnectionError('Unreachable', '') }, undefined],
  ['a foreign error is reported', { error: new Error('x'), reusedSocket: true }, undefined],
])('%s', (_title, attempt, expected) => {
  expect(retryDelayMs({ method: 'GET', retries: 0, reusedSocket: false, error: busy, ...attempt }, 0)).toBe(
    expected,
  )
})

it('adds up to a quarter of jitter to a told time', () => {
  expect(retryDelayMs({ error: busy, method: 'GET', retries: 0, reusedSocket: false }, 0.999)).toBeCloseTo(
    3749,
    0,
  )
})

it.each([
  [1, 800],
  [2, 1600],
  [6, 25_600],
  [7, 30_000],
  [5_000, 30_000],
])('back-off after %i failures is bounded by %i ms', (failures, bound) => {
  const options = { baseMs: 800, capMs: 30_000 }
  expect(backoffMs(failures, options, 0)).toBe(0)
  expect(backoffMs(failures, options, 1)).toBe(bound)
})
