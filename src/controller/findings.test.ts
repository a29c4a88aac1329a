/** What is found in the caches, and what a live list puts in its place. */
import { beforeEach, describe, expect, it } from 'vitest'
import { annotations, labels } from '../api/v1alpha1/constants.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { createManager, type Manager } from '../kube/manager/manager.ts'
import { type Caches, createCaches } from './caches.ts'
import { findingsOf, withLivePods } from './findings.ts'
import type { Findings } from './observe.ts'
import { createFakeApi, type FakeApi } from './testing/fake-api.ts'

const resource = walkThrough()
const ours = { [labels.name]: 'redis' }
const { signal } = new AbortController()

let api: FakeApi
let manager: Manager
let caches: Caches

beforeEach(() => {
  api = createFakeApi()
  watchAnew()
})

function watchAnew(): void {
  manager = createManager({ rest: api.rest, component: 'example.com/test' })
  caches = createCaches(undefined, manager.cache)
}

function put(plural: string, name: string, more: object = {}): void {
  const { metadata, ...rest } = { metadata: {}, ...more }
  api.store.put(plural, { metadata: { name, namespace: 'default', ...metadata }, spec: {}, ...rest } as never)
}

function putPod(name: string, claim: string, podLabels: Readonly<Record<string, string>>): void {
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claim } }]
  put('pods', name, { metadata: { labels: podLabels }, spec: { volumes } })
}

/** Fills the caches from the store as it is now, and stops watching. */
async function fill(): Promise<void> {
  const stop = new AbortController()
  const filled = manager.run(stop.signal)
  const all = [caches.resources, caches.sets, caches.pods, caches.claims, caches.services, caches.revisions]
  await Promise.all(all.map((cache) => cache.whenSynced(stop.signal)))
  stop.abort()
  await filled
}

const found = (): Findings => findingsOf(caches, resource, () => ({}))
const names = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name).toSorted()

describe('in the caches', () => {
  it('are the sets by name, and the pods and claims that are ours by label, claim or name', async () => {
    for (const set of ['redis-stable', 'redis-canary', 'mongo-stable']) put('statefulsets', set)
    putPod('redis-stable-0', 'data-redis-stable-0', ours)
    putPod('debug', 'data-redis-stable-0', {})
    putPod('elsewhere', 'data-mongo-stable-0', {})
    for (const claim of ['data-redis-stable-0', 'data-mongo-stable-0']) put('persistentvolumeclaims', claim)
    await fill()
    const { stable, canary, pods, claims } = found()
    expect([stable?.name, canary?.name]).toEqual(['redis-stable', 'redis-canary'])
    expect(names(pods)).toEqual(['debug', 'redis-stable-0'])
    expect(names(claims)).toEqual(['data-redis-stable-0'])
  })

  describe('is who has claims of the same names', () => {
    const late = '2026-01-02T00:00:00Z'
    const withClaimsOf = (name: string, template: string, creationTimestamp?: string) => {
      const asked = walkThrough({}, { volumeClaimTemplates: [{ metadata: { name: template }, spec: {} }] })
      const metadata = { ...asked.metadata, name, uid: name, ...(creationTimestamp && { creationTimestamp }) }
      return { ...asked, metadata }
    }
    const rivalOf = async (asked: typeof resource, ...others: readonly (typeof resource)[]) => {
      for (const one of [asked, ...others]) api.store.put('canarystatefulsets', one)
      await fill()
      return findingsOf(caches, asked, () => ({})).rival
    }

    it('the older one, for the younger alone', async () => {
      const older = withClaimsOf('redis', 'data-log')
      const younger = withClaimsOf('log-redis', 'data', late)
      expect(await rivalOf(younger, older)).toBe('redis')
      expect(findingsOf(caches, older, () => ({})).rival).toBeUndefined()
    })

    it('of two of one second, the one whose name comes first', async () => {
      const [one, other] = [withClaimsOf('log-redis', 'data'), withClaimsOf('redis', 'data-log')]
      expect(await rivalOf(other, one)).toBe('log-redis')
      expect(findingsOf(caches, one, () => ({})).rival).toBeUndefined()
    })

    it('a younger one that runs already', async () => {
      put('statefulsets', 'log-redis-stable')
      expect(await rivalOf(withClaimsOf('redis', 'data-log'), withClaimsOf('log-redis', 'data', late))).toBe(
        'log-redis',
      )
    })

    it('nobody, with other names', async () => {
      expect(await rivalOf(resource, withClaimsOf('log-redis', 'data'))).toBeUndefined()
    })
  })

  it('is whether the Service exists', async () => {
    await fill()
    expect(found().serviceExists).toBe(false)
    put('services', 'redis-headless')
    watchAnew()
    await fill()
    expect(found().serviceExists).toBe(true)
  })

  it('are our revisions, and not those of the set controller', async () => {
    put('controllerrevisions', 'redis-abc', { metadata: { labels: ours }, revision: 1 })
    put('controllerrevisions', 'redis-stable-abc', {
      metadata: { labels: { ...ours, [labels.role]: 'stable' } },
      revision: 1,
    })
    await fill()
    expect(names(found().revisions)).toEqual(['redis-abc'])
  })
})

