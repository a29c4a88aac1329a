/**
 * What the whole project rests on, without the operator: a plain StatefulSet can be rolled from Redis 6 to 7 and keeps
 * its data, and Redis 7 refuses for real what Redis 8 wrote.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { isConflict, isNotFound } from '../../src/kube/client/api-error.ts'
import { imageOf, isReady, pods } from '../harness/objects.ts'
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
  const refused = await until(space, 'Redis 7 has failed, with its last words, and is tried again', () => {
    const pod = seen.pod('plain-0')
    const words = pod?.status?.containerStatuses?.[0]?.lastState?.terminated?.message
    return imageOf(pod?.spec) === 'redis:7.0.5' && words !== undefined ? { pod, words } : undefined
  })
  expect(refused.words).toContain("Can't handle RDB format version")

  await setPlainImage(space, 'redis:8.0')
  await until(space, 'the set is known to want Redis 8', () => {
    const set = seen.set('plain')
    const observed = set?.status?.observedGeneration === set?.metadata.generation
    return imageOf(set?.spec.template?.spec) === 'redis:8.0' && observed
  })
  // An unready pod is not replaced by its set in every order; a person would delete it, that very one.
  const { uid } = refused.pod?.metadata ?? {}
  const ref = { namespace, name: 'plain-0' }
  await space.rest.delete(pods, ref, { ...(uid !== undefined && { uid }) }).catch(unlessReplaced)
  await allReadyOn(space, ['plain-0'], 'redis:8.0')
  expect(await differences(podNamed(seen, 'plain-0'), 'plain-0')).toEqual([])
})

function unlessReplaced(error: unknown): void {
  if (!isNotFound(error) && !isConflict(error)) throw error
}

function allReadyOn(space: Space, names: readonly string[], image: string): Promise<true> {
  return until(space, `${names.join(' and ')} are ready on ${image}`, ({ pod }) =>
    names.every((name) => isReady(pod(name)) && imageOf(pod(name)?.spec) === image),
  )
}

function setPlainImage({ namespace }: Space, image: string): Promise<string> {
  return kubectlOutput(['set', 'image', 'statefulset/plain', `redis=${image}`, '--namespace', namespace])
}
