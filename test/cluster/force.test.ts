/**
 * The way out where no canary can start: a rollback that Redis 6 cannot finish on Redis 7's file, and a scale-up that puts
 * the broken replica below the canary's ordinals. The command that the status prints takes Redis 7 straight in.
 */
import { expect, test } from 'vitest'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  podNamed,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace } from '../harness/space.ts'

test('a broken replica below the canary blocks every rollout, and force leads out with all data', async () => {
  const space = await openSpace('force')
  const { seen } = space
  // No probe: Redis listens before it has read its data, so a TCP probe calls a crashing one ready for a moment.
  await deploy(space, { image: 'redis:6.2.6', probe: false })
  const claims = boundClaims(seen)

  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const reverted = seen.podHistory.length
  await setImage(space, 'redis:6.2.6')
  await stalled(space, 'RollbackBlocked', { within: 90 })

  await changeResource(space, { spec: { replicas: 4, image: 'redis:7.0.5' } })
  const sentence = await stalled(space, 'ReplicasUnavailable', { within: 90 })
  expect(sentence).toContain('redis-stable-2 keeps crashing')
  const command = sentence.slice(sentence.indexOf('kubectl annotate'))
  await runPrinted(command)
  await atRestOn(space, 'redis:7.0.5', { within: 120 })

  for (const name of ['redis-stable-0', 'redis-stable-1', 'redis-stable-2']) {
    expect(await differences(podNamed(seen, name), name)).toEqual([])
  }
  expect(boundClaims(seen)).toEqual(expect.arrayContaining([...claims]))
  expect(seen.resource()?.metadata.annotations ?? {}).not.toHaveProperty('canary.example.com/force')
  expect(fewestReady(seen.podHistory, reverted)).toBeGreaterThanOrEqual(1)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})
