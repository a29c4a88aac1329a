import { describe } from 'vitest'
import type { Facts } from '../facts.ts'
import { canaryPod, minute, now, withPods, withSpec, world } from '../testing/builders.ts'
import { rollingBackWorld } from '../testing/rollout-worlds.ts'
import { checkRows } from '../testing/rows.ts'
import { awaitEnd } from './await-end.ts'

const awaited = (facts: Facts) => awaitEnd(facts, facts.canaryPods, { code: 'Terminating', doing: 'x' })

function ending(endsBy: number) {
  return withPods(canaryPod(2, { deleting: true, endsBy }))
}

describe('awaitEnd', () => {
  checkRows(awaited, [
    {
      title: 'A pod that nobody has asked to end yet is waited for, for as long as it takes',
      given: world(rollingBackWorld(), withPods(canaryPod(2))),
      decides: 'wait Terminating',
    },
    {
      title: 'One that ends has its grace period, and the progress deadline after it',
      given: world(rollingBackWorld(), withSpec({ progressDeadlineSeconds: 60 }), ending(now)),
      decides: 'wait Terminating',
      wakeAt: now + minute,
    },
    {
      title: 'One that has not ended then is for people',
      given: world(rollingBackWorld(), withSpec({ progressDeadlineSeconds: 60 }), ending(now - minute)),
      decides: 'wait PodStuck',
      says:
        'Pod redis-canary-2 does not end, and nothing may start on its claim before it is gone, so everything waits for it. ' +
        'Look at its node: where that is lost for good, delete the Node object, and the pod goes with it.',
    },
  ])
})
