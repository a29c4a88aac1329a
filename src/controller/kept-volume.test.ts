/** A kept volume is let go as it was before it was kept, and only where it is still as the restore left it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { annotations, labels } from '../api/v1alpha1/constants.ts'
import { refOf } from '../core/action.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { isConflict } from '../kube/client/api-error.ts'
import { apply } from './apply.ts'
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
  readonly ref?: object
  readonly phase?: string
  readonly written?: object
}

function putVolume({ ref = claimRef, phase = 'Released', written = note }: Kept = {}) {
  const manifest = {
    metadata: {
      name: 'pv',
      labels: { [labels.keptFor]: 'u', theirs: 'a' },
      annotations: { [annotations.kept]: JSON.stringify(written), theirs: 'b' },
    },
    spec: { persistentVolumeReclaimPolicy: 'Retain', claimRef: ref },
    status: { phase },
  }
  return refOf(api.store.put('persistentvolumes', manifest).metadata)
}

function release(volume: ReturnType<typeof putVolume>): Promise<void> {
  const context = { rest: api.rest, resource, now: 0, stableAnnotated: false }
  const template = () => Promise.reject(new Error('no template is asked for'))
  return apply({ kind: 'releaseVolume', volume }, { ...context, template })
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
