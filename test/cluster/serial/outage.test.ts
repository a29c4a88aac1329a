/**
 * The API server and etcd are killed in the middle of a rollout and started again: the operator lives through it, or
 * ends where it lost its Lease meanwhile and the next one goes on, and the rollout ends right.
 */
import { expect, test } from 'vitest'
import { imageOf } from '../../harness/objects.ts'
import { startOperator } from '../../harness/operator.ts'
import { killPart, startApiServer, startPart } from '../../harness/parts.ts'
import { sharedClaims } from '../../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
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
