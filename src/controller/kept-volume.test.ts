/** What becomes of a volume and its claim in a restore, write by write: each only where it finds what it was decided on. */
import { beforeEach, describe, expect, it } from 'vitest'
import { annotations, labels } from '../api/v1alpha1/constants.ts'
import { type Action, refOf } from '../core/action.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { isConflict } from '../kube/client/api-error.ts'
import type { Rest } from '../kube/client/rest.ts'
import type { Manifest } from '../kube/object.ts'
import { apply } from './apply.ts'
import type { KeptNote } from './kept-note.ts'
import type { RawClaim, RawVolume } from './resources.ts'
import { createFakeApi, type FakeApi, inWords } from './testing/fake-api.ts'

const resource = walkThrough()
const claimRef = { namespace: 'default', name: 'data-redis-stable-2', uid: 'claim' }
const note = {
  namespace: 'default',
  resource: 'redis',
  claim: claimRef.name,
  claimUid: claimRef.uid,
  attempt: 3,
  at: 0,
  reclaimPolicy: 'Delete',
  copy: { labels: {}, annotations: {}, spec: {} },
}

let api: FakeApi

beforeEach(() => {
  api = createFakeApi()
})

interface Kept {
  readonly ref?: object | undefined
  readonly phase?: string
  readonly written?: object
  readonly capacity?: string
}

function putVolume(kept: Kept = {}) {
  const { ref, phase = 'Released', written = note, capacity } = { ref: claimRef, ...kept }
  const manifest = {
    metadata: {
      name: 'pv',
      labels: { [labels.keptFor]: 'u', theirs: 'a' },
      annotations: { [annotations.kept]: JSON.stringify(written), theirs: 'b' },
    },
    spec: {
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: ref,
      ...(capacity !== undefined && { capacity: { storage: capacity } }),
    },
    status: { phase },
  }
  return refOf(api.store.put('persistentvolumes', manifest).metadata)
}

function carryOut(action: Action, rest: Rest = api.rest): Promise<void> {
  const template = () => Promise.reject(new Error('no template is asked for'))
  return apply(action, { rest, resource, now: 5_000, stableAnnotated: false, template })
}

function release(volume: ReturnType<typeof putVolume>): Promise<void> {
  return carryOut({ kind: 'releaseVolume', volume })
}

describe('a kept volume', () => {
  it.each(['Delete', 'Retain'])('gets %s back in one patch, and is nobody’s', async (reclaimPolicy) => {
    await release(putVolume({ written: { ...note, reclaimPolicy } }))
    expect(api.calls.map(inWords)).toEqual(['get persistentvolumes/pv', 'patch persistentvolumes/pv'])
    expect(api.store.get('persistentvolumes', 'pv')).toMatchObject({
      metadata: { labels: { theirs: 'a' }, annotations: { theirs: 'b' } },
      spec: { persistentVolumeReclaimPolicy: reclaimPolicy, claimRef },
    })
    const { metadata } = api.store.get('persistentvolumes', 'pv') ?? {}
    expect(Object.keys({ ...metadata?.labels, ...metadata?.annotations })).toEqual(['theirs'])
  })

  it('is its claim’s again where that has got it back', async () => {
    await release(putVolume({ phase: 'Bound', ref: { ...claimRef, uid: 'made again' } }))
    expect(api.store.get('persistentvolumes', 'pv')).toMatchObject({
      metadata: { labels: { theirs: 'a' }, annotations: { theirs: 'b' } },
      spec: { persistentVolumeReclaimPolicy: 'Delete' },
    })
  })

  it.each<[string, Kept]>([
    ['that another claim has', { phase: 'Bound', ref: { ...claimRef, name: 'look' } }],
    ['that a claim of another namespace has', { phase: 'Bound', ref: { ...claimRef, namespace: 'other' } }],
    ['that anybody may take', { phase: 'Available', ref: { ...claimRef, uid: undefined } }],
    ['that somebody had since', { ref: { ...claimRef, uid: 'theirs' } }],
    ['without a note', { written: {} }],
  ])('%s is left alone', async (_, kept) => {
    await expect(release(putVolume(kept))).rejects.toSatisfy(isConflict)
    expect(api.calls.map(inWords)).toEqual(['get persistentvolumes/pv'])
  })

  it('that has changed since is left alone', async () => {
    const seen = putVolume()
    putVolume()
    await expect(release(seen)).rejects.toSatisfy(isConflict)
    expect(api.store.get('persistentvolumes', 'pv')).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Retain' },
    })
  })
})

