/**
 * Ways back by reverting the image: before anything was written, from an active canary whose data the old version can
 * open, and from one whose data it cannot, which ends in words and a command that leads out.
 */
import { expect, test } from 'vitest'
import { runPrinted } from '../harness/printed-command.ts'
import { conditionOf } from '../harness/objects.ts'
import { fewestReady, firstMoment, sharedClaims } from '../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('an image that is reverted before its canary runs leaves all data as it was', async () => {
  const space = await openSpace('revert-early')
  const { seen } = space
  await deploy(space, { image: 'redis:6.2.6' })
  const claims = boundClaims(seen)

  const started = seen.podHistory.length
  await setImage(space, 'redis:8.0')
  await until(space, 'stable gives one replica up', () => seen.set('redis-stable')?.spec.replicas === 2)
  await setImage(space, 'redis:6.2.6')
  await atRestOn(space, 'redis:6.2.6')

  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(firstMoment(seen.podHistory, ({ image }) => image === 'redis:8.0')).toBe(-1)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(conditionOf(seen.resource(), 'Stalled')?.status).toBe('False')
})

test('an active canary is taken back when the image is reverted, and its data stays', async () => {
  const space = await openSpace('revert-active')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  const started = seen.podHistory.length
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  await setImage(space, 'redis:7.0')
  await atRestOn(space, 'redis:7.0')

  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  expect(conditionOf(seen.resource(), 'Stalled')?.status).toBe('False')
})

test('Redis 6 cannot open what Redis 7 wrote: the rollback says so, and its command leads out', async () => {
  const space = await openSpace('rollback-blocked')
  const { seen } = space
  // No probe: Redis listens before it has read its data, so a TCP probe calls a crashing one ready for a moment.
  await deploy(space, { image: 'redis:6.2.6', probe: false })
  const claims = boundClaims(seen)

  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const reverted = seen.podHistory.length
  await setImage(space, 'redis:6.2.6')
  const sentence = await stalled(space, 'RollbackBlocked', { within: 90 })
  expect(sentence).toContain('redis-stable-2')

  await runPrinted(sentence)
  await canaryActive(space, 'redis:7.0.5', { within: 90 })
  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, reverted)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})
