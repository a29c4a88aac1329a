/**
 * What the whole project rests on, without the operator: a plain StatefulSet can be rolled from Redis 6 to 7 and keeps
 * its data, and Redis 7 refuses for real what Redis 8 wrote.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { imageOf, isReady } from '../harness/objects.ts'
import { createPlainSet } from '../harness/plain-set.ts'
import { command, differences, fill } from '../harness/redis.ts'
import { podNamed } from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('a plain StatefulSet rolls from Redis 6 to 7 and keeps its data', async () => {
  const space = await openSpace('roll')
  const names = ['plain-0', 'plain-1']
  await createPlainSet(space, { name: 'plain', image: 'redis:6.2.6', replicas: 2 })
  await allReadyOn(space, names, 'redis:6.2.6')
  await Promise.all(names.map((name) => fill(podNamed(space.seen, name), name)))

  await setPlainImage(space, 'redis:7.0.5')
  await allReadyOn(space, names, 'redis:7.0.5')

  for (const name of names) {
    const pod = podNamed(space.seen, name)
    expect(await command(pod, 'INFO', 'server')).toMatch(/redis_version:7\./)
    expect(await differences(pod, name)).toEqual([])
  }
})

test('Redis 7 refuses the file that Redis 8 rewrote, and Redis 8 still has the data', async () => {
  const space = await openSpace('refuse')
  const { seen, namespace } = space
  await createPlainSet(space, { name: 'plain', image: 'redis:8.0', replicas: 1 })
  await allReadyOn(space, ['plain-0'], 'redis:8.0')
  await fill(podNamed(seen, 'plain-0'), 'plain-0')
  expect(await command(podNamed(seen, 'plain-0'), 'SAVE')).toBe('OK')

  await setPlainImage(space, 'redis:7.0.5')
  await until(space, 'Redis 7 has failed and is tried again', () => {
    const pod = seen.pod('plain-0')
    const restarts = pod?.status?.containerStatuses?.[0]?.restartCount ?? 0
    return imageOf(pod?.spec) === 'redis:7.0.5' && restarts >= 1
  })
  const log = await kubectlOutput(['logs', 'plain-0', '--namespace', namespace, '--previous'])
  expect(log).toContain("Can't handle RDB format version")

  await setPlainImage(space, 'redis:8.0')
  // An unready pod is not replaced by its set in every order; a person would delete it.
  await kubectlOutput(['delete', 'pod', 'plain-0', '--namespace', namespace, '--wait=false'])
  await allReadyOn(space, ['plain-0'], 'redis:8.0')
  expect(await differences(podNamed(seen, 'plain-0'), 'plain-0')).toEqual([])
})

function allReadyOn(space: Space, names: readonly string[], image: string): Promise<true> {
  return until(space, `${names.join(' and ')} are ready on ${image}`, ({ pod }) =>
    names.every((name) => isReady(pod(name)) && imageOf(pod(name)?.spec) === image),
  )
}

function setPlainImage({ namespace }: Space, image: string): Promise<string> {
  return kubectlOutput(['set', 'image', 'statefulset/plain', `redis=${image}`, '--namespace', namespace])
}
