/** What a claim has besides its data, and keeps through a restore: access mode, size, place, and what people wrote on it. */
import { expect, onTestFinished, test } from 'vitest'
import { keptVolumes, placeOf } from '../harness/kept-volumes.ts'
import { claims, storageClasses } from '../harness/objects.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { strikeStorage } from '../harness/storage-faults.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const volumes = { snapshot: { policy: 'Required' } } as const
const displaced = 'data-redis-stable-2'

test('claims that only one pod may use at a time: a restore, and a rollout to its end', async () => {
  const space = await openSpace('one-pod')
  const { seen } = space
  const claim = { accessModes: ['ReadWriteOncePod'] }
  await deploy(space, { image: from, volumes, claim })
  const started = seen.podHistory.length
  const original = seen.claim(displaced)

  await setImage(space, to)
  await canaryActive(space, to)
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
  const restored = seen.claim(displaced)
  expect(restored?.metadata.uid).not.toBe(original?.metadata.uid)
  expect(restored?.spec.accessModes).toEqual(claim.accessModes)

  const bound = boundClaims(seen)
  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await atRestOn(space, to, { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(bound)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('a claim that has grown is restored at its size, in its place, with what people wrote on it', async () => {
  const space = await openSpace('grown')
  const { rest, namespace, seen } = space
  await deploy(space, { image: from, volumes })
  const written = {
    labels: { 'backup.example.org/tier': 'gold' },
    annotations: { 'example.org/owner': 'the team of redis' },
  }
  const body = { metadata: written, spec: { resources: { requests: { storage: '2Gi' } } } }
  await rest.patch(claims, { namespace, name: displaced }, { type: 'merge', body })
  const grown = await until(space, `${displaced} has grown`, () => {
    const claim = seen.claim(displaced)
    return claim?.status?.capacity?.storage === '2Gi' && claim
  })
  const place = await placeOf(space, grown.spec.volumeName)

  await setImage(space, to)
  await canaryActive(space, to)
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
  const restored = seen.claim(displaced)
  expect(restored?.metadata.uid).not.toBe(grown.metadata.uid)
  expect(restored?.metadata.labels).toEqual(grown.metadata.labels)
  expect(restored?.metadata.annotations).toMatchObject(written.annotations)
  expect(restored?.status?.capacity?.storage).toBe('2Gi')
  expect(restored?.spec.storageClassName).toBe(grown.spec.storageClassName)
  expect(await placeOf(space, restored?.spec.volumeName)).toEqual(place)
})

test('storage that makes volumes before anybody needs them, and keeps them for ever', async () => {
  const space = await openSpace('at-once')
  const { seen } = space
  const storageClassName = await createStorageClass(space)
  await deploy(space, { image: from, volumes, claim: { storageClassName } })
  const original = seen.claim(displaced)?.spec.volumeName
  await setImage(space, to)
  await canaryActive(space, to)
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
  expect(keptVolumes(space)).toEqual([`${displaced} ${original}`])
  expect(seen.claim(displaced)?.spec).toMatchObject({
    storageClassName,
    dataSource: { kind: 'VolumeSnapshot' },
  })
})

test('storage that takes its time: the old version waits for its volume', async () => {
  const space = await openSpace('slow-volume')
  const { seen } = space
  await deploy(space, { image: from, volumes })
  await setImage(space, to)
  await canaryActive(space, to)
  strikeStorage(space, 'create-volume', 'delay 5s')
  await setImage(space, from)
  await until(space, 'the claim is there, without a volume', () => {
    const claim = seen.claim(displaced)
    return claim?.spec.dataSource !== undefined && claim.spec.volumeName === undefined
  })
  await atRestOn(space, from, { within: 90 })
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** As the cluster's own one, but for when volumes are made and what becomes of them. */
async function createStorageClass({ rest, namespace: name }: Space): Promise<string> {
  const { provisioner } = await rest.get(storageClasses, { name: 'standard' })
  onTestFinished(async () => void (await rest.delete(storageClasses, { name })))
  const policies = { volumeBindingMode: 'Immediate', reclaimPolicy: 'Retain' }
  await rest.create(storageClasses, { metadata: { name }, provisioner, ...policies })
  return name
}
