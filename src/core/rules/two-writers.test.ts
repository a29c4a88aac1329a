import { describe } from 'vitest'
import { activeWorld } from '../testing/rollout-worlds.ts'
import { canaryPod, jobPod, stablePod, stableWorld, withPods, world } from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { twoWriters } from './two-writers.ts'

describe('twoWriters', () => {
  checkRows(twoWriters, [
    { title: 'A canary on displaced claims is one writer each', given: activeWorld(), decides: 'nothing' },
    { title: 'Replicas at rest are one writer each', given: stableWorld(), decides: 'nothing' },
    {
      title: 'A stable and a canary pod running on one claim raise the alarm',
      given: world(activeWorld(), withPods(stablePod(2))),
      decides: 'wait TwoWriters',
      says: 'Two writers: redis-stable-2 and redis-canary-2 run on claim data-redis-stable-2. Nothing is touched; delete the pod that should not be there.',
    },
    {
      title: 'It is the claim that counts, not the ordinal',
      given: world(activeWorld(), withPods(canaryPod(3, { claims: ['data-redis-stable-1'] }))),
      decides: 'wait TwoWriters',
      says: 'Two writers: redis-stable-1 and redis-canary-3 run on claim data-redis-stable-1. Nothing is touched; delete the pod that should not be there.',
    },
    {
      title: 'A terminating pod writes until it has ended',
      given: world(activeWorld(), withPods(stablePod(2, { deleting: true }))),
      decides: 'wait TwoWriters',
    },
    {
      title: 'Any of several claims is enough',
      given: world(
        activeWorld(),
        withPods(
          stablePod(2, { claims: ['data-redis-stable-2', 'log-redis-stable-2'] }),
          canaryPod(2, { claims: ['log-redis-stable-2'] }),
        ),
      ),
      decides: 'wait TwoWriters',
    },
    {
      title: 'A Job beside a canary is one, too',
      given: world(activeWorld(), withPods(jobPod(2))),
      decides: 'wait TwoWriters',
      says: 'Two writers: redis-canary-2 and redis-migrate-resource-3-pod run on claim data-redis-stable-2. Nothing is touched; delete the pod that should not be there.',
    },
    {
      title: 'And beside a replica',
      given: world(stableWorld(), withPods(jobPod(2))),
      decides: 'wait TwoWriters',
    },
    {
      title: 'One without claims is none, nor one that has ended',
      given: world(activeWorld(), withPods(jobPod(), jobPod(2, { name: 'ended', phase: 'Succeeded' }))),
      decides: 'nothing',
    },
    {
      title: 'A stable pod that the scheduler guard holds back is no writer',
      given: world(activeWorld(), withPods(stablePod(2, { phase: 'Pending' }))),
      decides: 'nothing',
    },
    {
      title: 'A canary pod that is held back is no writer',
      given: world(activeWorld(), withPods(stablePod(2), canaryPod(2, { phase: 'Pending' }))),
      decides: 'nothing',
    },
    {
      title: 'A canary pod that has ended is no writer',
      given: world(activeWorld(), withPods(stablePod(2), canaryPod(2, { phase: 'Succeeded' }))),
      decides: 'nothing',
    },
    {
      title: 'The same ordinal without claims is no writer',
      given: world(activeWorld(), withPods(stablePod(2, { claims: [] }), canaryPod(2, { claims: [] }))),
      decides: 'nothing',
    },
  ])
})
