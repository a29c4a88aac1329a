import { beforeEach, expect, it } from 'vitest'
import { createCache, type FedCache } from '../cache/cache.ts'
import { type ControllerOptions, createController } from './controller.ts'
import { silentLog } from '../log.ts'
import { ownKey, source } from './source.ts'
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

it('begins with all that is there, and not with what came and went while it stood by', async () => {
  const created = controller()
  listed(setCache, object('x'), object('gone'))
  listed(podCache, object('y-0'))
  setCache.feed.remove(object('gone', '6'))

  const running = created.run(stop.signal)
  await settle()

  expect(reconciled).toEqual(['a/x', 'a/y'])
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

it('takes a time that is none, as Date.parse gives it, for a failure of the reconcile', async () => {
  const { warnings, log } = listeningLog()
  listed(setCache, object('x'))
  listed(podCache)
  const running = controller({ log, reconcile: async () => ({ wakeAt: Date.parse('tomorrow') }) }).run(
    stop.signal,
  )
  await settle()

  expect(warnings).toMatchObject([
    { fields: { key: 'a/x', err: { message: 'NaN is no time to come back at.' } } },
  ])
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

it('drains: nothing starts any more, what runs goes on with its signal, and run ends with it', async () => {
  const drain = new AbortController()
  const end = Promise.withResolvers<void>()
  let seen: AbortSignal | undefined
  const created = controller({
    async reconcile(key, signal) {
      reconciled.push(key)
      seen = signal
      await end.promise
    },
  })
  listed(setCache, object('x'), object('y'))
  listed(podCache)
  let ended = false
  const running = created.run(stop.signal, drain.signal).then(() => {
    ended = true
  })
  await settle()

  drain.abort()
  await settle()
  expect(seen?.aborted).toBe(false)
  expect(ended).toBe(false)

  end.resolve()
  await running
  expect(reconciled).toEqual(['a/x'])
  expect(clock.timers).toEqual([])
})

it('promises no other try of what fails while it drains', async () => {
  const { warnings, log } = listeningLog()
  const drain = new AbortController()
  const end = Promise.withResolvers<void>()
  listed(setCache, object('x'))
  listed(podCache)
  const running = controller({ log, reconcile: () => end.promise }).run(stop.signal, drain.signal)
  await settle()
  drain.abort()
  end.reject(new Error('too late'))
  await running

  expect(warnings).toMatchObject([
    { message: 'reconcile failed; the controller is stopping', fields: { err: { message: 'too late' } } },
  ])
})

it('tells a reconcile that exceeds its time to stop, and begins the next one when it has ended', async () => {
  const { warnings, log } = listeningLog()
  const ends: (() => void)[] = []
  const signals: AbortSignal[] = []
  const created = controller({
    timeoutMs: 1_000,
    log,
    async reconcile(key, signal) {
      reconciled.push(key)
      signals.push(signal)
      await new Promise<void>((resolve) => ends.push(resolve))
    },
  })
  listed(setCache, object('x'))
  listed(podCache)
  const running = created.run(stop.signal)
  await clock.advance(999)
  expect(signals[0]?.aborted).toBe(false)
  await clock.advance(1)
  expect(signals[0]?.aborted).toBe(true)
  created.enqueue('a/x')
  await clock.advance(100_000)
  expect(reconciled).toEqual(['a/x'])
  expect(warnings.map(({ message }) => message)).toEqual([
    'reconcile exceeds its time limit; it was told to stop, and blocks its key until it has',
  ])

  ends[0]?.()
  await settle()
  expect(warnings[1]).toMatchObject({
    message: 'reconcile failed; trying again',
    fields: { err: { message: 'The reconcile took longer than 1000 ms.' } },
  })
  expect(reconciled).toEqual(['a/x', 'a/x'])
  ends[1]?.()
  stop.abort()
  await running
})

it.each<[string, () => Promise<void>, string]>([
  [
    'throws before it is asynchronous',
    () => {
      throw new Error('at once')
    },
    'at once',
  ],
  ['rejects with a string', () => Promise.reject('words'), 'not an Error was thrown: words'],
  ['rejects with nothing', () => Promise.reject(), 'not an Error was thrown: undefined'],
])('a reconcile that %s hurts nobody else', async (_title, fails, message) => {
  const { warnings, log } = listeningLog()
  const created = controller({
    log,
    reconcile(key) {
      reconciled.push(key)
      return key === 'a/x' ? fails() : Promise.resolve()
    },
  })
  listed(setCache, object('x'), object('y'))
  listed(podCache)
  const running = created.run(stop.signal)
  await settle()

  expect(reconciled).toEqual(['a/x', 'a/y'])
  expect(warnings).toMatchObject([{ fields: { key: 'a/x', err: { message } } }])
  stop.abort()
  await running
})

it('a mapping that throws for one change loses that change only', async () => {
  const created = controller({
    sources: [
      source(setCache, ({ key }) => {
        if (key === 'a/bad') throw new Error('bug')
        return [key]
      }),
    ],
  })
  listed(setCache, object('x'), object('bad'), object('y'))
  const running = created.run(stop.signal)
  await settle()

  expect(reconciled).toEqual(['a/x', 'a/y'])
  stop.abort()
  await running
})

it('reconciles what changes before what the first list brought', async () => {
  const running = controller({ sources: [source(setCache, ownKey)] }).run(stop.signal)
  listed(setCache, object('x'), object('y'), object('z'))
  setCache.feed.upsert(object('z', '9'))
  await settle()

  expect(reconciled).toEqual(['a/z', 'a/x', 'a/y'])
  stop.abort()
  await running
})

function listeningLog() {
  const warnings: { readonly fields: object; readonly message: string }[] = []
  return {
    warnings,
    log: { ...silentLog, warn: (fields: object, message: string) => void warnings.push({ fields, message }) },
  }
}
