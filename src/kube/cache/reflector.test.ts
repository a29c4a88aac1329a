import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCache, type FedCache } from './cache.ts'
import { systemClock } from '../clock.ts'
import type { KubernetesObject } from '../object.ts'
import { reflect, type ReflectorOptions } from './reflector.ts'
import { resource } from '../resource.ts'
import { createRest } from '../client/rest.ts'
import { refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, type SeenRequest, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createTransport } from '../client/transport.ts'

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
const isList = (request: SeenRequest): boolean => !isWatch(request)
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
  it('lists, then follows', async () => {
    put('x')
    start()
    await current()
    await watching()

    put('y')
    put('x', { changed: 'yes' })
    server.store.remove('v1/pods', 'a/x')
    put('elsewhere')
    await current()

    expect(lists()).toBe(1)
    expect(watches()).toHaveLength(1)
    const { query } = watches()[0]!
    expect(query.get('allowWatchBookmarks')).toBe('true')
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300)
    expect(Number(query.get('timeoutSeconds'))).toBeLessThan(600)
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
})

describe('on bad days', () => {
  it('a list answered 500 ten times', async () => {
    put('x')
    let refused = 0
    server.intercept((request, response) => {
      if (!isList(request) || refused === 10) return false
      refused += 1
      refuse(response, 500, 'InternalError', 'boom')
      return true
    })

    start()
    await current()

    expect(lists()).toBe(11)
  })

  it.each([
    ['as the answer to the watch', () => once(isWatch, 410, 'Expired')],
    ['as 410 Gone', () => once(isWatch, 410, 'Gone')],
    ['as Expired under another code', () => once(isWatch, 500, 'Expired')],
    ['as a bad request', () => once(isWatch, 400, 'BadRequest')],
    ['as an event', () => errorEvent({ code: 410, reason: 'Expired' })],
    ['as an event without a code', () => errorEvent({ reason: 'Expired' })],
    ['as an event with another code', () => errorEvent({ code: 500, reason: 'InternalError' })],
  ])('lost history %s: lists again', async (_title, fail) => {
    put('x')
    const failed = fail()
    start()
    await failed
    server.store.remove('v1/pods', 'a/x')
    put('y')

    await current()

    expect(lists()).toBe(2)
  })

  it('history lost for real while away', async () => {
    put('x')
    start()
    await watching()
    await server.kill()
    server.store.remove('v1/pods', 'a/x')
    put('y')
    server.store.compact()

    await server.restart()
    await current()

    expect(lists()).toBe(2)
  })

  it('the server killed and restarted: goes on from where it was', async () => {
    put('x')
    start()
    await watching()
    await server.kill()
    put('y')
    server.store.remove('v1/pods', 'a/x')

    await server.restart()
    await current()

    expect(lists()).toBe(1)
  })

  it('the connection lost in mid-line', async () => {
    start()
    await watching()
    put('x')
    await current()
    server.sendToWatches('{"type":"ADDED","object":{"metadata":{"na')
    server.closeWatches('destroy')
    put('y')

    await current()

    expect(lists()).toBe(1)
  })

  it('a watch that ends in mid-line', async () => {
    start()
    await watching()
    server.sendToWatches('{"type":"ADDED","obj')
    server.closeWatches('end')
    put('y')

    await current()

    expect(lists()).toBe(1)
  })

  it('a busy server: waits, keeps its place', async () => {
    put('x')
    const refused = once(isWatch, 503, 'ServiceUnavailable')
    start()
    await refused
    put('y')

    await current()

    expect(lists()).toBe(1)
    expect(watches()).toHaveLength(2)
  })

  it('a half-open connection: a quiet watch is given up and opened again', async () => {
    const clock = createManualClock()
    start({ clock, quietMs: 60_000 })
    await watching()
    await clock.advance(50_000)
    server.bookmark()
    await bytesArrive()
    await clock.advance(50_000)
    put('x')
    await current()
    expect(watches()).toHaveLength(1)

    const next = server.nextRequest(isWatch)
    await clock.advance(60_001)
    await next

    expect(lists()).toBe(1)
  })
})

describe('pace', () => {
  const pace = { random: () => 0.999_999, backoff: { baseMs: 800, capMs: 30_000 }, quietMs: 1e9 }

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
      if (!isWatch(request)) return false
      response.writeHead(200).end()
      return true
    })
    start({ ...pace, clock: waits.clock })

    await waits.reach(3)

    expect(waits.waited.slice(0, 3)).toEqual([800, 1600, 3200])
    expect(lists()).toBe(1)
  })

  it('asks a server that is away every 5 s at least, and lists at once when it came back without history', async () => {
    const waits = recordWaits()
    start({ ...pace, clock: waits.clock })
    await watching()
    await server.kill()
    await waits.reach(6)
    put('x')
    server.store.compact()
    await server.restart()
    const before = waits.waited.length

    await cacheShows(() => cache.list().length === 1)

    expect(waits.waited.slice(0, 6)).toEqual([800, 1600, 3200, 5000, 5000, 5000])
    expect(waits.waited.slice(before).every((ms) => ms === 5000)).toBe(true)
    expect(lists()).toBe(2)
  })

  it('history that is lost again and again is a failure, so it never spins', async () => {
    const waits = recordWaits()
    server.intercept((request, response) => {
      if (!isWatch(request)) return false
      refuse(response, 410, 'Expired', 'too old resource version')
      return true
    })
    start({ ...pace, clock: waits.clock })

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
