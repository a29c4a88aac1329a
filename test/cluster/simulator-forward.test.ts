/** Stories that go forward, on the real cluster and in the simulator: the same happens to every object in both. */
import { test } from 'vitest'
import { holdAgainstCluster } from '../simulator/real.ts'
import { stories } from '../simulator/stories.ts'

const titles = [
  'first deploy and promotion',
  'two canaries through the hand-over policy',
  'ordered ready, ordinals from 5',
  'one canary, three, all of them, each approved',
  'every replica is a canary',
  'no canary wanted',
  'a canary that is called 0, ordinals from 5',
] as const

test.each(titles)('%s', (title) => holdAgainstCluster('sim-forward', stories[title]))
