/** A restore by a Job that is left in the middle: deleted, in each of the ways that people do it, forced, or let be. */
import { expect, test } from 'vitest'
import { backedUp, createStore, heldPod, heldRestore, letGo } from '../harness/backups.ts'
import { canaryStatefulSets, isReady } from '../harness/objects.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import { atRestOn, canaryActive, deploy, expectAllData, podNamed, setImage } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const top = 'data-redis-stable-2'
const from = 'redis:7.0'
const to = 'redis:7.0.5'

test('deleted: the Job ends first, and the claim gets the volume that was kept', async () => {
  const { space, before } = await restoring('restore-deleted')
  const { rest, namespace, seen } = space
  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' })
  await until(space, 'the resource is gone', () => seen.resource() === undefined, { within: 120 })
  expect(seen.claim(top)?.spec.volumeName).toBe(before)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('deleted in the foreground, the replicas stay: the restore is made once more by a Job of nobody, and ends', async () => {
  const { space, before } = await restoring('restore-orphaned')
  const { rest, namespace, seen } = space
  const collected = await heldPod(space)
  await changeResource(space, { spec: { deletionPolicy: 'Orphan' } })
  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' }, { propagationPolicy: 'Foreground' })
  await letGo(await heldPod(space, collected))
  await until(space, 'the resource is gone', () => seen.resource() === undefined, { within: 120 })
  await until(
    space,
    'all replicas are ready',
    () => [0, 1, 2].every((ordinal) => isReady(seen.pod(`redis-stable-${ordinal}`))),
    {
      within: 60,
    },
  )
  expect(seen.claim(top)?.spec.volumeName).not.toBe(before)
  const names = [0, 1, 2].map((ordinal) => `redis-stable-${ordinal}`)
  const found = await Promise.all(names.map((name) => differences(podNamed(seen, name), name)))
  expect(found.flat()).toEqual([])
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('the data is to be kept after all: the Job ends first, and the claim gets the volume that was kept', async () => {
  const { space, before } = await restoring('restore-kept')
  const { seen } = space
  await changeResource(space, { spec: { volumes: { onRollback: 'KeepData' } } })
  await atRestOn(space, from, { within: 120 })
  expect(seen.claim(top)?.spec.volumeName).toBe(before)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('forced forward again: the Job ends first, and the new version has what it left', async () => {
  const { space, before, revision } = await restoring('restore-forced')
  const { seen } = space
  const annotations = { 'canary.example.com/force': revision }
  await changeResource(space, { spec: { image: to }, metadata: { annotations } })
  await atRestOn(space, to, { within: 120 })
  expect(seen.claim(top)?.spec.volumeName).toBe(before)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

interface Restoring {
  readonly space: Space
  /** The volume that the claim had before. */
  readonly before: string
  /** What is taken back. */
  readonly revision: string
}

/** Reverted, and its restore waits. */
async function restoring(title: string): Promise<Restoring> {
  const space = await openSpace(title)
  await createStore(space)
  await deploy(space, { image: from, volumes: backedUp({ restore: heldRestore() }) })
  const before = space.seen.claim(top)?.spec.volumeName ?? ''
  await setImage(space, to)
  const { status } = await canaryActive(space, to, { within: 90 })
  await setImage(space, from)
  await heldPod(space)
  return { space, before, revision: status?.targetRevision ?? '' }
}
