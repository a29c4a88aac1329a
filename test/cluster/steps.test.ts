/**
 * A rollout in steps: one canary, then three beside it that keeps running, each on the data of the replica that it
 * displaced; the first step by approval, the second by itself after its bake, the promotion by approval again.
 */
import { expect, test } from 'vitest'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  promoteAnnotation,
  setImage,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const steps = [
  { canaryReplicas: 1, pause: true },
  { canaryReplicas: 2, bakeSeconds: 2 },
  { canaryReplicas: 3 },
]

test('the canary grows step by step beside pods that keep running, and every replica keeps its data', async () => {
  const space = await openSpace('steps')
  const { seen } = space
  await deploy(space, { image: 'redis:6.2.6', replicas: 4 })
  const claims = boundClaims(seen)

  const started = seen.podHistory.length
  await changeResource(space, { spec: { strategy: { steps } } })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const first = podNamed(seen, 'redis-canary-3').metadata.uid
  expect(seen.resource()?.status?.message).toContain('To take the next step: ')

  await promote(space)
  await until(space, 'three canaries wait for approval', () => {
    const { status } = seen.resource() ?? {}
    return status?.canaryReplicas === 3 && status.waiting?.for === 'AwaitingApproval'
  })
  expect(podNamed(seen, 'redis-canary-3').metadata.uid).toBe(first)
  await expectOnDisplacedData(space, [1, 2, 3])
  expect(seen.resource()?.metadata.annotations ?? {}).not.toHaveProperty(promoteAnnotation)
  expect(seen.resource()?.status?.message).toContain('To promote it: ')

  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(1)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function expectOnDisplacedData({ seen }: Space, ordinals: readonly number[]): Promise<void> {
  for (const ordinal of ordinals) {
    const canary = podNamed(seen, `redis-canary-${ordinal}`)
    const mounted = canary.spec.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
    expect(mounted).toEqual([`data-redis-stable-${ordinal}`])
    expect(await differences(canary, `redis-stable-${ordinal}`)).toEqual([])
  }
}
