import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCache, type FedCache } from './cache.ts'
import { systemClock } from '../clock.ts'
import type { KubernetesObject } from '../object.ts'
import { reflect, type ReflectorOptions } from './reflector.ts'
import { silentLog } from '../log.ts'
import { resource } from '../resource.ts'
import { createRest } from '../client/rest.ts'
import { refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, type SeenRequest, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createRecordingMeter } from '../testing/recording-meter.ts'
import { createTransport } from '../client/transport.ts'
import { createWorkQueue } from '../control-loop/work-queue.ts'

const pods = resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })

let server: FakeApiServer
let cache: FedCache<KubernetesObject, KubernetesObject>
let stop: AbortController
let ended: Promise<void>
beforeEach(async () => {
  server = await startFakeApiServer()
  cache = createCache(pods, { namespace: 'a' })
  stop = new AbortController()
  ended = Promise.resolve()
})
afterEach(async () => {
  stop.abort()
  await ended
  await server.kill()
})

function start(options: ReflectorOptions = {}): void {
  const rest = createRest(createTransport(server.connection))
  ended = reflect(rest, cache, { backoff: { baseMs: 1, capMs: 10 }, ...options }, stop.signal)
}

function put(name: string, labels: Record<string, string> = {}): void {
  server.store.put('v1/pods', { metadata: { name, namespace: 'a', labels } })
}

/** Resolves once the cache shows exactly what the server has. */
async function current(): Promise<void> {
  await cacheShows(
    () =>
      JSON.stringify(content(cache.list())) === JSON.stringify(content(server.store.list('v1/pods', 'a'))),
  )
}

