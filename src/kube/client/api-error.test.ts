import { describe, expect, it } from 'vitest'
import {
  ApiError,
  ConnectionError,
  fieldConflicts,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTransient,
  isUnfitPatch,
} from './api-error.ts'

const questions = {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTransient,
  isUnfitPatch,
}
const field = { field: 'spec.replicas', message: 'must be positive' }

describe('what a failure is', () => {
  it.each<[string, unknown, (keyof typeof questions)[]]>([
    ['404', new ApiError(404, { reason: 'NotFound' }), ['isNotFound']],
    ['a stale resourceVersion', new ApiError(409, { reason: 'Conflict' }), ['isConflict']],
    ['a taken name', new ApiError(409, { reason: 'AlreadyExists' }), ['isAlreadyExists']],
    [
      'a failed test of a JSON patch',
      new ApiError(422, { reason: 'Invalid', details: {} }),
      ['isConflict', 'isUnfitPatch'],
    ],
    [
      'a refused field',
      new ApiError(422, { reason: 'Invalid', details: { causes: [field] } }),
      ['isInvalid'],
    ],
    [
      'a field that somebody else manages',
      new ApiError(409, { reason: 'Conflict', details: { causes: [{ reason: 'FieldManagerConflict' }] } }),
      [],
    ],
    ['a malformed request', new ApiError(400, { reason: 'BadRequest' }), ['isInvalid']],
    ['RBAC, quota, policy', new ApiError(403, { reason: 'Forbidden' }), ['isForbidden']],
    ['410', new ApiError(410, { reason: 'Expired' }), ['isGone']],
    ['410 without a Status', new ApiError(410, {}), ['isGone']],
    [
      'an expired watch under another code',
      new ApiError(500, { reason: 'Expired' }),
      ['isGone', 'isTransient'],
    ],
    ['429', new ApiError(429, { reason: 'TooManyRequests' }), ['isTransient']],
    ['503', new ApiError(503, {}), ['isTransient']],
    ['no answer', new ConnectionError('Timeout', ''), ['isTransient']],
    ['something else', new Error('x'), []],
    ['nothing', undefined, []],
  ])('%s', (_title, error, expected) => {
    const answers = Object.entries(questions).filter(([, is]) => is(error))

    expect(answers.map(([name]) => name)).toEqual(expected)
  })
})

describe('fields that others manage', () => {
  function refused(...messages: readonly string[]): ApiError {
    const causes = messages.map((message) => ({
      reason: 'FieldManagerConflict',
      field: '.spec.replicas',
      message,
    }))
    return new ApiError(409, { reason: 'Conflict', details: { causes: [...causes, { reason: 'Other' }] } })
  }

  it.each([
    ['conflict with "kubectl" using apps/v1', 'kubectl'],
    ['conflict with "other" with subresource "scale" using apps/v1 at 2030-01-01T00:00:00Z', 'other'],
    ['conflict with "a \\"b\\"" using v1', 'a \\"b\\"'],
    ['something new', 'something new'],
  ])('%s', (message, manager) => {
    expect(fieldConflicts(refused(message))).toEqual([{ field: '.spec.replicas', manager }])
  })

  it('there are none in other failures', () => {
    expect(fieldConflicts(new ApiError(409, { reason: 'Conflict' }))).toEqual([])
    expect(fieldConflicts(new Error('x'))).toEqual([])
  })
})
