/**
 * Pods that are evicted in the middle of a rollout, as by a drain: each comes back on the version that its place in the
 * rollout asks for, on its own claim, and nobody else is taken away meanwhile.
 */
import { expect, test } from 'vitest'
import { askForEviction, evict } from '../harness/by-hand.ts'
import { imageOf } from '../harness/objects.ts'
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
  setImage,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('while the canary waits, a stable pod comes back old, the canary new, and a promotion waits for both', async () => {
  const space = await openSpace('evict-active')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  const { uid } = podNamed(seen, 'redis-canary-2').metadata
  const active = seen.podHistory.length

  expect(imageOf((await evict(space, 'redis-stable-0')).spec)).toBe(old)
  expect(podNamed(seen, 'redis-canary-2').metadata.uid).toBe(uid)
  const canary = await evict(space, 'redis-canary-2')
  expect(imageOf(canary.spec)).toBe(next)
  expect(await differences(canary, 'redis-stable-2')).toEqual([])
  await canaryActive(space, next)

  await askForEviction(space, 'redis-stable-1')
  await promote(space)
  await atRestOn(space, next, { within: 90 })
  await expectAllData(space)
  expect(imagesOf(space, 'redis-stable-1', active)).toEqual([old, next])
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, active)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('half-way through a promotion, moved replicas come back new and the others old', async () => {
  const space = await openSpace('evict-promoting')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  const active = seen.podHistory.length
  await promote(space)
  await until(space, 'the promotion is decided', () => seen.resource()?.status?.phase === 'Promoting')
  await changeResource(space, { spec: { paused: true } })
  await until(space, 'the promotion holds before the second replica', () => {
    const { status } = seen.resource() ?? {}
    return status?.waiting?.for === 'RolloutPaused' && status.phase === 'Promoting'
  })

  expect(imageOf((await evict(space, 'redis-stable-2')).spec)).toBe(next)
  expect(imageOf((await evict(space, 'redis-stable-0')).spec)).toBe(old)
  await changeResource(space, { spec: { paused: false } })
  await until(space, 'the second replica is moved', () => isOn(space, 'redis-stable-1', next))
  await askForEviction(space, 'redis-stable-1')
  await atRestOn(space, next, { within: 90 })

  await expectAllData(space)
  expect(imagesOf(space, 'redis-stable-2', active)).toEqual([next])
  expect(imagesOf(space, 'redis-stable-0', active)).toEqual([old, next])
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

function isOn({ seen }: Space, name: string, image: string): boolean {
  const pod = seen.pod(name)
  return pod?.metadata.deletionTimestamp === undefined && imageOf(pod?.spec) === image
}

/** The images that pods of this name were made with, one after the other. */
function imagesOf({ seen }: Space, name: string, from: number): readonly string[] {
  const images = seen.podHistory
    .slice(from)
    .flatMap((moment) => (moment.name === name && moment.image !== undefined ? [moment.image] : []))
  return images.filter((image, index) => image !== images[index - 1])
}
