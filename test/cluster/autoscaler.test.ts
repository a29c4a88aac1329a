/**
 * A HorizontalPodAutoscaler on the scale subresource. One whose minReplicas exceeds the replicas scales without any
 * metrics, so none are needed here.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { fill } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  fillAll,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('an autoscaler scales at rest, and in a rollout it is held, said, and heeded afterwards', async () => {
  const space = await openSpace('autoscaler')
  const { seen } = space
  await deploy(space, { image: old, replicas: 1 })
  await autoscale(space, 2)
  await until(space, 'the autoscaler has scaled', () => seen.resource()?.spec.replicas === 2)
  await atRestOn(space, old)
  await fillAll(space)

  await setImage(space, next)
  await canaryActive(space, next)
  expect(seen.resource()?.status?.replicas).toBe(2)
  await autoscale(space, 3)
  await until(space, 'the third replica is held', () =>
    seen.resource()?.status?.message?.includes('Held until this rollout is closed: spec.replicas 3.'),
  )
  expect(seen.pods()).toHaveLength(2)
  await promote(space)
  await atRestOn(space, next, { within: 90 })
  await until(space, 'the third replica is there', () => seen.pods().length === 3)
  await fill(podNamed(seen, 'redis-stable-2'), 'redis-stable-2')
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function autoscale({ namespace }: Space, minReplicas: number): Promise<void> {
  const scaleTargetRef = { apiVersion: 'app.example.com/v1alpha1', kind: 'CanaryStatefulSet', name: 'redis' }
  await kubectlOutput(['apply', '-f', '-'], {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'redis', namespace },
    spec: { scaleTargetRef, minReplicas, maxReplicas: 4 },
  })
}
