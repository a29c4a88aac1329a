/**
 * The API server, and etcd, are killed in the middle of a rollout and started again: while the displaced replica
 * leaves, and again while the promotion is under way. The operator lives through it, and the rollout ends right.
 */
import { expect, test } from 'vitest'
import { killPart, type Part, startPart } from '../../harness/parts.ts'
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

test.for(['kube-apiserver', 'etcd'] as const)(
  '%s is killed and started in mid-rollout',
  async (part: Part) => {
    const space = await openSpace(`outage-${part}`)
    const { seen } = space
    await deploy(space, { image: 'redis:7.0' })
    const claims = boundClaims(seen)

    await setImage(space, 'redis:7.0.5')
    await until(space, 'stable gives one replica up', () => seen.set('redis-stable')?.spec.replicas === 2)
    await killPart(part)
    await startPart(part)
    await canaryActive(space, 'redis:7.0.5', { within: 90 })

    await promote(space)
    await until(space, 'stable has the new version', () => {
      const stable = seen.set('redis-stable')
      return stable?.spec.template.spec.containers[0]?.image === 'redis:7.0.5'
    })
    await killPart(part)
    await startPart(part)
    await atRestOn(space, 'redis:7.0.5', { within: 90 })

    await expectAllData(space)
    expect(boundClaims(seen)).toEqual(claims)
    expect(sharedClaims(seen.podHistory)).toEqual([])
  },
)
