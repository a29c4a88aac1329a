/** A database that rewrites its files in a format of its own: Redis 8, whose file Redis 7 refuses (platform-data.test.ts). */
import { expect, test } from 'vitest'
import { redisOnKept } from '../harness/kept-volumes.ts'
import { imageOf, isReady } from '../harness/objects.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  annotate,
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test.each([
  ['is aborted', aborted, 'it was aborted'],
  ['fails', failing, 'keeps crashing'],
] as const)('Redis 8 has rewritten its file and %s: Redis 7 is back with its data', async (_, end, why) => {
  const space = await openSpace('redis-8')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0.5', volumes: { snapshot: { policy: 'Required' } } })
  const volume = seen.claim('data-redis-stable-2')?.spec.volumeName ?? ''
  await setImage(space, 'redis:8.0')
  await canaryActive(space, 'redis:8.0')
  const canary = podNamed(seen, 'redis-canary-2')
  await command(canary, 'SET', 'later', 'yes')
  expect(await command(canary, 'SAVE')).toBe('OK')

  await end(space)
  expect(await stalled(space, 'RevisionRejected', { within: 90 })).toContain(why)
  await atRestOn(space, 'redis:7.0.5')
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  const reader = await redisOnKept(space, volume, 'redis:8.0')
  expect(await command(reader, 'GET', 'later')).toBe('yes')
})

function aborted(space: Space): Promise<unknown> {
  return annotate(space, 'canary.example.com/abort', 'true')
}

/** Ends by itself whenever it is up, until its kubelet calls that a crash loop. */
async function failing(space: Space): Promise<void> {
  const { seen } = space
  const isUp = () => {
    const pod = seen.pod('redis-canary-2')
    return isReady(pod) && imageOf(pod?.spec) === 'redis:8.0' && pod
  }
  for (let starts = 0; starts < 2; starts++) {
    const pod = await until(space, 'the canary is up', isUp)
    await command(pod, 'SHUTDOWN').catch(connectionLost)
    await until(space, 'the canary is down', () => !isReady(seen.pod('redis-canary-2')))
  }
}

function connectionLost(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('closed the connection'))) throw error
}