describe('a kept volume that its claim is to get back', () => {
  const free = (volume: ReturnType<typeof putVolume>) => carryOut({ kind: 'freeVolume', volume })
  const make = () => carryOut({ kind: 'createClaim', claim: claimRef.name, volume: 'pv' })
  const named = { namespace: claimRef.namespace, name: claimRef.name }
  const look = { namespace: 'default', name: 'look', uid: 'look-uid' }

  it.each<[string, object | undefined]>([
    ['as it was left', claimRef],
    ['that a later claim of that name had', { ...claimRef, uid: 'later' }],
    ['that anybody might take', undefined],
  ])('%s is reserved for that name, by one patch', async (_, ref) => {
    await free(putVolume({ ref }))
    expect(api.store.get('persistentvolumes', 'pv')).toMatchObject({ spec: { claimRef: named } })
    expect((api.store.get('persistentvolumes', 'pv') as RawVolume).spec.claimRef).toEqual(named)
    await make()
    expect(api.store.get('persistentvolumeclaims', `default/${claimRef.name}`)).toMatchObject({
      spec: { volumeName: 'pv' },
    })
  })

  it.each<[string, Kept]>([
    ['has', { ref: look, phase: 'Bound' }],
    ['had', { ref: look }],
    ['may take', { ref: { ...look, uid: undefined }, phase: 'Available' }],
  ])('is left to a claim that %s it, and no claim is made for it', async (_, kept) => {
    await expect(free(putVolume(kept))).rejects.toSatisfy(isConflict)
    await expect(make()).rejects.toSatisfy(isConflict)
    expect(api.calls.map(inWords)).toEqual(['get persistentvolumes/pv', 'get persistentvolumes/pv'])
  })

  it('is left alone where it has changed since', async () => {
    const seen = putVolume()
    putVolume()
    await expect(free(seen)).rejects.toSatisfy(isConflict)
  })
})

describe('a claim that is made again', () => {
  const { namespace, name: claim } = claimRef
  const order = { kind: 'createClaim', claim, volume: 'pv' } as const
  const spec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' }, limits: { a: 'b' } },
  }
  const copy = { labels: { app: 'redis' }, annotations: { theirs: 'b' }, spec }
  const made = () => api.store.get('persistentvolumeclaims', `${namespace}/${claim}`) as RawClaim

  /** `wanted`: by the claim before. */
  function putKept(wanted: string, capacity: string): void {
    const resources = { ...spec.resources, requests: { storage: wanted } }
    const written = { ...note, copy: { ...copy, spec: { ...spec, resources } } }
    putVolume({ ref: { namespace, name: claim }, written, capacity })
  }

  function putSnapshot(restoreSize?: string) {
    const status = restoreSize === undefined ? {} : { restoreSize }
    const { uid } = api.store.put('volumesnapshots', {
      metadata: { namespace, name: 's' },
      status,
    } as Manifest).metadata
    return { name: 's', uid }
  }

  it('is as the one before was', async () => {
    putKept('2Gi', '2Gi')
    await carryOut({ ...order, snapshot: putSnapshot('2Gi') })
    expect(made()).toMatchObject({
      metadata: { labels: { app: 'redis' }, annotations: { theirs: 'b' } },
      spec: { ...spec, dataSource: { kind: 'VolumeSnapshot', name: 's' } },
    })
  })

  it.each([
    ['a snapshot', '1Gi', '1Gi', '1Gi', '1Gi'],
    ['a snapshot that was taken while it was to grow', '2Gi', '1Gi', '2Gi', '2Gi'],
    ['a snapshot of what it was before it was to grow', '2Gi', '1Gi', '1Gi', '2Gi'],
    ['a snapshot of all of a larger volume', '1Gi', '10Gi', '10Gi', '10Gi'],
    ['a snapshot of what is used of a larger volume', '1Gi', '10Gi', '1Gi', '1Gi'],
    ['a snapshot that does not tell', '1Gi', '10Gi', undefined, '10Gi'],
  ])(
    'of %s: %s were asked for, %s there, %s in it: it asks for %s',
    async (_, wanted, capacity, size, asks) => {
      putKept(wanted, capacity)
      await carryOut({ ...order, snapshot: putSnapshot(size) })
      expect(made().spec?.resources?.requests?.storage).toBe(asks)
    },
  )

  it.each([
    ['1Gi', '10Gi', '10Gi'],
    ['2Gi', '1Gi', '2Gi'],
  ])('of a backup: %s were asked for, %s there: it asks for %s', async (wanted, capacity, asks) => {
    putKept(wanted, capacity)
    await carryOut({ ...order, backup: 'job' })
    expect(made().spec?.resources?.requests?.storage).toBe(asks)
  })

  it.each([
    ['1Gi', '10Gi', '1Gi'],
    ['2Gi', '1Gi', '1Gi'],
  ])('on its volume again: %s were asked for, %s there: it asks for %s', async (wanted, capacity, asks) => {
    putKept(wanted, capacity)
    await carryOut(order)
    expect(made().spec?.resources).toEqual({ ...spec.resources, requests: { storage: asks } })
  })

  it('is not made of another snapshot of that name', async () => {
    putKept('1Gi', '1Gi')
    await expect(carryOut({ ...order, snapshot: { ...putSnapshot(), uid: 'other' } })).rejects.toSatisfy(
      isConflict,
    )
  })
})

