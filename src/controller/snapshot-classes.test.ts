import { expect, it } from 'vitest'
import type { Rest } from '../kube/client/rest.ts'
import { restWith } from '../kube/testing/rest-with.ts'
import { findSnapshotClasses } from './snapshot-classes.ts'

const claim = 'data-redis-stable-2'

interface Storage {
  readonly class?: string
  readonly annotations?: object
  /** Of the class `csi-fast`, which is gone where it has none. */
  readonly provisioner?: string
}

/** A cluster with one snapshot class of the driver `csi`, and one claim, of that volume or of none. */
function clusterWith(volume?: object, storage: Storage = { class: 'csi-fast', provisioner: 'csi' }): Rest {
  const { class: storageClassName, annotations, provisioner } = storage
  const found: readonly unknown[] = [
    {
      metadata: { name: claim, annotations },
      spec: { storageClassName, ...(volume !== undefined && { volumeName: 'volume' }) },
    },
    { spec: volume },
  ]
  let read = 0
  return restWith({
    list: async () => ({ items: [{ metadata: { name: 'fast' }, driver: 'csi' }] }) as never,
    get: async () => found[read++] as never,
    getIfExists: async (_, { name }) => {
      const isThat = name === 'csi-fast' && provisioner !== undefined
      return (isThat ? { provisioner } : undefined) as never
    },
  })
}

function classesOf(rest: Rest, policy: 'Auto' | 'Required') {
  const question = { kind: 'snapshotClasses', policy, className: undefined, claims: { data: claim } } as const
  return findSnapshotClasses(question, {
    rest,
    namespace: 'default',
    signal: new AbortController().signal,
  })
}

it('finds the class of the driver that has the volume', async () => {
  expect(await classesOf(clusterWith({ csi: { driver: 'csi' } }), 'Auto')).toEqual({
    yes: true,
    warnings: [],
    snapshotClasses: { data: 'fast' },
  })
})

it.each([
  ['of a claim without a volume', undefined, `claim ${claim} has no volume yet, as has no other of its kind`],
  ['of a volume that no driver has', {}, `the volume of claim ${claim} is not a CSI driver's`],
  ['of another driver', { csi: { driver: 'x' } }, `driver x of claim ${claim} has no VolumeSnapshotClass`],
])('%s: goes without and says why, or refuses where they are required', async (_, volume, message) => {
  expect(await classesOf(clusterWith(volume), 'Auto')).toEqual({ yes: true, warnings: [message] })
  expect(await classesOf(clusterWith(volume), 'Required')).toEqual({ yes: false, message, final: false })
})

const ofCsi = { csi: { driver: 'csi' } }
const anew = 'so that a claim made from a snapshot would get no volume of its own'

it.each([
  ['of no class', { class: '' }, `claim ${claim} has no StorageClass, ${anew}`],
  ['that names none', {}, `claim ${claim} has no StorageClass, ${anew}`],
  [
    'of none by annotation',
    {
      class: 'csi-fast',
      provisioner: 'csi',
      annotations: { 'volume.beta.kubernetes.io/storage-class': '' },
    },
    `claim ${claim} has no StorageClass, ${anew}`,
  ],
  [
    'of one for volumes that people make',
    { class: 'csi-fast', provisioner: 'kubernetes.io/no-provisioner' },
    `StorageClass csi-fast of claim ${claim} makes no volumes, ${anew}`,
  ],
  [
    'of one that is gone',
    { class: 'csi-fast' },
    `StorageClass csi-fast of claim ${claim} does not exist any more, ${anew}`,
  ],
])('takes none of a claim %s: it could not be restored', async (_, storage, message) => {
  expect(await classesOf(clusterWith(ofCsi, storage), 'Auto')).toEqual({ yes: true, warnings: [message] })
  expect(await classesOf(clusterWith(ofCsi, storage), 'Required')).toEqual({
    yes: false,
    message,
    final: false,
  })
})
