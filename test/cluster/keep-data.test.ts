/**
 * `onRollback: KeepData`: the old version opens what the new one left, though there is a snapshot. Redis 6 cannot read what
 * Redis 7 wrote, and says so by a crash, or, with its append-only file, says nothing and comes up empty.
 */
import { expect, test } from 'vitest'
import { keptVolumes, redisOnKept } from '../harness/kept-volumes.ts'
import { command, keysPerReplica } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { conditionOf } from '../harness/objects.ts'
import { followEvents } from '../harness/told.ts'
import { openSpace, type Space } from '../harness/space.ts'

const volumes = { snapshot: { policy: 'Auto' }, onRollback: 'KeepData' } as const

test('as Redis is by default the old version crashes: the rollback holds in words, and its command leads out', async () => {
  const space = await openSpace('keep-data')
  const claims = await displacedAndBack(space)
  const sentence = await stalled(space, 'RollbackBlocked', { within: 90 })
  expect(sentence).toContain('redis-stable-2 keeps crashing on redis:6.2.6')
  expect(space.seen.resource()?.status?.rollback).toMatchObject({ possible: false, reason: 'KeepData' })
  expect(boundClaims(space.seen)).toEqual(claims)

  await runPrinted(sentence)
  await canaryActive(space, 'redis:7.0.5', { within: 90 })
  expect(await command(podNamed(space.seen, 'redis-canary-2'), 'GET', 'later')).toBe('yes')
  await command(podNamed(space.seen, 'redis-canary-2'), 'DEL', 'later')
  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(space.seen)).toEqual(claims)
})

test('or back: set to Restore while it is blocked, the old version gets its data of before, and what the new one wrote is kept', async () => {
  const space = await openSpace('keep-restore')
  const told = await followEvents(space)
  await displacedAndBack(space)
  const sentence = await stalled(space, 'RollbackBlocked', { within: 90 })
  const kept = space.seen.claim('data-redis-stable-2')?.spec.volumeName ?? ''

  await runPrinted(sentence.slice(sentence.indexOf('To give redis:6.2.6 its data of before')))
  await told.until('RestoreAdopted', 'redis:6.2.6')
  await atRestOn(space, 'redis:6.2.6', { within: 90 })
  await expectAllData(space)
  expect(await command(podNamed(space.seen, 'redis-stable-2'), 'EXISTS', 'later')).toBe(0)
  expect(keptVolumes(space)).toEqual([`data-redis-stable-2 ${kept}`])
  const reader = await redisOnKept(space, kept, 'redis:7.0.5')
  expect(await command(reader, 'GET', 'later')).toBe('yes')
})

// What KeepData means, and why it is not the default: no data is lost, and nothing that Kubernetes shows tells that it is not served.
test('with its append-only file the old version is Ready and empty, and the data is still in the claim', async () => {
  const space = await openSpace('keep-aof')
  const { seen } = space
  const claims = await displacedAndBack(space, ['--appendonly', 'yes'])
  await atRestOn(space, 'redis:6.2.6', { within: 90 })
  expect(await command(podNamed(seen, 'redis-stable-2'), 'DBSIZE')).toBe(0)
  expect(conditionOf(seen.resource(), 'Ready')?.status).toBe('True')
  expect(conditionOf(seen.resource(), 'Stalled')?.status).toBe('False')
  expect(boundClaims(seen)).toEqual(claims)

  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5', { within: 90 })
  const canary = podNamed(seen, 'redis-canary-2')
  expect(await command(canary, 'GET', 'later')).toBe('yes')
  expect(await command(canary, 'DBSIZE')).toBe(keysPerReplica + 1)
})

test('Redis 7 refuses the file that Redis 8 rewrote: the rollback holds in words, with the claim as it is', async () => {
  const space = await openSpace('keep-8')
  await deploy(space, { image: 'redis:7.0.5', probe: false, volumes })
  const claims = boundClaims(space.seen)
  await setImage(space, 'redis:8.0')
  await canaryActive(space, 'redis:8.0', { within: 90 })
  expect(await command(podNamed(space.seen, 'redis-canary-2'), 'SAVE')).toBe('OK')
  await setImage(space, 'redis:7.0.5')
  expect(await stalled(space, 'RollbackBlocked', { within: 90 })).toContain('keeps crashing on redis:7.0.5')
  expect(boundClaims(space.seen)).toEqual(claims)
})

/** Redis 7 has written to the claim of replica 2, and the image was reverted; resolves with the claims as they were bound. */
async function displacedAndBack(space: Space, args?: readonly string[]): Promise<readonly string[]> {
  await deploy(space, { image: 'redis:6.2.6', probe: false, volumes, ...(args && { args }) })
  const claims = boundClaims(space.seen)
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5', { within: 90 })
  await command(podNamed(space.seen, 'redis-canary-2'), 'SET', 'later', 'yes')
  await setImage(space, 'redis:6.2.6')
  return claims
}
