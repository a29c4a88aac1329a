import { describe, expect, it } from 'vitest'
import { factsOf } from './facts.ts'
import { now, stableWorld, withSpec, world } from './testing/builders.ts'
import { activeWorld } from './testing/rollout-worlds.ts'
import { claimOrdinal, displacedNames } from './hand-over.ts'

const facts = (observation: Parameters<typeof factsOf>[0]) => factsOf(observation, now)

describe('the claims of the canary', () => {
  it.each([
    ['one canary gets them by name', stableWorld(), 2],
    ['counted from where the ordinals begin', stableWorld({ start: 4 }), 6],
    [
      'a step of two to come gets a placeholder from the first on',
      stableWorld({ steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2 }] }),
      undefined,
    ],
    ['two get a placeholder', stableWorld({ canaryReplicas: 2 }), undefined],
    ['in a rollout, as it began', world(activeWorld(), withSpec({ canaryReplicas: 3 })), 2],
    [
      'in a rollout of two, as it began',
      world(activeWorld({ canaryReplicas: 2 }), withSpec({ canaryReplicas: 1 })),
      undefined,
    ],
  ])('%s', (_, observation, ordinal) => {
    expect(claimOrdinal(facts(observation))).toBe(ordinal)
  })
})

describe('the names of the displaced', () => {
  it.each([
    ['one', stableWorld(), 'redis-stable-2'],
    ['several', stableWorld({ canaryReplicas: 2 }), 'redis-stable-1 to redis-stable-2'],
    [
      'all, from where the ordinals begin',
      stableWorld({ canaryReplicas: 3, start: 4 }),
      'redis-stable-4 to redis-stable-6',
    ],
  ])('%s', (_, observation, names) => {
    expect(displacedNames(facts(observation), 'stable')).toBe(names)
  })

  it('are those of the canary as well', () => {
    expect(displacedNames(facts(stableWorld()), 'canary')).toBe('redis-canary-2')
  })

  it('begin with 0 for a canary that is numbered so, whichever replica it displaces', () => {
    const numbered = facts(world(stableWorld({ start: 4 }), withSpec({ fromZero: true })))
    expect(displacedNames(numbered, 'canary')).toBe('redis-canary-0')
    expect(displacedNames(numbered, 'stable')).toBe('redis-stable-6')
    expect(claimOrdinal(numbered)).toBe(6)
  })
})
