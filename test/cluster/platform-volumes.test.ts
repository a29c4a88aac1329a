/** The cluster's storage with real data: snapshot and restore, clone, and growth while the volume is in use. */
import { expect, test } from 'vitest'
import { isReady, claims, volumeSnapshots } from '../harness/objects.ts'
import { createClaimFrom, createPlainSet, createRedisOn } from '../harness/plain-set.ts'
import { command, differences, fill } from '../harness/redis.ts'
import { podNamed } from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import type { Manifest } from '../../src/kube/object.ts'

const image = 'redis:7.0.5'
const claim = 'data-plain-0'

test('a snapshot is restored, a claim is cloned, and a claim grows while it is in use', async () => {
  const space = await openSpace('volumes')
  const { seen } = space
  await createPlainSet(space, { name: 'plain', image, replicas: 1 })
  await ready(space, 'plain-0')
  const original = podNamed(seen, 'plain-0')
  await fill(original, 'plain-0')
  expect(await command(original, 'SAVE')).toBe('OK')

  await takeSnapshot(space)
  // What comes after the snapshot is in the clone, and not in the restored claim.
  await command(original, 'SET', 'later', 'yes')
  await command(original, 'SAVE')
  await createClaimFrom(space, 'restored', {
    apiGroup: 'snapshot.storage.k8s.io',
    kind: 'VolumeSnapshot',
    name: 'before',
  })
  await createClaimFrom(space, 'cloned', { kind: 'PersistentVolumeClaim', name: claim })
  await Promise.all(['restored', 'cloned'].map((name) => createRedisOn(space, name, image)))
  await Promise.all(['on-restored', 'on-cloned'].map((name) => ready(space, name)))
  expect(await differences(podNamed(seen, 'on-restored'), 'plain-0')).toEqual([])
  expect(await command(podNamed(seen, 'on-cloned'), 'GET', 'later')).toBe('yes')
  expect(await command(podNamed(seen, 'on-cloned'), 'DBSIZE')).toBe(1_001)

  await grow(space)
  const after = podNamed(seen, 'plain-0')
  expect([after.metadata.uid, after.status?.containerStatuses?.[0]?.restartCount]).toEqual([
    original.metadata.uid,
    0,
  ])
})

async function takeSnapshot({ rest, namespace }: Space): Promise<void> {
  const spec = { source: { persistentVolumeClaimName: claim } }
  await rest.create(volumeSnapshots, { metadata: { name: 'before', namespace }, spec } as Manifest)
  const isTaken = '--for=jsonpath={.status.readyToUse}=true'
  await kubectlOutput(['wait', 'volumesnapshot/before', '-n', namespace, isTaken, '--timeout=30s'])
}

async function grow(space: Space): Promise<void> {
  const { rest, namespace } = space
  const body = { spec: { resources: { requests: { storage: '2Gi' } } } }
  await rest.patch(claims, { namespace, name: claim }, { type: 'merge', body })
  await until(space, `${claim} has 2Gi`, (seen) => seen.claim(claim)?.status?.capacity?.storage === '2Gi')
}

function ready(space: Space, name: string): Promise<true> {
  return until(space, `${name} is ready`, (seen) => isReady(seen.pod(name)))
}