describe('a live list', () => {
  it('puts our pods and claims as they are in the place of those that were cached; the sets stay', async () => {
    put('statefulsets', 'redis-stable')
    putPod('redis-stable-2', 'data-redis-stable-2', ours)
    put('persistentvolumeclaims', 'data-redis-stable-2', { metadata: { labels: ours } })
    await fill()
    const cached = found()
    // None of this has reached the caches.
    api.store.remove('pods', 'default/redis-stable-2')
    putPod('redis-canary-2', 'data-redis-stable-2', ours)
    put('persistentvolumeclaims', 'data-redis-stable-2', {
      metadata: { labels: ours, deletionTimestamp: '2026-01-01T00:00:00Z' },
    })
    put('statefulsets', 'redis-stable', { spec: { replicas: 7 } })
    const live = await withLivePods(api.rest, cached, signal)
    expect(names(live.pods)).toEqual(['redis-canary-2'])
    expect(live.claims).toMatchObject([{ name: 'data-redis-stable-2', deleting: true }])
    expect(live.stable).toBe(cached.stable)
  })

  it('keeps foreign pods, which only the cache of all pods knows', async () => {
    put('persistentvolumeclaims', 'data-redis-stable-0', { metadata: { labels: ours } })
    putPod('debug', 'data-redis-stable-0', {})
    await fill()
    expect(names((await withLivePods(api.rest, found(), signal)).pods)).toEqual(['debug'])
  })

  it('looks at all claims where one of ours carries no label', async () => {
    put('persistentvolumeclaims', 'data-redis-stable-0')
    await fill()
    const { claims } = await withLivePods(api.rest, found(), signal)
    expect(names(claims)).toEqual(['data-redis-stable-0'])
  })

  describe('of Jobs that others make to migrate', () => {
    const of = (name: string) => ({
      metadata: { labels: { [labels.migration]: name, [labels.revision]: 'b' } },
    })
    const jobsOf = async (migration: object) => {
      await fill()
      const { spec } = resource
      const cached = { ...found(), resource: { ...resource, spec: { ...spec, ...migration } } as never }
      // None of these has reached the caches.
      put('jobs', 'migrate-by-hand', of('redis'))
      put('jobs', 'migrate-mongo', of('mongo'))
      return names((await withLivePods(api.rest, cached, signal)).jobs)
    }

    it('tells before the first write of a rollout, which records them', async () => {
      expect(await jobsOf({ migration: { type: 'External' } })).toEqual(['migrate-by-hand'])
    })

    it('leaves them where nobody else migrates', async () => {
      expect(await jobsOf({ migration: { type: 'Job' } })).toEqual([])
    })
  })

  it('tells in a restore which volumes are kept', async () => {
    const restoring = {
      from: 'a',
      to: 'b',
      replicas: 1,
      steps: [{ canaryReplicas: 1 }],
      step: 0,
      touched: 1,
      ack: false,
    }
    const decided = { decision: 'rollback', cause: 'reverted', restores: true, at: { started: 0 } }
    const record = { version: 4, accepted: 'a', proven: true, id: 3, rollout: { ...restoring, ...decided } }
    put('statefulsets', 'redis-stable', {
      metadata: { annotations: { [annotations.rollout]: JSON.stringify(record) } },
    })
    await fill()
    const cached = found()
    put('persistentvolumes', 'volume-1', {
      metadata: { namespace: '', labels: { [labels.keptFor]: resource.metadata.uid } },
    })
    const { keptVolumes } = await withLivePods(api.rest, cached, signal)
    expect(names(keptVolumes)).toEqual(['volume-1'])
  })
})
