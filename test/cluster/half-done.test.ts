/**
 * A promotion that has passed half of the replicas is taken back, and the old version gets its data: Redis 8 writes files that Redis 7
 * refuses. All but one replica serve all the time, and those that the promotion had not reached are not touched.
 */
import { expect, test } from 'vitest'
import { isReady } from '../harness/objects.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('Redis 7 to 8, reverted when half of the replicas run 8: all data is back, one replica away at a time', async () => {
  const space = await openSpace('half-done')
  const { seen } = space
  await deploy(space, {
    image: 'redis:7.0.5',
    replicas: 4,
    volumes: { snapshot: { policy: 'Required' } },
  })
  const untouched = podNamed(seen, 'redis-stable-0').metadata.uid

  await setImage(space, 'redis:8.0')
  await canaryActive(space, 'redis:8.0')
  await promote(space)
  await until(
    space,
    'two replicas run 8',
    () => isReady(seen.pod('redis-stable-2')) && runs(2, '8.0') && runs(3, '8.0'),
  )
  for (const ordinal of [2, 3])
    await command(podNamed(seen, `redis-stable-${ordinal}`), 'SET', 'later', 'yes')
  const promoted = [2, 3].map((ordinal) => podNamed(seen, `redis-stable-${ordinal}`).metadata.uid)
  const from = seen.podHistory.length
  expect(seen.resource()?.status?.rollback).toMatchObject({ possible: true, reason: 'Snapshots' })

  await setImage(space, 'redis:7.0.5')
  await until(space, 'the replicas that run 8 are let go of, and serve', () => {
    const pod = seen.pod('redis-stable-3')
    return pod?.metadata.labels?.['canary.example.com/role'] === 'released' && isReady(pod)
  })
  await atRestOn(space, 'redis:7.0.5', { within: 120 })

  await expectAllData(space)
  expect(fewestReady(seen.podHistory, from)).toBeGreaterThanOrEqual(3)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  expect(podNamed(seen, 'redis-stable-0').metadata.uid).toBe(untouched)
  expect(promoted).not.toContain(podNamed(seen, 'redis-stable-3').metadata.uid)
  const kept = (seen.resource()?.status?.retainedVolumes ?? []).map(({ claim }) => claim)
  expect(kept).toEqual(expect.arrayContaining(['data-redis-stable-2', 'data-redis-stable-3']))

  function runs(ordinal: number, version: string): boolean {
    return seen.pod(`redis-stable-${ordinal}`)?.spec.containers[0]?.image === `redis:${version}`
  }
})
