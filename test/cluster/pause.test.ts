/**
 * A rollout that is held: by spec.paused, before it starts and while its canary is evicted and approved; and at a
 * canary that fails where rollbacks are made by hand.
 */
import { expect, test } from 'vitest'
import { isReady, pods } from '../harness/objects.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import {
  annotate,
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  promoteAnnotation,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('a paused rollout stands still, heals, keeps its approval, and goes on where it stood', async () => {
  const space = await openSpace('paused')
  const { seen, namespace } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  await changeResource(space, { spec: { paused: true, image: 'redis:7.0.5' } })
  await isPaused(space)
  expect(seen.set('redis-stable')?.spec.replicas).toBe(3)
  await changeResource(space, { spec: { paused: false } })
  await canaryActive(space, 'redis:7.0.5')

  await changeResource(space, { spec: { paused: true } })
  await isPaused(space)
  const { uid } = podNamed(seen, 'redis-canary-2').metadata
  await space.rest.delete(pods, { namespace, name: 'redis-canary-2' })
  await until(space, 'the canary has a successor that is ready', () => {
    const pod = seen.pod('redis-canary-2')
    return pod?.metadata.uid !== uid && isReady(pod)
  })
  await isPaused(space)
  await promote(space)
  const isApproved = () => seen.resource()?.metadata.annotations?.[promoteAnnotation] === 'true'
  await until(space, 'the approval is there', isApproved)
  await isPaused(space)
  expect(isApproved()).toBe(true)
  expect(seen.set('redis-canary')?.spec.replicas).toBe(1)

  const resumed = seen.podHistory.length
  await changeResource(space, { spec: { paused: false } })
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, resumed)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('a failing canary is held where rollbacks are made by hand, until it is aborted', async () => {
  const space = await openSpace('held')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  await changeResource(space, { spec: { rollback: { automatic: false } } })
  await setImage(space, 'redis:0.0.0-not-there')
  const sentence = await stalled(space, 'CanaryFailing')
  expect(sentence).toContain('redis-canary-2 cannot get its image')
  expect(seen.set('redis-canary')?.spec.replicas).toBe(1)

  await annotate(space, 'canary.example.com/abort', 'true')
  await stalled(space, 'RevisionRejected')
  await atRestOn(space, 'redis:7.0')
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
})

/** The operator has seen the pause as it is now. */
function isPaused(space: Space): Promise<true> {
  return until(space, 'the rollout is paused', (seen) => {
    const { metadata, status } = seen.resource() ?? {}
    return status?.waiting?.for === 'RolloutPaused' && status.observedGeneration === metadata?.generation
  })
}
