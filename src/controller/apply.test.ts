/** Each action is one write with its preconditions. */
import { beforeEach, describe, expect, it } from 'vitest'
import { annotations, finalizer } from '../api/v1alpha1/constants.ts'
import { type Action, refOf } from '../core/action.ts'
import { renderPodTemplate } from '../core/render/pod-template.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { isConflict, isNotFound } from '../kube/client/api-error.ts'
import type { Manifest } from '../kube/object.ts'
import { apply } from './apply.ts'
import { createFakeApi, type FakeApi, inWords } from './testing/fake-api.ts'
import type { RawResource, RawSet } from './resources.ts'

let api: FakeApi
const record = { accepted: 'abc', proven: true, id: 3 }

beforeEach(() => {
  api = createFakeApi()
})

function put(plural: string, manifest: Manifest) {
  return api.store.put(plural, { ...manifest, metadata: { namespace: 'default', ...manifest.metadata } })
}

function putSet(name: string) {
  const manifest = {
    metadata: { name, generation: 1, labels: { 'canary.example.com/uid': 'u' } },
    spec: { replicas: 3, template: {} },
  }
  const { uid, resourceVersion } = put('statefulsets', manifest).metadata
  return { name, uid, resourceVersion }
}

function putJob() {
  const { uid, resourceVersion } = put('jobs', {
    metadata: { name: 'redis-migrate-u-3' },
    spec: { suspend: true },
  } as Manifest).metadata
  return { name: 'redis-migrate-u-3', uid, resourceVersion }
}

function putResource(metadata: Partial<RawResource['metadata']> = {}): RawResource {
  const resource = walkThrough()
  return put('canarystatefulsets', {
    ...resource,
    metadata: { ...resource.metadata, ...metadata },
  }) as RawResource
}

function carryOut(action: Action, resource: RawResource = walkThrough()) {
  return apply(action, {
    rest: api.rest,
    resource,
    now: 0,
    stableAnnotated: false,
    template: async (revision) => renderPodTemplate(resource, revision),
  })
}

function set(name: string): RawSet {
  return api.store.get('statefulsets', `default/${name}`) as RawSet
}

const changeStable = (
  change: Extract<Action, { kind: 'changeStable' }>['change'],
  target = putSet('redis-stable'),
) => ({ kind: 'changeStable', intent: 'promote', set: target, change }) as const

describe('each action is one write:', () => {
  const actions: readonly (readonly [string, () => Action])[] = [
    ['create controllerrevisions/redis-abc', () => ({ kind: 'createRevision', revision: 'abc', number: 1 })],
    ['create services/redis-headless', () => ({ kind: 'createService' })],
    [
      'create statefulsets/redis-stable',
      () => ({ kind: 'createStable', revision: 'abc', replicas: 3, record }),
    ],
    [
      'create statefulsets/redis-canary',
      () => ({ kind: 'createCanary', revision: 'abc', claimOrdinal: 2, attempt: 1 }),
    ],
    ['patch statefulsets/redis-stable', () => changeStable({ replicas: 2 })],
    [
      'patch statefulsets/redis-canary',
      () => ({ kind: 'armCanary', set: putSet('redis-canary'), ordinalsStart: 2, replicas: 1 }),
    ],
    ['patch statefulsets/redis-canary', () => ({ kind: 'emptyCanary', set: putSet('redis-canary') })],
    ['patch statefulsets/redis-stable', () => ({ kind: 'emptyStable', set: putSet('redis-stable') })],
    ['delete statefulsets/redis-canary', () => ({ kind: 'deleteSet', set: putSet('redis-canary') })],
    ['patch statefulsets/redis-stable', () => ({ kind: 'releaseStable', set: putSet('redis-stable') })],
    [
      'patch services/redis-headless',
      () => {
        const ownerReferences = [{ apiVersion: 'v1', kind: 'K', name: 'redis', uid: 'u' }]
        const service = put('services', { metadata: { name: 'redis-headless', ownerReferences } })
        return { kind: 'releaseService', service: refOf(service.metadata) }
      },
    ],
    [
      'patch controllerrevisions/redis-abc',
      () => {
        const stored = put('controllerrevisions', {
          metadata: { name: 'redis-abc' },
          revision: 1,
        } as Manifest)
        return { kind: 'renewRevision', stored: refOf(stored.metadata), number: 4 }
      },
    ],
    [
      'delete controllerrevisions/redis-abc',
      () => {
        const stored = put('controllerrevisions', { metadata: { name: 'redis-abc' } })
        return { kind: 'deleteRevision', stored: refOf(stored.metadata) }
      },
    ],
    [
      'delete pods/redis-stable-0',
      () => {
        const { uid } = put('pods', { metadata: { name: 'redis-stable-0' } }).metadata
        return { kind: 'deletePod', pod: { name: 'redis-stable-0', uid } }
      },
    ],
    [
      'create jobs/redis-migrate-u-3',
      () => ({
        kind: 'createJob',
        purpose: 'migrate',
        job: 'redis-migrate-u-3',
        attempt: 3,
        from: 'abc',
        to: 'def',
        fromImage: 'redis:6',
        toImage: 'redis:7',
        claims: [],
        mounts: false,
      }),
    ],
    ['patch jobs/redis-migrate-u-3', () => ({ kind: 'resumeJob', job: putJob() })],
    ['delete jobs/redis-migrate-u-3', () => ({ kind: 'deleteJob', job: putJob() })],
  ]

  it.each(actions)('%s', async (call, make) => {
    await carryOut(make())
    expect(api.calls.map(inWords)).toEqual([call])
  })

  it('a Job runs once it is resumed, and only as it was then', async () => {
    const job = putJob()
    await carryOut({ kind: 'resumeJob', job })
    expect(api.store.get('jobs', 'default/redis-migrate-u-3')).toMatchObject({ spec: { suspend: false } })
    await expect(carryOut({ kind: 'resumeJob', job })).rejects.toSatisfy(isConflict)
  })

  it('the fields of one change go together', async () => {
    await carryOut(changeStable({ revision: 'abc', replicas: 5, partition: 4, record }))
    expect(set('redis-stable')).toMatchObject({
      metadata: { annotations: { [annotations.rollout]: expect.stringContaining('"id":3') } },
      spec: {
        replicas: 5,
        updateStrategy: { rollingUpdate: { partition: 4 } },
        template: { metadata: { labels: { app: 'redis' } } },
      },
    })
  })
})

