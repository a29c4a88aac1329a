/** Which class takes the snapshots, and storage that has none. Those of the cluster's own driver are in serial/. */
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Manifest } from '../../src/kube/object.ts'
import { persistentVolumes } from '../harness/objects.ts'
import { firstMoment } from '../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { createSnapshotClass, snapshotsOf, usualClass } from '../harness/snapshot-classes.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'

test('the class that is named, else the default one', async () => {
  const space = await openSpace('classes')
  const other = await createSnapshotClass(space, 'other')
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  await setImage(space, to)
  await canaryActive(space, to)
  expect(await classesOf(space)).toEqual([usualClass])
  await setImage(space, from)
  await atRestOn(space, from)

  await changeResource(space, { spec: { volumes: { snapshot: { className: other, keep: 2 } } } })
  await setImage(space, to)
  await canaryActive(space, to)
  expect((await classesOf(space)).toSorted()).toEqual([other, usualClass])
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
})

test('a class of another driver: no pod is touched, and both are named', async () => {
  const space = await openSpace('class-foreign')
  const className = await createSnapshotClass(space, 'foreign', { driver: 'elsewhere.example.org' })
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Auto', className } } })
  await setImage(space, to)
  const sentence = await stalled(space, 'SnapshotsRefused')
  expect(sentence).toContain(`VolumeSnapshotClass ${className} is of driver elsewhere.example.org`)
  expect(firstMoment(space.seen.podHistory, ({ image }) => image === to)).toBe(-1)
})

test('storage without snapshots: no rollout where they are required, one without a way back where they are not', async () => {
  const space = await openSpace('no-snapshots')
  const { seen } = space
  const storageClassName = await createVolumes(space, 2)
  const claim = { storageClassName }
  await deploy(space, { image: from, replicas: 2, claim, volumes: { snapshot: { policy: 'Required' } } })
  const claims = boundClaims(seen)
  await setImage(space, to)
  expect(await stalled(space, 'SnapshotsRefused')).toContain(
    "the volume of claim data-redis-stable-1 is not a CSI driver's",
  )
  expect(firstMoment(seen.podHistory, ({ image }) => image === to)).toBe(-1)

  await changeResource(space, { spec: { volumes: { snapshot: { policy: 'Auto' } } } })
  const active = await canaryActive(space, to)
  expect(active.status?.rollback).toEqual({ possible: false, reason: 'NoSnapshots' })
  expect(await snapshotsOf(space)).toEqual([])
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
})

async function classesOf(space: Space): Promise<readonly string[]> {
  return (await snapshotsOf(space)).map(({ spec }) => spec.volumeSnapshotClassName ?? '')
}

/** Directories of the node, made beforehand: volumes that no driver has. Resolves with the class by which claims ask for them. */
async function createVolumes({ rest, namespace }: Space, count: number): Promise<string> {
  const root = join(dirname(process.env['KUBECONFIG'] ?? ''), '..', 'volumes-by-hand')
  for (let index = 0; index < count; index++) {
    const name = `${namespace}-${index}`
    const spec = {
      storageClassName: namespace,
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: join(root, name), type: 'DirectoryOrCreate' },
    }
    onTestFinished(async () => void (await rest.delete(persistentVolumes, { name })))
    await rest.create(persistentVolumes, { metadata: { name }, spec } as Manifest)
  }
  return namespace
}