function content(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Resolves when `isSo`, asked now and at each change. */
async function cacheShows(isSo: () => boolean): Promise<void> {
  await cache.whenSynced(stop.signal)
  if (isSo()) return
  await new Promise<void>((resolve) => {
    const end = cache.onChange(() => {
      if (!isSo()) return
      end()
      resolve()
    })
  })
}

const isWatch = ({ query }: SeenRequest): boolean => query.has('watch')
const isStream = ({ query }: SeenRequest): boolean => query.has('sendInitialEvents')
const isComparison = ({ query }: SeenRequest): boolean => query.has('fieldSelector')
/** Everything is asked for, in the one way or the other. */
const isList = (request: SeenRequest): boolean =>
  isStream(request) || !(isWatch(request) || isComparison(request))
const isResumed = (request: SeenRequest): boolean => isWatch(request) && !isStream(request)
const lists = (): number => server.requests.filter(isList).length
const watches = (): SeenRequest[] => server.requests.filter(isWatch)

/** Resolves when the server has a watch open, so that what is sent reaches it. */
async function watching(): Promise<void> {
  while (server.openWatches === 0) await server.nextRequest(isWatch).then(turn)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('in good times', () => {
  it('begins with all there is, then follows, in one watch', async () => {
    put('x')
    start()
    await current()
    await watching()

    put('y')
    put('x', { changed: 'yes' })
    server.store.remove('v1/pods', 'a/x')
    put('elsewhere')
    await current()

    expect(watches()).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
    const { query } = watches()[0]!
    expect(query.get('sendInitialEvents')).toBe('true')
    expect(query.get('resourceVersion')).toBeNull()
    expect(query.get('allowWatchBookmarks')).toBe('true')
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300)
    expect(Number(query.get('timeoutSeconds'))).toBeLessThan(600)
  })

  it('lists by pages and watches from there where that is asked for', async () => {
    put('x')
    start({ watchList: false })
    await current()
    await watching()

    put('y')
    await current()

    expect(lists()).toBe(1)
    expect(watches()).toHaveLength(1)
    expect(watches()[0]!.query.has('sendInitialEvents')).toBe(false)
  })

  it('goes on from the last bookmark when the server ends the watch', async () => {
    put('x')
    start()
    await watching()
    for (let i = 0; i < 5; i++) server.store.put('v1/nodes', { metadata: { name: 'n' } })
    server.bookmark()

    const next = server.nextRequest(isWatch)
    server.closeWatches('end')

    expect((await next).query.get('resourceVersion')).toBe(String(server.store.version))
    expect(lists()).toBe(1)
  })

  it('ends when told, also in mid-watch', async () => {
    start()
    await watching()

    stop.abort()

    await ended
  })

  it('tells the meter what it got, and why it listed', async () => {
    const meter = createRecordingMeter()
    put('x')
    start({ meter })
    await watching()
    put('y')
    server.store.remove('v1/pods', 'a/x')
    await current()
    await errorEvent({ code: 410, reason: 'Expired' })
    while (meter.count('reflector_lists_total') < 2) await turn()

    expect(meter.count('reflector_lists_total', { resource: 'pods', reason: 'first' })).toBe(1)
    expect(meter.count('reflector_lists_total', { resource: 'pods', reason: 'expired' })).toBe(1)
    // x, y, and y again with the second beginning.
    expect(meter.count('reflector_watch_events_total', { resource: 'pods', type: 'added' })).toBe(3)
    expect(meter.count('reflector_watch_events_total', { resource: 'pods', type: 'deleted' })).toBe(1)
    expect(meter.count('reflector_watch_events_total', { resource: 'pods', type: 'error' })).toBe(1)
    expect(meter.read('cache_objects')).toEqual([{ labels: { resource: 'pods' }, value: 1 }])
    expect(meter.read('reflector_last_progress_timestamp_seconds')[0]!.value).toBeGreaterThan(1.7e9)
  })
})

describe('a resource that the server may not have', () => {
  let served = false
  beforeEach(() => {
    served = false
    cache = createCache(pods, { namespace: 'a', optional: true })
    server.intercept((_request, response) => {
      if (!served) refuse(response, 404, 'NotFound', 'the server could not find the requested resource')
      return !served
    })
  })

  it('is empty and synced, and followed as soon as it is served', async () => {
    start()
    await cache.whenSynced(stop.signal)
    expect(cache.size).toBe(0)

    served = true
    put('x')
    await cacheShows(() => cache.size === 1)
  })

  it('is empty again when it is taken away', async () => {
    served = true
    put('x')
    start()
    await cacheShows(() => cache.size === 1)

    await watching()
    served = false
    server.closeWatches('end')
    await cacheShows(() => cache.size === 0)
  })

  it('which must be there is waited for instead', async () => {
    cache = createCache(pods, { namespace: 'a' })
    start()
    await server.nextRequest(() => lists() > 2)
    expect(cache.synced).toBe(false)
  })
})

it('what changes while the beginning is on its way is in it', async () => {
  server.intercept((request, response) => {
    if (!isStream(request)) return false
    const event = (type: string, name: string, resourceVersion: string): string =>
      `${JSON.stringify({ type, object: { metadata: { name, namespace: 'a', uid: name, resourceVersion } } })}\n`
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const end = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9', annotations } } }
    const events = [event('ADDED', 'x', '1'), event('ADDED', 'y', '2'), event('DELETED', 'x', '8')]
    response.write(`${events.join('')}${event('MODIFIED', 'y', '9')}${JSON.stringify(end)}\n`)
    return true
  })
  const told: string[] = []
  cache.onChange(({ type, key }) => told.push(`${type} ${key}`))

  start()
  await cache.whenSynced(stop.signal)

  expect(told).toEqual(['added a/y'])
  expect(cache.get('a/y')?.metadata.resourceVersion).toBe('9')
})

it('a consumer slower than the events: what waits is bounded by the keys, and the last state is handled', async () => {
  const handled: (string | undefined)[] = []
  const gate = Promise.withResolvers<void>()
  const queue = createWorkQueue({
    async process(key) {
      await gate.promise
      handled.push(cache.get(key)?.metadata.resourceVersion)
    },
  })
  cache.onChange(({ key }) => queue.add(key))
  start()
  await watching()
  queue.start(stop.signal)

  for (let i = 0; i < 2_000; i++) put(`x-${i % 5}`)
  await current()
  const { waiting } = queue.depth
  gate.resolve()
  const versions = server.store.list('v1/pods', 'a').map(({ metadata }) => metadata.resourceVersion)
  while (!versions.every((version) => handled.includes(version))) await turn()

  expect(waiting).toBeLessThanOrEqual(5)
  expect(handled.length).toBeLessThanOrEqual(10)
})

describe('a server without WatchList', () => {
  it.each([
    [422, 'Invalid'],
    [400, 'BadRequest'],
  ])('that refuses it by %d is never asked for it again', async (code, reason) => {
    put('x')
    server.intercept((request, response) => {
      if (!isStream(request)) return false
      refuse(response, code, reason, 'sendInitialEvents is forbidden for watch')
      return true
    })
    start()
    await current()
    await errorEvent({ code: 410, reason: 'Expired' })
    await server.nextRequest(isList)
    put('y')
    await current()

    expect(server.requests.filter(isStream)).toHaveLength(1)
    expect(lists()).toBe(3)
  })

  it('that ignores it is listed after a while, and what it sent is not shown before', async () => {
    const clock = createManualClock()
    put('x')
    server.intercept((request, response) => {
      if (!isStream(request)) return false
      response.writeHead(200, { 'content-type': 'application/json' })
      const event = { type: 'ADDED', object: server.store.list('v1/pods')[0] }
      const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '100' } } }
      response.write(`${JSON.stringify(event)}\n${JSON.stringify(bookmark)}\n`)
      return true
    })
    const meter = createRecordingMeter()
    start({ clock, meter })
    while (meter.count('reflector_watch_events_total', { resource: 'pods', type: 'bookmark' }) === 0)
      await turn()
    expect([cache.synced, cache.size]).toEqual([false, 0])

    await clock.advance(30_001)
    await current()

    expect(server.requests.filter(isStream)).toHaveLength(1)
    expect(lists()).toBe(2)
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['is cut', (response) => response.destroy()],
    ['ends', (response) => response.end()],
    ['is refused in the middle', (response) => response.end('{"type":"ERROR","object":{"code":500}}\n')],
  ])(
    'a beginning that %s: nothing of it is shown, all is listed, and later it is tried again',
    async (_title, breaks) => {
      put('x')
      const intercepted = server.intercept((request, response) => {
        if (!isStream(request)) return false
        intercepted()
        response.writeHead(200, { 'content-type': 'application/json' })
        const object = { metadata: { name: 'never', namespace: 'a', uid: 'u', resourceVersion: '1' } }
        response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`)
        setImmediate(breaks, response)
        return true
      })
      const told: string[] = []
      cache.onChange(({ key }) => told.push(key))
      start()
      await current()
      expect(server.requests.map(isStream)).toEqual([true, false])

      await errorEvent({ code: 410, reason: 'Expired' })
      await server.nextRequest(isStream)
      await watching()

      expect(told).toEqual(['a/x'])
    },
  )
})

it('a page of a list answered 410: the list begins anew', async () => {
  for (let i = 0; i < 300; i++) put(`x-${i}`)
  const paged = once(({ query }) => query.has('continue'), 410, 'Expired')
  start({ watchList: false })
  await paged

  await current()

  expect(server.requests.filter((each) => isList(each) && !each.query.has('continue'))).toHaveLength(2)
})

describe.each([
  ['WatchList', true],
  ['pages', false],
])('on bad days, with %s', (_title, watchList) => {
  it('a list answered 500 ten times', async () => {
    put('x')
    let refused = 0
    server.intercept((request, response) => {
      if (!isList(request) || refused === 10) return false
      refused += 1
      refuse(response, 500, 'InternalError', 'boom')
      return true
    })

    start({ watchList })
    await current()

    expect(lists()).toBe(11)
  })

  it.each([
    ['as the answer to the watch', () => onceResumed(410, 'Expired')],
    ['as 410 Gone', () => onceResumed(410, 'Gone')],
    ['as Expired under another code', () => onceResumed(500, 'Expired')],
    ['as a bad request', () => onceResumed(400, 'BadRequest')],
    ['as a version in the future', () => onceResumed(504, 'Timeout')],
    ['as an event', () => errorEvent({ code: 410, reason: 'Expired' })],
    ['as an event without a code', () => errorEvent({ reason: 'Expired' })],
    ['as an event with another code', () => errorEvent({ code: 500, reason: 'InternalError' })],
  ])('lost history %s: lists again', async (_case, fail) => {
    put('x')
    start({ watchList })
    await current()
    await fail()
    server.store.remove('v1/pods', 'a/x')
    put('y')

    await current()

    expect(lists()).toBe(2)
  })

  it('the server killed and restarted: lists, for nobody says that it is the same', async () => {
    put('x')
    start({ watchList })
    await watching()
    await server.kill()
    server.store.remove('v1/pods', 'a/x')
    put('y')

    await server.restart()
    await current()

    expect(watches().filter(({ query }) => query.has('resourceVersion')).length).toBeLessThanOrEqual(
      watchList ? 1 : 2,
    )
    expect(cache.get('a/y')).toBeDefined()
  })

  it('the connection lost in mid-line: goes on from where it was', async () => {
    start({ watchList })
    await watching()
    put('x')
    await current()
    server.sendToWatches('{"type":"ADDED","object":{"metadata":{"na')
    server.closeWatches('destroy')
    put('y')

    await current()

    expect(lists()).toBe(1)
  })

  it('a watch that ends in mid-line: goes on from where it was', async () => {
    start({ watchList })
    await watching()
    server.sendToWatches('{"type":"ADDED","obj')
    server.closeWatches('end')
    put('y')

    await current()

    expect(lists()).toBe(1)
  })

  it('a busy server: waits, keeps its place', async () => {
    put('x')
    start({ watchList })
    await current()
    await onceResumed(503, 'ServiceUnavailable')
    put('y')

    await current()

    expect(lists()).toBe(1)
  })

  it('a half-open connection: a quiet watch is given up and, where the server is not behind, opened again', async () => {
    const clock = createManualClock()
    start({ clock, quietMs: 60_000, watchList })
    await watching()
    await clock.advance(50_000)
    server.bookmark()
    await bytesArrive()
    await clock.advance(50_000)
    put('x')
    await current()
    expect(watches()).toHaveLength(1)

    const next = server.nextRequest(isResumed)
    await clock.advance(60_001)
    await next

    expect(server.requests.filter(isComparison)).toHaveLength(1)
    expect(lists()).toBe(1)
  })

  it('a server that went back in time keeps silent on the watch: it is found out and listed', async () => {
    const clock = createManualClock()
    put('kept')
    const backup = server.store.snapshot()
    put('lost')
    start({ clock, quietMs: 60_000, watchList })
    await current()
    await watching()
    server.store.restore(backup)
    await clock.advance(6_000)
    const resumed = server.nextRequest(isResumed)
    server.closeWatches('end')
    await resumed
    await watching()

    const next = server.nextRequest(isList)
    await clock.advance(60_001)
    await next
    await current()

    expect(names(cache.list())).toEqual(['kept'])
    expect(lists()).toBe(2)
  })

  it('a write of ours that never comes on a quiet watch: all is listed, and that is said', async () => {
    const clock = createManualClock()
    const warnings: string[] = []
    const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) }
    start({ clock, quietMs: 60_000, watchList, log })
    await watching()
    const seen = cache.expectWrite({ key: 'a/x', resourceVersion: '900' }, () => undefined)

    const next = server.nextRequest(isList)
    await clock.advance(60_001)
    await next
    while (seen() === 'no') await turn()

    expect(lists()).toBe(2)
    expect(server.requests.some(isComparison)).toBe(false)
    expect(warnings).toContain('a write of ours never came on the watch')
  })

  it('an event older than the one before: the server went back in time, all is listed', async () => {
    put('kept')
    const backup = server.store.snapshot()
    put('lost')
    start({ watchList })
    await current()
    await watching()
    server.store.restore(backup)
    const object = { metadata: { name: 'kept', namespace: 'a', uid: 'u', resourceVersion: '100' } }

    const next = server.nextRequest(isList)
    server.sendToWatches(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
    await next
    await current()

    expect(names(cache.list())).toEqual(['kept'])
  })
})

describe('pace', () => {
  const pace = {
    random: () => 0.999_999,
    backoff: { baseMs: 800, capMs: 30_000 },
    quietMs: 1e9,
    initialStateMs: 1e9,
  }

  it('backs off with full jitter up to the cap, and starts anew after progress', async () => {
    const waits = recordWaits()
    let refused = 0
    server.intercept((_request, response) => {
      if (refused === 8) return false
      refused += 1
      refuse(response, 500, 'InternalError', 'boom')
      return true
    })
    start({ ...pace, clock: waits.clock })
    await watching()
    put('x')
    await cacheShows(() => cache.list().length === 1)

    await server.kill()
    await waits.reach(9)
    await server.restart()

    expect(waits.waited.slice(0, 9)).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 800])
  })

  it('a watch that ends at once without any event is a failure, so it never spins', async () => {
    const waits = recordWaits()
    server.intercept((request, response) => {
      if (!isResumed(request)) return false
      response.writeHead(200).end()
      return true
    })
    start({ ...pace, clock: waits.clock, watchList: false })

    await waits.reach(3)

    expect(waits.waited.slice(0, 3)).toEqual([800, 1600, 3200])
    expect(lists()).toBe(1)
  })

  it('asks a server that is away every 5 s at least, and lists when it came back', async () => {
    const waits = recordWaits()
    start({ ...pace, clock: waits.clock })
    await watching()
    await server.kill()
    await waits.reach(6)
    put('x')
    await server.restart()
    const before = waits.waited.length

    await cacheShows(() => cache.list().length === 1)

    expect(waits.waited.slice(0, 6)).toEqual([800, 1600, 3200, 5000, 5000, 5000])
    expect(waits.waited.slice(before).every((ms) => ms === 5000)).toBe(true)
  })

  it('history that is lost again and again is a failure, so it never spins', async () => {
    const waits = recordWaits()
    server.intercept((request, response) => {
      if (!isResumed(request)) return false
      refuse(response, 410, 'Expired', 'too old resource version')
      return true
    })
    start({ ...pace, clock: waits.clock, watchList: false })

    await waits.reach(3)

    expect(waits.waited.slice(0, 3)).toEqual([800, 1600, 3200])
    expect(lists()).toBe(4)
  })

  it('takes no less than the time that the server asks for', async () => {
    const waits = recordWaits()
    const refused = server.intercept((_request, response) => {
      response.setHeader('retry-after', '120')
      refuse(response, 429, 'TooManyRequests', 'slow down')
      return true
    })
    start({ ...pace, clock: waits.clock })

    await waits.reach(1)
    refused()

    expect(waits.waited[0]).toBe(120_000)
  })
})

function once(fits: (request: SeenRequest) => boolean, code: number, reason: string): Promise<void> {
  return new Promise((resolve) => {
    const end = server.intercept((request, response) => {
      if (!fits(request)) return false
      end()
      refuse(response, code, reason, 'as asked by the test')
      resolve()
      return true
    })
  })
}

/** The next watch from a position is refused so. */
async function onceResumed(code: number, reason: string): Promise<void> {
  await watching()
  const refused = once(isResumed, code, reason)
  server.closeWatches('end')
  await refused
}

function names(objects: readonly KubernetesObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name).toSorted()
}

async function errorEvent(object: object): Promise<void> {
  await watching()
  server.sendToWatches(`${JSON.stringify({ type: 'ERROR', object })}\n`)
}

/** The bookmark has reached the cache. */
async function bytesArrive(): Promise<void> {
  const version = String(server.store.version)
  do await turn()
  while (cache.lastResourceVersion !== version)
}

/** Notes back-offs, and ends each at once. Time limits never pass. */
function recordWaits() {
  const waited: number[] = []
  const reached = new Map<number, () => void>()
  return {
    waited,
    /** Resolves when so many back-offs have begun. */
    async reach(count: number) {
      if (waited.length < count) await new Promise<void>((resolve) => reached.set(count, resolve))
    },
    clock: {
      ...systemClock,
      setTimeout(callback: () => void, ms: number) {
        if (ms >= 1e9) return () => undefined
        waited.push(Math.round(ms))
        reached.get(waited.length)?.()
        const immediate = setImmediate(callback)
        return () => clearImmediate(immediate)
      },
    },
  }
}