describe('nothing is written', () => {
  it.each<[string, (target: ReturnType<typeof putSet>) => Action]>([
    ['a change', (target) => changeStable({ replicas: 0 }, target)],
    ['an arming', (target) => ({ kind: 'armCanary', set: target, ordinalsStart: 2, replicas: 1 })],
    ['a deletion', (target) => ({ kind: 'deleteSet', set: target })],
  ])('by %s that was decided on an older or another object', async (_, actionOn) => {
    const target = putSet('redis-stable')
    for (const stale of [
      { ...target, resourceVersion: '1' },
      { ...target, uid: 'another' },
    ]) {
      await expect(carryOut(actionOn(stale))).rejects.toSatisfy(isConflict)
    }
    expect(set('redis-stable').spec.replicas).toBe(3)
  })

  it('on what is gone', async () => {
    const target = { name: 'redis-stable', uid: 'u', resourceVersion: '1' }
    await expect(carryOut(changeStable({ replicas: 0 }, target))).rejects.toSatisfy(isNotFound)
  })

  it('on a pod that took the place of the one that was meant', async () => {
    put('pods', { metadata: { name: 'redis-stable-0' } })
    const action = { kind: 'deletePod', pod: { name: 'redis-stable-0', uid: 'the one before' } } as const
    await expect(carryOut(action)).rejects.toSatisfy(isConflict)
    expect(api.store.list('pods')).toHaveLength(1)
  })
})

describe('the resource', () => {
  const finalizers = (): unknown => api.store.get('canarystatefulsets', 'default/redis')?.metadata.finalizers

  it('gets our finalizer beside others', async () => {
    await carryOut({ kind: 'addFinalizer' }, putResource({ finalizers: ['other'] }))
    expect(finalizers()).toEqual(['other', finalizer])
  })

  it('gets its first finalizer', async () => {
    await carryOut({ kind: 'addFinalizer' }, putResource())
    expect(finalizers()).toEqual([finalizer])
  })

  it('loses ours only', async () => {
    await carryOut({ kind: 'removeFinalizer' }, putResource({ finalizers: ['other', finalizer] }))
    expect(finalizers()).toEqual(['other'])
  })

  it('keeps a finalizer that somebody added meanwhile', async () => {
    const seen = putResource({ finalizers: [finalizer] })
    putResource({ finalizers: [finalizer, 'new'] })
    await expect(carryOut({ kind: 'removeFinalizer' }, seen)).rejects.toSatisfy(isConflict)
    expect(finalizers()).toEqual([finalizer, 'new'])
  })

  it('loses an annotation whose value was read, whatever else changed', async () => {
    const seen = putResource({ annotations: { [annotations.promote]: 'true', a: 'b' } })
    putResource({ annotations: { [annotations.promote]: 'true', a: 'c' } })
    await carryOut({ kind: 'removeAnnotation', name: annotations.promote, value: 'true', heeded: true }, seen)
    expect(api.store.get('canarystatefulsets', 'default/redis')?.metadata.annotations).toEqual({ a: 'c' })
  })

  it('keeps an approval that came after the one that was consumed', async () => {
    const seen = putResource({ annotations: { [annotations.promote]: 'true' } })
    putResource({ annotations: { [annotations.promote]: 'abc' } })
    const action = {
      kind: 'removeAnnotation',
      name: annotations.promote,
      value: 'true',
      heeded: true,
    } as const
    await expect(carryOut(action, seen)).rejects.toSatisfy(isConflict)
  })
})
