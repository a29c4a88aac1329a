/**
 * The walk-through's own way back, Redis 6 to 7 and back, with its data: the old version gets what it had when it was displaced, and
 * what the new one wrote is in a volume that is kept aside.
 */
import { expect, test } from 'vitest'
import { redisOnKept } from '../harness/kept-volumes.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import { atRestOn, canaryActive, deploy, expectAllData, podNamed, setImage } from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'

test.each([
  ['as Redis is by default', undefined],
  ['with its append-only file', ['--appendonly', 'yes']],
])('a reverted image gets its data back, %s', async (_, args) => {
  const space = await openSpace('restore')
  const { seen } = space
  await deploy(space, {
    image: 'redis:6.2.6',
    probe: false,
    volumes: { snapshot: { policy: 'Auto' } },
    ...(args && { args }),
  })
  const before = seen.claim('data-redis-stable-2')

  await setImage(space, 'redis:7.0.5')
  const active = await canaryActive(space, 'redis:7.0.5', { within: 90 })
  expect(active.status?.rollback).toMatchObject({ possible: true, reason: 'Snapshots' })
  await command(podNamed(seen, 'redis-canary-2'), 'SET', 'later', 'yes')

  await setImage(space, 'redis:6.2.6')
  await atRestOn(space, 'redis:6.2.6', { within: 90 })
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  const after = seen.claim('data-redis-stable-2')
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid)
  expect(after?.metadata.labels).toEqual(before?.metadata.labels)

  const volume = before?.spec.volumeName ?? ''
  expect(seen.resource()?.status?.retainedVolumes).toMatchObject([
    { name: volume, claim: 'data-redis-stable-2' },
  ])
  const reader = await redisOnKept(space, volume, 'redis:7.0.5', args)
  expect(await command(reader, 'GET', 'later')).toBe('yes')
})
