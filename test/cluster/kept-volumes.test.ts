/** The volumes that rollbacks leave: listed until somebody lets them go, and in nobody's way. */
import { kubectlOutput } from '../../tools/kubectl.ts'
import { expect, test } from 'vitest'
import { keptVolumes, redisOnKept } from '../harness/kept-volumes.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const displaced = 'data-redis-stable-1'

test('two rollbacks one after the other: both volumes are listed, until each is deleted, and then a rollout succeeds', async () => {
  const space = await openSpace('kept')
  const { seen } = space
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  const first = await thereAndBack(space, 'first')
  expect(keptVolumes(space)).toEqual([`${displaced} ${first}`])
  const second = await thereAndBack(space, 'second')
  expect(second).not.toBe(first)
  expect(keptVolumes(space)).toEqual([`${displaced} ${first}`, `${displaced} ${second}`].toSorted())
  await expectAllData(space)

  const reader = await redisOnKept(space, first, to)
  expect(await command(reader, 'GET', 'later')).toBe('first')
  await kubectlOutput(['delete', 'pod', reader.metadata.name, '-n', space.namespace])
  const claim =
    reader.spec.volumes?.flatMap(({ persistentVolumeClaim: one }) => one?.claimName ?? [])[0] ?? ''
  await kubectlOutput(['delete', 'pvc', claim, '-n', space.namespace])
  await letGo(first)
  await until(
    space,
    'only the second is listed',
    () => keptVolumes(space).join() === `${displaced} ${second}`,
  )
  await letGo(second)
  await until(space, 'none is listed', () => seen.resource()?.status?.retainedVolumes === undefined)

  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await atRestOn(space, to)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** Has a canary write, and reverts; resolves with the volume that it wrote to. */
async function thereAndBack(space: Space, word: string): Promise<string> {
  const volume = space.seen.claim(displaced)?.spec.volumeName ?? ''
  await setImage(space, to)
  await canaryActive(space, to)
  await command(podNamed(space.seen, 'redis-canary-1'), 'SET', 'later', word)
  await setImage(space, from)
  await atRestOn(space, from)
  return volume
}

/** As the guide says. */
function letGo(volume: string): Promise<string> {
  return kubectlOutput(['delete', 'pv', volume])
}
