/**
 * A canary that is called 0 beside the stable replica 0: it has the claim of the replica that it displaces, and the
 * scheduler keeps that one away while it runs.
 */
import { expect, test } from 'vitest'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import { statefulSets } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('a canary called 0 runs on the data of the top replica, which stays away, and is promoted', async () => {
  const space = await openSpace('from-zero')
  const { seen } = space
  const operator = await deploy(space, { image: 'redis:7.0', replicas: 2 })
  const claims = boundClaims(seen)
  await changeResource(space, { spec: { strategy: { ordinals: 'FromZero' } } })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  expect(await differences(podNamed(seen, 'redis-canary-0'), 'redis-stable-1')).toEqual([])

  await operator.stop()
  await scaleStablePastTheGuard(space)
  await until(space, 'the scheduler refuses the stray replica', () =>
    seen
      .pod('redis-stable-1')
      ?.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False'),
  )
  await startOperator(space)
  await until(space, 'the stray replica is gone', () => seen.pod('redis-stable-1') === undefined)

  await canaryActive(space, 'redis:7.0.5')
  await promote(space)
  await atRestOn(space, 'redis:7.0.5')
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function scaleStablePastTheGuard(space: Space): Promise<void> {
  const { rest, namespace } = space
  const scale = { type: 'merge', body: { spec: { replicas: 2 } } } as const
  await liftGuard(space)
  await rest.patch(statefulSets, { namespace, name: 'redis-stable' }, scale)
  await bringGuardBack(space)
}
