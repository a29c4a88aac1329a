/**
 * A person's no, and a person's "try again": an active canary is aborted with its data intact and its revision
 * rejected, stays rejected, and goes all the way when it is asked for again.
 */
import { expect, test } from 'vitest'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import {
  annotate,
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  promoteAnnotation,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const abortAnnotation = 'canary.example.com/abort'
const retryAnnotation = 'canary.example.com/retry'

test('an aborted canary is taken back and rejected, and a retry takes it all the way', async () => {
  const space = await openSpace('abort-retry')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)
  const annotations = () => seen.resource()?.metadata.annotations ?? {}

  const started = seen.podHistory.length
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  await annotate(space, abortAnnotation, 'true')
  expect(await stalled(space, 'RevisionRejected')).toContain(`${retryAnnotation}=true`)
  await atRestOn(space, 'redis:7.0')
  await expectAllData(space)
  expect(annotations()).not.toHaveProperty(abortAnnotation)

  await annotate(space, retryAnnotation, 'true')
  await canaryActive(space, 'redis:7.0.5')
  expect(annotations()).not.toHaveProperty(retryAnnotation)
  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('an abort at rest is removed, and does not hit the next rollout', async () => {
  const space = await openSpace('abort-at-rest')
  const { seen } = space
  await deploy(space, { image: 'redis:7.0', replicas: 2 })

  await annotate(space, abortAnnotation, 'true')
  await until(
    space,
    'the annotation is removed',
    () => !(abortAnnotation in (seen.resource()?.metadata.annotations ?? {})),
  )
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')

  expect(seen.resource()?.metadata.annotations ?? {}).not.toHaveProperty(promoteAnnotation)
})
