import { expect, it } from 'vitest'
import type { Rest } from '../kube/client/rest.ts'
import { restWith } from '../kube/testing/rest-with.ts'
import { findSnapshotClasses } from './snapshot-classes.ts'

const claim = 'data-redis-stable-2'

/** A cluster with one class of the driver `csi`, and one claim, of that volume or of none. */
function clusterWith(volume?: object): Rest {
  const found: readonly unknown[] = [
    { spec: volume === undefined ? {} : { volumeName: 'volume' } },
    { spec: volume },
  ]
  let read = 0
  return restWith({
    list: async () => ({ items: [{ metadata: { name: 'fast' }, driver: 'csi' }] }) as never,
    get: async () => found[read++] as never,
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
