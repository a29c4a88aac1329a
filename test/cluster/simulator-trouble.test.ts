/** Stories of broken versions and evictions, on the real cluster and in the simulator: the same happens in both. */
import { test } from 'vitest'
import { holdAgainstCluster } from '../simulator/real.ts'
import { stories } from '../simulator/stories.ts'

const titles = [
  'forced out of a promotion that fails half-way',
  'the first image never works, the next goes straight in',
  'a low replica is evicted while the canary waits',
  'the canary is evicted',
  'evicted half-way through a promotion, a low replica comes back on the version before',
  'a rollback that cannot open the data, and the way forward',
  'two replicas that cannot open the data, one after the other, and the way forward',
] as const

test.each(titles)('%s', (title) => holdAgainstCluster('sim-trouble', stories[title]))
