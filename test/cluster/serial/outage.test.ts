/**
 * The API server and etcd are killed in the middle of a rollout and started again: the operator lives through it, or
 * ends where it lost its Lease meanwhile and the next one goes on, and the rollout ends right.
 */
import { expect, test } from 'vitest'
import { keptVolumes } from '../../harness/kept-volumes.ts'
import { imageOf } from '../../harness/objects.ts'
import { startOperator } from '../../harness/operator.ts'
import { killPart, startApiServer, startPart } from '../../harness/parts.ts'
import { sharedClaims } from '../../harness/pod-history.ts'
import { command } from '../../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../../harness/rollout.ts'
import { openSpace } from '../../harness/space.ts'
import { until } from '../../harness/wait.ts'

test('the API server is killed while the displaced replica leaves and in the promotion, etcd while the canary starts', async () => {
  const space = await openSpace('outage')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  await setImage(space, 'redis:7.0.5')
  await until(space, 'stable gives one replica up', () => seen.set('redis-stable')?.spec.replicas === 2)
  await killPart('kube-apiserver')
  await startApiServer()
  await until(space, 'the canary starts', () => seen.set('redis-canary')?.spec.replicas === 1)
  await killPart('etcd')
  await startPart('etcd')
  await canaryActive(space, 'redis:7.0.5', { within: 90 })

  await promote(space)
  await until(space, 'stable has the new version', () => {
    return imageOf(seen.set('redis-stable')?.spec.template.spec) === 'redis:7.0.5'
  })
  await killPart('kube-apiserver')
  await startApiServer()
  await atRestOn(space, 'redis:7.0.5', { within: 90 })

  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('the API server is killed when a claim to restore has just been deleted: it is made again from its snapshot', async () => {
  const space = await openSpace('restore-outage')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0', volumes: { snapshot: { policy: 'Required' } } })
  const { uid } = seen.claim('data-redis-stable-2')?.metadata ?? {}
  const volume = seen.claim('data-redis-stable-2')?.spec.volumeName
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  await command(podNamed(seen, 'redis-canary-2'), 'SET', 'later', 'yes')

  await setImage(space, 'redis:7.0')
  await until(space, 'the claim is taken out of use', () => {
    const claim = seen.claim('data-redis-stable-2')
    return claim?.metadata.uid !== uid || claim?.metadata.deletionTimestamp !== undefined
  })
  await killPart('kube-apiserver')
  await startApiServer()
  await atRestOn(space, 'redis:7.0', { within: 120 })
  await expectAllData(space)
  expect(keptVolumes(space)).toEqual([`data-redis-stable-2 ${volume}`])
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('an operator that cannot renew its Lease ends, and the next one goes on', async () => {
  const space = await openSpace('lease-lost')
  const { seen } = space
  await (await deploy(space, { image: 'redis:7.0' })).stop()
  const first = await startOperator(space, { leaderElect: true, mayEnd: true })
  await setImage(space, 'redis:7.0.5')
  await until(space, 'stable gives one replica up', () => seen.set('redis-stable')?.spec.replicas === 2)
  await killPart('kube-apiserver')
  expect(await first.ended).toBe(1)
  expect(first.log.at(-1)).toMatch(/Lease/)
  await startApiServer()

  await startOperator(space, { leaderElect: true })
  await canaryActive(space, 'redis:7.0.5', { within: 90 })
  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})
