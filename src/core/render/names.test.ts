import { describe, expect, it } from 'vitest'
import {
  claimName,
  claimOrdinal,
  placeholderClaimName,
  podOrdinal,
  resourceOfSet,
  resourcesOfClaim,
} from './names.ts'

describe('claimOrdinal', () => {
  it.each([
    ['data-redis-stable-2', 2],
    ['data-redis-stable-10', 10],
    ['wal-redis-stable-0', 0],
    ['data-redis-stable-02', undefined],
    ['data-redis-stable.ordinal', undefined],
    ['data-redis-stable-2-old', undefined],
    ['data-redis-canary-2', undefined],
    ['other-redis-stable-2', undefined],
    ['data-my-redis-stable-2', undefined],
  ])('of %s is %s', (claim, ordinal) => {
    expect(claimOrdinal(claim, 'redis', ['data', 'wal'])).toBe(ordinal)
  })
})

describe('resourcesOfClaim', () => {
  it.each([
    ['data-redis-stable-2', ['redis']],
    ['data-redis-stable.ordinal', ['redis']],
    ['a-b-c-stable-0', ['b-c', 'c']],
    ['data-redis-stable', []],
    ['stable-2', []],
    ['data-stable-2', []],
    ['data-redis-canary-2', []],
  ])('of %s are %j', (claim, resources) => {
    expect(resourcesOfClaim(claim)).toEqual(resources)
  })

  it('finds the resource behind every claim that we name', () => {
    expect(resourcesOfClaim(claimName('my-data', 'my-redis', 3))).toContain('my-redis')
    expect(resourcesOfClaim(placeholderClaimName('my-data', 'my-redis'))).toContain('my-redis')
  })
})

it.each([
  ['redis-stable', 'redis'],
  ['redis-canary', 'redis'],
  ['my-stable-canary', 'my-stable'],
  ['redis', undefined],
  ['-stable', undefined],
])('the resource of set %s is %s', (set, resource) => {
  expect(resourceOfSet(set)).toBe(resource)
})

it.each([
  ['redis-canary-2', 2],
  ['redis-canary-x', undefined],
  ['redis-canary-a-2', undefined],
  ['redis-stable-2', undefined],
])('the ordinal of pod %s of set redis-canary is %s', (pod, ordinal) => {
  expect(podOrdinal(pod, 'redis-canary')).toBe(ordinal)
})
