/** The volumes that rollbacks leave: listed until somebody lets them go, and in nobody's way. */
import { kubectlOutput } from '../../tools/kubectl.ts'
import { expect, test } from 'vitest'
import { diskOf, keptVolumes, redisOnKept } from '../harness/kept-volumes.ts'
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
import { type Pod, persistentVolumes, volumeSnapshots } from '../harness/objects.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { followEvents } from '../harness/told.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const displaced = 'data-redis-stable-1'

test('two rollbacks one after the other: both volumes are listed, until each is let go as its event says, and then a rollout succeeds', async () => {
  const space = await openSpace('kept')
  const { seen } = space
  const told = await followEvents(space)
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  const first = await thereAndBack(space, 'first')
  expect(keptVolumes(space)).toEqual([`${displaced} ${first}`])
  const second = await thereAndBack(space, 'second')
  expect(second).not.toBe(first)
  expect(keptVolumes(space)).toEqual([`${displaced} ${first}`, `${displaced} ${second}`].toSorted())
  await expectAllData(space)

  const reader = await redisOnKept(space, first, to)
  expect(await command(reader, 'GET', 'later')).toBe('first')
  await letGoOfReader(space, reader)
  const disks = [await diskOf(space, first), await diskOf(space, second)]
  expect(disks.map((isThere) => isThere())).toEqual([true, true])
  await runPrinted(await told.until('VolumeKept', first))
  await until(
    space,
    'only the second is listed',
    () => keptVolumes(space).join() === `${displaced} ${second}`,
  )
  await runPrinted(await told.until('VolumeKept', second))
  await until(space, 'none is listed', () => seen.resource()?.status?.retainedVolumes === undefined)
  expect(disks.map((isThere) => isThere())).toEqual([false, false])

  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await atRestOn(space, to)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('with a time it goes, and its disk with it; one that a person has taken stays', async () => {
  const space = await openSpace('kept-for-a-time')
  const { rest, namespace } = space
  const told = await followEvents(space)
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  const taken = await thereAndBack(space, 'taken')
  const reader = await redisOnKept(space, taken, to)
  const kept = await thereAndBack(space, 'kept')
  const disk = await diskOf(space, kept)
  expect(disk()).toBe(true)
  const { items } = await rest.list(volumeSnapshots, { namespace })
  const snapshots = items.map(({ metadata: { name } }) => `volumesnapshot/${name}`)
  expect(snapshots.length).toBeGreaterThan(0)

  await changeResource(space, {
    spec: { volumes: { retained: { ttlSeconds: 1 }, snapshot: { ttlSeconds: 1 } } },
  })
  await told.until('VolumeReleased', kept)
  await until(
    space,
    'only the one that was taken is listed',
    () => keptVolumes(space).join() === `${displaced} ${taken}`,
  )
  await gone(space, [`pv/${kept}`])
  expect(disk()).toBe(false)
  await gone(space, snapshots)
  const { metadata, spec } = await rest.get(persistentVolumes, { name: taken })
  expect(spec.persistentVolumeReclaimPolicy).toBe('Retain')
  expect(Object.keys(metadata.labels ?? {})).toContain('canary.example.com/kept-for')
  expect(await command(reader, 'GET', 'later')).toBe('taken')
  await letGoOfReader(space, reader)
  await kubectlOutput(['delete', 'pv', taken])
  await expectAllData(space)
})

async function gone({ namespace }: Space, objects: readonly string[]): Promise<void> {
  await kubectlOutput(['wait', ...objects, '-n', namespace, '--for=delete', '--timeout=60s'])
}

async function letGoOfReader({ namespace }: Space, { metadata, spec }: Pod): Promise<void> {
  const mounted = spec.volumes?.flatMap(({ persistentVolumeClaim: one }) => one?.claimName ?? []) ?? []
  await kubectlOutput(['delete', 'pod', metadata.name, '-n', namespace])
  await kubectlOutput(['delete', 'pvc', ...mounted, '-n', namespace])
}

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
