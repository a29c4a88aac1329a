import { describe, expect, it } from 'vitest'
import { factsOf } from './facts.ts'
import type { Observation } from './observation.ts'
import type { Step } from './record.ts'
import { bakedAt, isLastStep, needsApproval, plannedSteps } from './steps.ts'
import { canaryPod, minute, now, second, withPods, withRollout, withSpec, world } from './testing/builders.ts'
import { activeWorld, startedAt, startedWorld, steppedAt } from './testing/rollout-worlds.ts'

const twoSteps: readonly Step[] = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]

function inRollout(observation: Observation) {
  const facts = factsOf(observation, now)
  if (facts.rollout === undefined) throw new Error('this world has no rollout')
  return { facts, rollout: facts.rollout }
}

describe('the steps that a spec asks for', () => {
  it.each<[string, number, readonly Step[], number, readonly Step[]]>([
    ['one, where none is written', 2, [], 3, [{ canaryReplicas: 2 }]],
    ['one without a canary, where none is wanted', 0, [], 3, [{ canaryReplicas: 0 }]],
    ['those that are written, whatever canaryReplicas says', 9, twoSteps, 3, twoSteps],
    [
      'never more canaries than replicas',
      1,
      [{ canaryReplicas: 1 }, { canaryReplicas: 5, pause: true }],
      2,
      [{ canaryReplicas: 1 }, { canaryReplicas: 2, pause: true }],
    ],
    ['none at zero replicas', 1, twoSteps, 0, [{ canaryReplicas: 0 }, { canaryReplicas: 0 }]],
    [
      'with what was said about each, and no more',
      1,
      [{ canaryReplicas: 1, bakeSeconds: 0, pause: false }],
      3,
      [{ canaryReplicas: 1, bakeSeconds: 0 }],
    ],
  ])('are %s', (_, canaryReplicas, steps, replicas, planned) => {
    expect(plannedSteps({ canaryReplicas, steps }, replicas)).toEqual(planned)
  })
})

describe('a person is asked', () => {
  const paused: readonly Step[] = [
    { canaryReplicas: 1, pause: true },
    { canaryReplicas: 2, pause: true },
  ]
  it.each<[string, Observation, boolean]>([
    ['before a promotion', activeWorld(), true],
    ['not before a step', activeWorld({ steps: twoSteps }), false],
    ['after the last of them', activeWorld({ steps: twoSteps, canaryReplicas: 2 }), true],
    ['where a step pauses', activeWorld({ steps: paused }), true],
    ['not before a promotion that is made by itself', world(activeWorld(), automatic), false],
    ['unless its step pauses', world(activeWorld({ steps: paused, canaryReplicas: 2 }), automatic), true],
  ])('%s', (_, observation, asked) => {
    const { facts, rollout } = inRollout(observation)
    expect(needsApproval(facts, rollout)).toBe(asked)
  })

  it('about a later step as well', () => {
    const { facts, rollout } = inRollout(activeWorld({ steps: twoSteps }))
    expect([isLastStep(rollout), needsApproval(facts, rollout, 1)]).toEqual([false, true])
  })
})

function automatic(before: Observation): Observation {
  return withSpec({ promotionType: 'auto' })(before)
}

describe('the end of the bake', () => {
  const hour = withSpec({ bakeSeconds: 3600 })
  const baked = (observation: Observation) => {
    const { facts, rollout } = inRollout(observation)
    return bakedAt(facts, rollout)
  }

  it('is not known before the step is recorded as begun', () => {
    expect(baked(startedWorld())).toBeUndefined()
  })

  it.each<[string, Observation, number]>([
    ['from the step, where the canaries were ready before', activeWorld(), steppedAt],
    [
      'from the last canary that became ready',
      world(
        activeWorld({ canaryReplicas: 2 }),
        withPods(canaryPod(1, { readySince: now - minute }), canaryPod(2, { readySince: now - second })),
        hour,
      ),
      now - second + 60 * minute,
    ],
    [
      "for the step's own time, where it says one",
      world(
        activeWorld({ steps: [{ canaryReplicas: 1, bakeSeconds: 60 }] }),
        withPods(canaryPod(2, { readySince: now - second })),
        hour,
      ),
      now - second + minute,
    ],
    [
      'for no time, where it says so',
      world(activeWorld({ steps: [{ canaryReplicas: 1, bakeSeconds: 0 }] }), hour),
      steppedAt,
    ],
    [
      'anew in each step',
      world(activeWorld(), withRollout({ at: { started: startedAt, stepped: now } }), hour),
      now + 60 * minute,
    ],
  ])('counts %s', (_, observation, moment) => {
    expect(baked(observation)).toBe(moment)
  })
})