describe('a volume that a restore takes out of use', () => {
  const { namespace, name } = claimRef
  const keep = (uid: string) =>
    ({ kind: 'keepVolume', volume: 'pv', claim: { name, uid }, attempt: 3 }) as const

  function putClaim(more: object = {}): string {
    const labels = { app: 'redis' }
    const spec = { volumeName: 'pv', resources: { requests: { storage: '1Gi' } } }
    return api.store.put('persistentvolumeclaims', {
      metadata: { namespace, name, labels, ...more },
      spec,
    } as Manifest).metadata.uid
  }

  function putBound(uid: string, policy: string, metadata: object = {}): void {
    api.store.put('persistentvolumes', {
      metadata: { name: 'pv', ...metadata },
      spec: { persistentVolumeReclaimPolicy: policy, claimRef: { namespace, name, uid } },
      status: { phase: 'Bound' },
    } as Manifest)
  }

  const kept = () => api.store.get('persistentvolumes', 'pv') as RawVolume
  const noted = () => JSON.parse(kept().metadata.annotations?.[annotations.kept] ?? '') as KeptNote

  it('has the claim as a person would write it: its class, and not what binding wrote', async () => {
    const chosen = { 'volume.beta.kubernetes.io/storage-class': 'fast', theirs: 'b' }
    const uid = putClaim({
      annotations: {
        ...chosen,
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
        'volume.beta.kubernetes.io/storage-provisioner': 'csi',
        'volume.kubernetes.io/selected-node': 'node',
        'volume.kubernetes.io/storage-provisioner': 'csi',
        'volume.kubernetes.io/storage-resizer': 'csi',
        [annotations.restoredFrom]: 'job',
      },
    })
    putBound(uid, 'Delete')
    await carryOut(keep(uid))
    expect(noted().copy.annotations).toEqual(chosen)
  })

  it.each(['Delete', 'Retain'])(
    'outlives its claim, by one patch, and says what it was (%s)',
    async (policy) => {
      const uid = putClaim()
      putBound(uid, policy)
      await carryOut(keep(uid))
      expect(api.calls.map(inWords).at(-1)).toBe('patch persistentvolumes/pv')
      expect(kept()).toMatchObject({
        metadata: { labels: { [labels.keptFor]: resource.metadata.uid } },
        spec: { persistentVolumeReclaimPolicy: 'Retain' },
      })
      expect(noted()).toEqual({
        namespace,
        resource: 'redis',
        claim: name,
        claimUid: uid,
        attempt: 3,
        at: 5_000,
        reclaimPolicy: policy,
        copy: {
          labels: { app: 'redis' },
          annotations: {},
          spec: { resources: { requests: { storage: '1Gi' } } },
        },
      })
    },
  )

  it('that the API server does not let be kept is refused, in words', async () => {
    const uid = putClaim()
    putBound(uid, 'Delete')
    const spec = { persistentVolumeReclaimPolicy: 'Delete' }
    const rest: Rest = {
      ...api.rest,
      patch: (of, ref, patch, options) =>
        api.rest.patch(
          of,
          ref,
          { type: 'merge', body: { ...('body' in patch && patch.body), spec } },
          options,
        ),
    }
    await expect(carryOut(keep(uid), rest)).rejects.toMatchObject({
      status: 403,
      message:
        'the API server makes reclaim policy Delete of the Retain that is written to volume pv; ' +
        'find the webhook or policy that does, and exempt the volume',
    })
    expect(kept().metadata.annotations).toBeUndefined()
  })

  it('that is being deleted is not written to, and people are told', async () => {
    const uid = putClaim()
    putBound(uid, 'Delete', { deletionTimestamp: new Date(0).toISOString(), finalizers: ['pv-protection'] })
    await expect(carryOut(keep(uid))).rejects.toMatchObject({
      status: 403,
      message:
        'volume pv is being deleted, and goes when the claim does; save what counts on it, then delete the claim',
    })
    expect(api.calls.map(inWords)).toEqual([`get persistentvolumeclaims/${name}`, 'get persistentvolumes/pv'])
  })

  it('that is gone is told', async () => {
    await expect(carryOut(keep(putClaim()))).rejects.toMatchObject({
      status: 403,
      message: 'volume pv is gone; delete the claim, which has nothing any more',
    })
  })

  it('is left alone where another claim has it', async () => {
    const uid = putClaim()
    putBound('theirs', 'Delete')
    await expect(carryOut(keep(uid))).rejects.toSatisfy(isConflict)
    expect(kept().spec.persistentVolumeReclaimPolicy).toBe('Delete')
  })
})
