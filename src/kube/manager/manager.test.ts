/** Who starts before whom, how all of it ends, and what the probes say meanwhile. */
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import type { Rest } from '../client/rest.ts'
import type { Reconcile } from '../control-loop/controller.ts'
import { ownKey, source } from '../control-loop/source.ts'
import { events } from '../events/event-manifest.ts'
import { subjectOf } from '../events/event-subject.ts'
import { NotLeading } from '../leader-election/fenced-rest.ts'
import { type Lease, leases } from '../leader-election/lease.ts'
import { LeadershipLost } from '../leader-election/leader-election.ts'
import { silentLog } from '../log.ts'
import { apiVersionOf, type Resource, resource } from '../resource.ts'
import { createFakeRest } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createFakeWatchServer, type FakeWatchServer } from '../testing/fake-watch-server.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { restWith } from '../testing/rest-with.ts'
import { createManager, type Manager } from './manager.ts'

const maps = resource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true })
const lease = { namespace: 'system', name: 'us' }
const map = { metadata: { namespace: 'a', name: 'x' } }

let clock: ManualClock
let store: FakeStore
let server: FakeWatchServer
let diary: string[]
let stop: AbortController
beforeEach(() => {
  clock = createManualClock()
  store = createFakeStore()
  server = createFakeWatchServer({ store, resource: tableOf(maps), clock, watchList: 'yes', latencyMs: 1 })
  diary = []
  stop = new AbortController()
  store.put(tableOf(maps), map)
})

function tableOf(of: Resource): string {
  return `${apiVersionOf(of)}/${of.plural}`
}

/** Notes each request in the diary, and the end of each watch. */
function noted(): Rest {
  const { list, watch } = server.rest
  const fake = createFakeRest(store)
  function note<F extends (...given: never[]) => unknown>(verb: string, call: F): F {
    return ((of: Resource, ...given: never[]) => {
      diary.push(`${verb} ${of.plural}`)
      return call(of as never, ...given)
    }) as unknown as F
  }
  return restWith({
    list: note('list', list),
    watch(of, options) {
      diary.push(`watch ${of.plural}`)
      options.signal?.addEventListener('abort', () => diary.push(`end the watch of ${of.plural}`))
      return watch(of, options)
    },
    getIfExists: note('get', fake.getIfExists),
    create: note('create', fake.create),
    replace: note('replace', fake.replace),
  })
}

interface Running {
  readonly manager: Manager
  readonly ended: Promise<void>
  /** The page with all its checks, or undefined where nobody listens. */
  readonly page: (path: string) => Promise<string | undefined>
}

async function start(reconcile: Reconcile, beforeCaches?: () => Promise<void>): Promise<Running> {
  const listening = Promise.withResolvers<string>()
  const manager = createManager({
    rest: noted(),
    component: 'example.com/us',
    identity: 'us',
    lease,
    healthAddress: { host: '127.0.0.1', port: 0 },
    graceMs: 5_000,
    clock,
    log: {
      ...silentLog,
      info: ({ address }, message) => void (message === 'answering' && listening.resolve(String(address))),
    },
    ...(beforeCaches && { beforeCaches }),
  })
  const cache = manager.cache(maps)
  manager.controller({ name: 'maps', sources: [source(cache, ownKey)], reconcile })
  const ended = manager.run(stop.signal)
  onTestFinished(() => stop.abort())
  const address = await listening.promise
  async function page(path: string): Promise<string | undefined> {
    const response = await fetch(`http://${address}${path}?verbose`).catch(() => undefined)
    return response?.text()
  }
  return { manager, ended, page }
}

async function reconciles(key: string): Promise<void> {
  diary.push(`reconcile ${key}`)
}

function leaseHeldBy(holderIdentity: string): void {
  const known = store.get(tableOf(leases), 'system/us') as Lease | undefined
  const spec = { ...known?.spec, holderIdentity, leaseDurationSeconds: 15 }
  store.put(tableOf(leases), { ...known, metadata: lease, spec } as never)
}

it('answers probes, then waits for what the caches need, fills them, competes for the Lease, works', async () => {
  const installed = Promise.withResolvers<void>()
  const { page } = await start(reconciles, () => installed.promise)
  await clock.advance(100)
  expect(diary).toEqual([])
  expect(await page('/healthz')).toBe('[+]ping ok\nhealthz check passed\n')
  expect(await page('/readyz')).toBe(
    '[+]ping ok\n[-]caches failed: configmaps not listed yet\n[+]shutdown ok\nreadyz check failed\n',
  )

  installed.resolve()
  await clock.advance(100)
  expect(diary).toEqual(['watch configmaps', 'get leases', 'create leases', 'reconcile a/x'])
  expect(await page('/readyz')).toBe('[+]ping ok\n[+]caches ok\n[+]shutdown ok\nreadyz check passed\n')
})

it('is ready as a standby, and while the API server is away', async () => {
  leaseHeldBy('another')
  const { page } = await start(reconciles)
  await clock.advance(100)
  expect(await page('/readyz')).toMatch('readyz check passed')

  server.down()
  await clock.advance(600_000)
  expect(await page('/readyz')).toMatch('readyz check passed')
  expect(await page('/healthz')).toMatch('healthz check passed')
})

it('ends the other way round: the work, as the leader; its events; the Lease; the caches; the pages', async () => {
  const gate = Promise.withResolvers<void>()
  const { manager, ended, page } = await start(async (key, _signal, rest) => {
    await gate.promise
    await rest.create(maps, { metadata: { namespace: 'a', name: 'made at the end' } })
    const regarding = subjectOf(maps, { metadata: { ...map.metadata, uid: 'u', resourceVersion: '1' } })
    manager.events.record({ regarding, type: 'Normal', reason: 'Made', action: 'Make', note: key })
  })
  await clock.advance(100)
  diary.splice(0)

  stop.abort()
  await settle()
  expect(await page('/readyz')).toMatch('[-]shutdown failed: the process is ending')
  expect(await page('/healthz')).toMatch('healthz check passed')
  expect(diary).toEqual([])

  gate.resolve()
  await ended
  expect(diary).toEqual([
    'create configmaps',
    `create ${events.plural}`,
    'get leases',
    'replace leases',
    'end the watch of configmaps',
  ])
  expect((store.get(tableOf(leases), 'system/us') as Lease).spec.holderIdentity).toBe('')
  expect(await page('/healthz')).toBeUndefined()
})

it('writes nothing for a reconcile that goes on after the Lease was lost, and says why it ended', async () => {
  const gate = Promise.withResolvers<void>()
  const refused = Promise.withResolvers<unknown>()
  const { ended } = await start(async (_key, _signal, rest) => {
    await gate.promise
    await rest.create(maps, { metadata: { namespace: 'a', name: 'too late' } }).catch(refused.resolve)
    refused.resolve('it was written')
  })
  await clock.advance(100)
  const lost = expect(ended).rejects.toThrow(LeadershipLost)
  leaseHeldBy('another')
  await clock.advance(10_000)
  gate.resolve()
  await lost

  expect(await refused.promise).toBeInstanceOf(NotLeading)
  expect(diary).not.toContain('create configmaps')
  expect((store.get(tableOf(leases), 'system/us') as Lease).spec.holderIdentity).toBe('another')
})
