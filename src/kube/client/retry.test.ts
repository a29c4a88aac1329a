import { expect, it } from 'vitest'
import { ApiError, ConnectionError } from './api-error.ts'
import { backoffMs } from '../backoff.ts'
import { type FailedAttempt, retryDelayMs } from './retry.ts'

const reset = new ConnectionError('Reset', 'reset')
const busy = new ApiError(429, {}, 3000)

it.each<[string, Partial<FailedAttempt>, number | undefined]>([
  ['429 waits as told, whatever the method', { error: busy, method: 'POST' }, 3375],
  ['429 without a time waits by a back-off', { error: new ApiError(429, {}), method: 'PATCH' }, 125],
  ['... that of the caller where it has one', { error: new ApiError(429, {}), selfPaced: true }, undefined],
  ['429 for the sixth time is reported', { error: busy, retries: 5 }, undefined],
  ['503 with Retry-After repeats a read', { error: new ApiError(503, {}, 1000) }, 1125],
  [
    '503 with Retry-After repeats no write',
    { error: new ApiError(503, {}, 1000), method: 'PATCH' },
    undefined,
  ],
  [
    '503 with Retry-After repeats a read of a caller who paces himself',
    { error: new ApiError(503, {}, 1000), selfPaced: true },
    1125,
  ],
  ['500 repeats a read', { error: new ApiError(500, {}) }, 125],
  ['... ever later', { error: new ApiError(500, {}), retries: 3 }, 1000],
  ['... the sixth time it is reported', { error: new ApiError(500, {}), retries: 5 }, undefined],
  ['... not for a caller who paces himself', { error: new ApiError(500, {}), selfPaced: true }, undefined],
  ['... a write is reported', { error: new ApiError(500, {}), method: 'PUT' }, undefined],
  ['501 is reported', { error: new ApiError(501, {}) }, undefined],
  [
    'expired history is reported, whatever its code',
    { error: new ApiError(500, { reason: 'Expired' }) },
    undefined,
  ],
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
  const first = { method: 'GET', retries: 0, reusedSocket: false, selfPaced: false, error: busy } as const

  expect(retryDelayMs({ ...first, ...attempt }, 0.5)).toBe(expected)
})

it.each([
  [0, 3000],
  [1, 3750],
])('adds up to a quarter of jitter to a told time (%d)', (random, expected) => {
  const failed = { error: busy, method: 'GET', retries: 0, reusedSocket: false, selfPaced: false } as const

  expect(retryDelayMs(failed, random)).toBe(expected)
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
