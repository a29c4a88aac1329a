import { beforeEach, expect, it } from 'vitest'
import { createCache, type FedCache } from '../cache/cache.ts'
import { type ControllerOptions, createController } from './controller.ts'
import { source } from './source.ts'
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { restWith } from '../testing/rest-with.ts'

const sets = resource({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
})
const pods = resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })

let clock: ManualClock
let stop: AbortController
let setCache: FedCache<KubernetesObject, KubernetesObject>
let podCache: FedCache<KubernetesObject, KubernetesObject>
let reconciled: string[]
beforeEach(() => {
  clock = createManualClock()
  stop = new AbortController()
  setCache = createCache(sets)
  podCache = createCache(pods)
  reconciled = []
})

function controller(options: Partial<ControllerOptions> = {}) {
  return createController({
    name: 'test',
    clock,
    rest: restWith(),
    sources: [
      source(setCache, ({ key }) => [key]),
      source(podCache, ({ key }) => [key.replace(/-\d+$/, '')]),
    ],
    async reconcile(key) {
      reconciled.push(key)
    },
    ...options,
  })
}

function object(name: string, resourceVersion = '1'): KubernetesObject {
  return { metadata: { name, namespace: 'a', uid: `uid-${name}`, resourceVersion } }
}

function listed(cache: FedCache<KubernetesObject, KubernetesObject>, ...items: KubernetesObject[]): void {
  cache.feed.replace(
    items.map((item) => cache.feed.decode(item)),
    '5',
  )
}

it('waits for all caches, then reconciles what the first lists concern, each key once', async () => {
  const running = controller().run(stop.signal)
  listed(setCache, object('x'), object('y'))
  await settle()
  expect(reconciled).toEqual([])

  listed(podCache, object('x-0'), object('x-1'))
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/y'])

  podCache.feed.remove(object('y-0', '6'))
  podCache.feed.upsert(object('y-0', '6'))
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/y', 'a/y'])

  stop.abort()
  await running
})

it('hears changes from its creation on, also those before run', async () => {
  const created = controller()
  listed(setCache, object('x'))
  listed(podCache)

  const running = created.run(stop.signal)
  await settle()

  expect(reconciled).toEqual(['a/x'])
  stop.abort()
  await running
})

it('wakes a key at the stated time', async () => {
  const wakeTimes = [clock.now() + 1000, clock.now() + 5000]
  listed(setCache)
  listed(podCache)
  const created = controller({
    async reconcile(key) {
      reconciled.push(key)
      return { wakeAt: wakeTimes.shift() }
    },
  })
  const running = created.run(stop.signal)
  created.enqueue('a/x')
  await clock.advance(999)
  expect(reconciled).toHaveLength(1)
  await clock.advance(1)
  expect(reconciled).toHaveLength(2)
  await clock.advance(4000)
  expect(reconciled).toHaveLength(3)
  await clock.advance(1e9)
  expect(reconciled).toHaveLength(3)

  stop.abort()
  await running
})

it('logs a reconcile that throws, and comes back to it', async () => {
  const warnings: object[] = []
  const created = controller({
    log: { debug() {}, info() {}, warn: (fields) => void warnings.push(fields), error() {} },
    async reconcile(key) {
      reconciled.push(key)
      if (reconciled.length === 1) throw new Error('conflict of interest')
    },
  })
  listed(setCache, object('x'))
  listed(podCache)
  const running = created.run(stop.signal)
  await settle()
  expect(warnings).toMatchObject([
    { controller: 'test', key: 'a/x', failures: 1, err: { message: 'conflict of interest' } },
  ])

  await clock.advance(60_000)

  expect(reconciled).toEqual(['a/x', 'a/x'])
  stop.abort()
  await running
})

it('ends only when the running reconcile has ended, and hears nothing after that', async () => {
  const end = Promise.withResolvers<void>()
  let seen: AbortSignal | undefined
  const heard: string[] = []
  const created = controller({
    sources: [
      source(setCache, ({ key }) => {
        heard.push(key)
        return [key]
      }),
    ],
    async reconcile(key, signal) {
      reconciled.push(key)
      seen = signal
      await end.promise
    },
  })
  listed(setCache, object('x'))
  let ended = false
  const running = created.run(stop.signal).then(() => {
    ended = true
  })
  await settle()

  stop.abort()
  await settle()
  expect(seen?.aborted).toBe(true)
  expect(ended).toBe(false)

  end.resolve()
  await running
  setCache.feed.upsert(object('z', '9'))
  await settle()
  expect(heard).toEqual(['a/x'])
})

it('ends quietly when stopped before the caches are synced', async () => {
  const running = controller().run(stop.signal)

  stop.abort()

  await running
  expect(reconciled).toEqual([])
})
