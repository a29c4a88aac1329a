/** Stories of rollouts that are taken back, on the real cluster and in the simulator: the same happens in both. */
import { test } from 'vitest'
import { holdAgainstCluster } from '../simulator/real.ts'
import { stories } from '../simulator/stories.ts'

const titles = [
  'reverted while the canary waits for approval',
  'aborted while the canary waits for approval',
  'a canary that crashes is taken back',
  'an image that cannot be pulled is taken back',
  'a promotion that fails half-way is taken back by a revert',
  'a promotion that fails half-way is aborted',
  'another image while the canary waits for approval',
] as const

test.each(titles)('%s', (title) => holdAgainstCluster('sim-back', stories[title]))
