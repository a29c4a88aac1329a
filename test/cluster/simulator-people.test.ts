/** Stories of what people do: scale, pause, force, delete; on the real cluster and in the simulator the same happens. */
import { test } from 'vitest'
import { holdAgainstCluster } from '../simulator/real.ts'
import { stories } from '../simulator/stories.ts'

const titles = [
  'scaled in the middle of a rollout',
  'forced while the canary waits',
  'reverted while it is paused',
  'paused before it starts, paused while the canary waits',
  'deleted at rest',
  'deleted at rest, the replicas stay',
  'deleted while the canary waits',
  'deleted while the canary waits, the replicas stay',
] as const

test.each(titles)('%s', (title) => holdAgainstCluster('sim-people', stories[title]))
