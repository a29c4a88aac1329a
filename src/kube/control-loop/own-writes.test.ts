import { beforeEach, expect, it } from 'vitest'
import { createCache, type FedCache } from '../cache/cache.ts'
import { type LogFields, silentLog } from '../log.ts'
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { restWith } from '../testing/rest-with.ts'
import { type ControllerOptions, createController } from './controller.ts'
import { ownKey, source } from './source.ts'

const maps = resource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true })

let clock: ManualClock
let cache: FedCache<KubernetesObject, KubernetesObject>
let stop: AbortController
let reconciled: string[]
let warnings: { readonly fields: LogFields; readonly message: string }[]
beforeEach(() => {
  clock = createManualClock()
  cache = createCache(maps)
  stop = new AbortController()
  reconciled = []
  warnings = []
})

function object(name: string, resourceVersion: string): KubernetesObject {
  return { metadata: { namespace: 'a', name, uid: `uid-${name}`, resourceVersion } }
}

function listed(resourceVersion: string, ...objects: KubernetesObject[]): void {
  const begun = cache.feed.beginList()
  cache.feed.replace(
    objects.map((one) => cache.feed.decode(one)),
    resourceVersion,
    { begun },
  )
}

/** The first reconcile of each key writes, and the server answers with version 9. */
async function start(options: Partial<ControllerOptions> = {}) {
  const rest = restWith({
    patch: async (_of, { name }) => ({ object: object(name, '9') as never, warnings: [] }),
    delete: async () => ({ warnings: [] }),
  })
  const controller = createController({
    name: 'test',
    sources: [source(cache, ownKey)],
    rest,
    clock,
    log: { ...silentLog, warn: (fields, message) => void warnings.push({ fields, message }) },
    async reconcile(key, _signal, given) {
      reconciled.push(key)
      if (reconciled.length > 1) return
      await given.patch(maps, { namespace: 'a', name: 'x' }, { type: 'merge', body: {} })
    },
    ...options,
  })
  void controller.run(stop.signal)
  listed('5', object('x', '5'))
  await settle()
  return controller
}

it.each<[string, () => void]>([
  ['the event of the write', () => cache.feed.upsert(object('x', '9'))],
  ['a list begun after it', () => listed('9', object('x', '9'), object('other', '8'))],
  [
    'a list begun after it, whatever its numbers say',
    () => listed('3', object('x', '3'), object('other', '2')),
  ],
  ['the end of the object', () => cache.feed.remove(object('x', '10'))],
])('a key that wrote is not reconciled before %s, and then at once', async (_title, happens) => {
  const controller = await start()
  controller.enqueue('a/x')
  cache.feed.upsert(object('x', '7'))
  cache.feed.upsert(object('other', '8'))
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/other'])

  happens()
  await settle()

  expect(reconciled.filter((key) => key === 'a/x')).toHaveLength(2)
  expect(clock.timers).toEqual([])
  stop.abort()
})

it('a list that was under way when we wrote is no echo', async () => {
  const begun = cache.feed.beginList()
  await start()
  const later = cache.feed.beginList()
  cache.feed.replace([cache.feed.decode(object('x', '6'))], '6', { begun })
  await settle()
  expect(reconciled).toEqual(['a/x'])

  cache.feed.replace([cache.feed.decode(object('x', '6'))], '6', { begun: later })
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/x'])
  stop.abort()
})

it('where the echo does not come it waits on, and says so every 30 s', async () => {
  const controller = await start()
  controller.enqueue('a/x')
  await clock.advance(65_000)

  expect(reconciled).toEqual(['a/x'])
  const { fields, message } = warnings[0] ?? {}
  expect(warnings).toHaveLength(2)
  expect(message).toBe('a write of ours is not in the cache yet; nothing is decided for this key until it is')
  expect(fields).toMatchObject({ controller: 'test', key: 'a/x', resource: 'configmaps', sinceMs: 30_000 })
  stop.abort()
  await settle()
  expect(clock.timers).toEqual([])
})

it('a failure after the write does not let the key pass', async () => {
  await start({
    async reconcile(key, _signal, given) {
      reconciled.push(key)
      await given.delete(maps, { namespace: 'a', name: 'x' }, { uid: 'uid-x' })
      throw new Error('after the write')
    },
  })
  await clock.advance(20_000)
  expect(reconciled).toEqual(['a/x'])

  cache.feed.remove(object('x', '9'))
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/x'])
  stop.abort()
})

it('an object that was deleted, and made again before the answer came, holds nobody', async () => {
  const again = { metadata: { ...object('x', '7').metadata, uid: 'another' } }
  await start({
    rest: restWith({
      async delete() {
        cache.feed.remove(object('x', '6'))
        cache.feed.upsert(again)
        return { uid: 'uid-x', warnings: [] }
      },
    }),
    async reconcile(key, _signal, given) {
      reconciled.push(key)
      if (reconciled.length === 1) await given.delete(maps, { namespace: 'a', name: 'x' })
    },
  })

  expect(reconciled).toEqual(['a/x', 'a/x'])
  stop.abort()
})

it('a dry run, a failed write, and a write to what is not watched hold nobody', async () => {
  const secrets = { ...maps, plural: 'secrets', kind: 'Secret' }
  const refused = restWith({
    create: () => Promise.reject(new Error('refused')),
    patch: async (_of, { name }) => ({ object: object(name, '9') as never, warnings: [] }),
  })
  const controller = await start({
    rest: refused,
    async reconcile(key, _signal, given) {
      reconciled.push(key)
      const ref = { namespace: 'a', name: 'x' }
      await given.patch(maps, ref, { type: 'merge', body: {} }, { dryRun: true })
      await given.patch(secrets, ref, { type: 'merge', body: {} })
      await given.create(maps, { metadata: ref }).catch(() => undefined)
    },
  })
  controller.enqueue('a/x')
  await settle()

  expect(reconciled).toEqual(['a/x', 'a/x'])
  stop.abort()
})

it('an object that the label selector of a cache leaves out holds nobody, until an older state of it turns up', async () => {
  cache = createCache(maps, { labelSelector: 'app=ours' })
  const controller = await start({
    async reconcile(key, _signal, given) {
      reconciled.push(key)
      if (reconciled.length === 1)
        await given.patch(maps, { namespace: 'a', name: 'copy' }, { type: 'merge', body: {} })
    },
  })
  controller.enqueue('a/x')
  await settle()
  expect(reconciled).toEqual(['a/x', 'a/x'])

  cache.feed.upsert(object('copy', '7'))
  controller.enqueue('a/x')
  await settle()
  expect(reconciled.filter((key) => key === 'a/x')).toHaveLength(2)

  cache.feed.remove(object('copy', '9'))
  await settle()
  expect(reconciled.filter((key) => key === 'a/x')).toHaveLength(3)
  stop.abort()
})

it('of an answer of another kind, such as a Scale, the labels are not known, so it is waited for', async () => {
  cache = createCache(maps, { labelSelector: 'app=ours' })
  const scale = { ...object('copy', '9'), kind: 'Scale' }
  const controller = await start({
    rest: restWith({ patch: async () => ({ object: scale as never, warnings: [] }) }),
  })
  controller.enqueue('a/x')
  await settle()
  expect(reconciled).toEqual(['a/x'])
  stop.abort()
})
