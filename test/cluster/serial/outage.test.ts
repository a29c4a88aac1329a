/**
 * The API server and etcd are killed in the middle of a rollout and started again. The operator lives through it, and
 * the rollout ends right. One kill each: the cluster's own parts wait ever longer when the API server goes repeatedly.
 */
import { expect, test } from 'vitest'
import { imageOf } from '../../harness/objects.ts'
import { killPart, startPart } from '../../harness/parts.ts'
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

test('the API server is killed while the displaced replica leaves, and etcd during the promotion', async () => {
  const space = await openSpace('outage')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  await setImage(space, 'redis:7.0.5')
  await until(space, 'stable gives one replica up', () => seen.set('redis-stable')?.spec.replicas === 2)
  await killPart('kube-apiserver')
  await startPart('kube-apiserver')
  await canaryActive(space, 'redis:7.0.5', { within: 90 })

  await promote(space)
  await until(space, 'stable has the new version', () => {
    return imageOf(seen.set('redis-stable')?.spec.template.spec) === 'redis:7.0.5'
  })
  await killPart('etcd')
  await startPart('etcd')
  await atRestOn(space, 'redis:7.0.5', { within: 90 })

  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})
