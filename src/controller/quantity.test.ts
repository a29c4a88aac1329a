import { describe, expect, it } from 'vitest'
import { atMost, largest } from './quantity.ts'

describe('quantities', () => {
  it.each([
    ['1Gi', '1G', '1Gi'],
    ['1Gi', '1025Mi', '1025Mi'],
    ['1Gi', '1024Mi', '1Gi'],
    ['1.5Gi', '1Gi', '1.5Gi'],
    ['2e9', '1Gi', '2e9'],
    ['1E', '1e17', '1E'],
    ['1000000m', '999', '1000000m'],
    ['1073741824', '1Gi', '1073741824'],
    ['1Gi', undefined, '1Gi'],
    [undefined, '1Gi', '1Gi'],
    ['1Gi', 'much', '1Gi'],
    [undefined, undefined, undefined],
  ])('of %s and %s, %s is the largest', (one, other, expected) => {
    expect(largest(one, other)).toBe(expected)
  })

  it.each([
    ['2Gi', '1Gi', '1Gi'],
    ['1Gi', '2Gi', '1Gi'],
    ['1Gi', undefined, '1Gi'],
    [undefined, '1Gi', undefined],
  ])('%s, at most %s, is %s', (quantity, limit, expected) => {
    expect(atMost(quantity, limit)).toBe(expected)
  })
})
