/** Snapshots and restores that go wrong: each is a sentence, and the right rest. */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { canaryStatefulSets, conditionOf, volumeSnapshots } from '../harness/objects.ts'
import { firstMoment } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { strikeStorage } from '../harness/storage-faults.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const volumes = { snapshot: { policy: 'Auto' } } as const

test('a class that does not exist: no pod is touched, and the words of the status lead out', async () => {
  const space = await openSpace('class-missing')
  await deploy(space, {
    image: from,
    replicas: 2,
    volumes: { snapshot: { policy: 'Auto', className: 'nowhere' } },
  })
  await setImage(space, to)
  const sentence = await stalled(space, 'SnapshotsRefused')
  expect(sentence).toContain('VolumeSnapshotClass nowhere does not exist')
  expect(firstMoment(space.seen.podHistory, ({ image }) => image === to)).toBe(-1)

  await changeResource(space, { spec: { volumes: { snapshot: { className: 'standard' } } } })
  await canaryActive(space, to)
})

test('a snapshot that fails: no canary runs, and the rollout is taken back in its time', async () => {
  const space = await openSpace('snapshot-fails')
  const { seen } = space
  await deploy(space, { image: from, replicas: 2, volumes })
  await changeResource(space, { spec: { strategy: { progressDeadlineSeconds: 10 } } })
  strikeStorage(space, 'create-snapshot', 'RESOURCE_EXHAUSTED: no space left on the array')
  await setImage(space, to)
  await until(space, 'the words of the storage are in the status', () =>
    seen.resource()?.status?.message?.includes('no space left on the array'),
  )
  await stalled(space, 'RevisionRejected', { within: 60 })
  await atRestOn(space, from)
  expect(conditionOf(seen.resource(), 'Stalled')?.message).toContain('a snapshot was not ready in time')
  expect(firstMoment(seen.podHistory, ({ image }) => image === to)).toBe(-1)
  await expectAllData(space)
})

test('a slow snapshot: the canary waits for it', async () => {
  const space = await openSpace('snapshot-slow')
  const { seen } = space
  await deploy(space, { image: from, replicas: 2, volumes })
  const lift = strikeStorage(space, 'create-snapshot', 'UNAVAILABLE: busy')
  await setImage(space, to)
  await until(
    space,
    'the snapshot is awaited',
    () => seen.resource()?.status?.waiting?.for === 'Snapshotting',
  )
  expect(firstMoment(seen.podHistory, ({ image }) => image === to)).toBe(-1)
  lift()
  await canaryActive(space, to, { within: 60 })
})

test('a snapshot that is deleted by hand: the way back says so, holds, and its command leads out', async () => {
  const space = await openSpace('snapshot-deleted')
  const { seen } = space
  await deploy(space, { image: from, replicas: 2, volumes })
  const claims = boundClaims(seen)
  await setImage(space, to)
  await canaryActive(space, to)
  await deleteSnapshots(space)
  await until(
    space,
    'the status knows of no way back',
    () => seen.resource()?.status?.rollback?.reason === 'SnapshotMissing',
  )
  expect(seen.resource()?.status?.rollback?.possible).toBe(false)

  await setImage(space, from)
  const sentence = await stalled(space, 'RestoreBlocked')
  await runPrinted(sentence)
  await atRestOn(space, from)
  expect(boundClaims(seen)).toEqual(claims)
  await expectAllData(space)
})

test('a restore that is never provisioned: the kept volume comes back, and an event says so', async () => {
  const space = await openSpace('restore-fails')
  const { seen } = space
  await deploy(space, { image: from, replicas: 2, volumes })
  const volumesBefore = seen.claims().map(({ spec }) => spec.volumeName)
  await setImage(space, to)
  await canaryActive(space, to)
  await command(podNamed(seen, 'redis-canary-1'), 'SET', 'later', 'yes')
  strikeStorage(space, 'create-volume', 'no space left on the array')
  // Not before: the canary has its time.
  await changeResource(space, { spec: { image: from, strategy: { progressDeadlineSeconds: 15 } } })
  await atRestOn(space, from, { within: 120 })
  expect(seen.claims().map(({ spec }) => spec.volumeName)).toEqual(volumesBefore)
  expect(await command(podNamed(seen, 'redis-stable-1'), 'GET', 'later')).toBe('yes')
  expect(seen.resource()?.status?.retainedVolumes).toBeUndefined()
})

test('deleted while a claim is still to be made from its snapshot: that one does not go with the resource', async () => {
  const space = await openSpace('snapshot-needed')
  const { seen, rest, namespace } = space
  await deploy(space, { image: from, replicas: 2, volumes })
  await setImage(space, to)
  await canaryActive(space, to)
  strikeStorage(space, 'create-volume', 'no space left on the array')
  await setImage(space, from)
  await until(space, 'the claim waits for its volume', () => {
    const { dataSource, volumeName } = seen.claim('data-redis-stable-1')?.spec ?? {}
    return dataSource !== undefined && volumeName === undefined && seen.pod('redis-stable-1') !== undefined
  })

  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' })
  await until(space, 'the resource is gone', () => seen.resource() === undefined, { within: 90 })
  const [name = ''] = await snapshotNames(space)
  const { metadata } = await rest.get(volumeSnapshots, { namespace, name })
  expect(metadata).toMatchObject({ name: expect.stringMatching(/^data-redis-stable-1-/) })
  expect(metadata.ownerReferences).toBeUndefined()
  expect(metadata.deletionTimestamp).toBeUndefined()
})

test('snapshots of the newest rollout are kept, older ones are not', async () => {
  const space = await openSpace('snapshot-pruned')
  await deploy(space, { image: from, replicas: 2, volumes })
  await setImage(space, to)
  await canaryActive(space, to)
  const [first] = await snapshotNames(space)
  await promote(space)
  await atRestOn(space, to)
  expect(await snapshotNames(space)).toHaveLength(2)
  await setImage(space, from)
  await canaryActive(space, from)
  await promote(space)
  await atRestOn(space, from)
  await kubectlOutput([
    'wait',
    '--for=delete',
    `volumesnapshot/${first}`,
    '-n',
    space.namespace,
    '--timeout=30s',
  ])
})

async function snapshotNames({ rest, namespace }: Space): Promise<readonly string[]> {
  const { items } = await rest.list(volumeSnapshots, { namespace })
  return items.map(({ metadata }) => metadata.name)
}

async function deleteSnapshots(space: Space): Promise<void> {
  const { rest, namespace } = space
  for (const name of await snapshotNames(space)) await rest.delete(volumeSnapshots, { namespace, name })
}
