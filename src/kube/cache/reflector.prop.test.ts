/**
 * A reflector and its cache against a model of an API server with a history, on which everything goes wrong in random
 * order. Time is moved by hand, so a run is the same every time.
 */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Change, createCache } from './cache.ts'
import { type LogFields, silentLog } from '../log.ts'
import type { KubernetesObject } from '../object.ts'
import { reflect } from './reflector.ts'
import { resource } from '../resource.ts'
import { createFakeStore } from '../testing/fake-store.ts'
import { type Cut, createFakeWatchServer, type Failure } from '../testing/fake-watch-server.ts'
import { createManualClock, settle } from '../testing/manual-clock.ts'

const pods = resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })
const stored = 'v1/pods'
const quietMs = 60_000

type Command =
  | { readonly does: 'put' | 'remove'; readonly name: string; readonly expected: boolean }
  | { readonly does: 'elsewhere' | 'bookmark' | 'compact' | 'down' | 'up' | 'backup' }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'cut'; readonly how: Cut }
  | { readonly does: 'fail'; readonly kind: 'list' | 'watch'; readonly failures: readonly Failure[] }
  | {
      readonly does: 'fail always'
      readonly kind: 'list' | 'watch'
      readonly failure: Failure | undefined
    }
  | { readonly does: 'break'; readonly after: number | undefined }
  | { readonly does: 'restore'; readonly away: boolean }

const name = fc.constantFrom('a', 'b', 'c', 'd')
const failure = fc.constantFrom<Failure>(
  ...([400, 410, 429, 500, 503, 504, 'unreachable', 'reset', 'hangs', 'garbage'] as const),
)
const write = fc.record({ does: fc.constantFrom('put', 'put', 'remove'), name, expected: fc.boolean() })
const command = fc.oneof(
  { weight: 8, arbitrary: write },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('pass'),
      ms: fc.constantFrom(1, 40, 900, 7_000, 70_000, 400_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('cut'),
      how: fc.constantFrom<Cut>('end', 'reset', 'mid-line', 'expired', 'error', 'half-open'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('fail'),
      kind: fc.constantFrom('list', 'watch'),
      failures: fc.array(failure, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom('elsewhere', 'bookmark', 'compact', 'down', 'up', 'backup'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('fail always'),
      kind: fc.constantFrom('list', 'watch'),
      failure: fc.option(failure, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('break'), after: fc.constantFrom(0, 1, 3, undefined) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restore'), away: fc.boolean() }) },
) as fc.Arbitrary<Command>

const run = fc.record({
  commands: fc.array(command, { maxLength: 60, size: 'max' }),
  watchList: fc.constantFrom('yes', 'yes', 'refused', 'ignored', 'unused'),
  seed: fc.nat(),
})
type Run = typeof run extends fc.Arbitrary<infer R> ? R : never

it('after all that, the cache equals a fresh list, and everything on the way was told and true', async () => {
  await fc.assert(fc.asyncProperty(run, survives), { seed: 20_301, numRuns: 400 })
})

/** What the cache may show: every state that the server was in, in the order of time. */
function createTimeline() {
  const lastSeenAt = new Map<string, number>()
  let now = 0
  return {
    record(objects: readonly KubernetesObject[]): number {
      now += 1
      lastSeenAt.set(printOf(objects), now)
      return now
    },
    /** When the server was last in that state; undefined: never. */
    momentOf: (objects: readonly KubernetesObject[]) => lastSeenAt.get(printOf(objects)),
  }
}

function printOf(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ metadata: { name, uid, resourceVersion, labels } }) =>
      [name, uid, resourceVersion, labels?.['content']].join(' '),
    )
    .toSorted()
    .join(', ')
}

async function survives({ commands, watchList, seed }: Run): Promise<void> {
  const clock = createManualClock()
  const store = createFakeStore()
  const timeline = createTimeline()
  timeline.record([])
  store.onEvent((event) => void (event.resource === stored && timeline.record(store.list(stored))))
  const server = createFakeWatchServer({
    store,
    resource: stored,
    clock,
    watchList: watchList === 'unused' ? 'yes' : watchList,
    latencyMs: 20,
  })
  // Who is called back may throw without harm to the cache, so what they find is gathered.
  const problems: unknown[] = []
  const log = { ...silentLog, error: ({ err }: LogFields) => void problems.push(err) }
  const cache = createCache<KubernetesObject>(pods, { log })
  const replica = followChanges(cache.onChange, () => {
    expect(timeline.momentOf(cache.list()), 'the cache shows a state that the server had').toBeDefined()
  })
  const writes = createWriteWatch(() => timeline.momentOf(cache.list()) ?? 0)
  let backup = store.snapshot()
  let content = 0
  let instant = 0
  let atInstant = 0

  /** Many requests without any time passing are a spin. */
  const rest: typeof server.rest = {
    list: ((...call: Parameters<typeof server.rest.list>) => {
      countAtInstant()
      return server.rest.list(...call)
    }) as typeof server.rest.list,
    watch(...call) {
      countAtInstant()
      return server.rest.watch(...call)
    },
  }
  function countAtInstant(): void {
    atInstant = clock.monotonic() === instant ? atInstant + 1 : 1
    instant = clock.monotonic()
    if (atInstant === 10) problems.push(new Error('ten requests at one instant: it spins'))
  }

  /** In steps, as what goes on by turns of the event loop is to keep up. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20_000) await clock.advance(Math.min(left, 20_000))
  }

  async function carryOut(does: Command): Promise<void> {
    switch (does.does) {
      case 'put': {
        // No two writes are alike, as a restored server gives the same version to another content.
        content += 1
        const labels = { content: String(content) }
        const object = store.put(stored, { metadata: { name: does.name, namespace: 'a', labels } })
        const { uid, resourceVersion } = object.metadata
        const moment = timeline.momentOf(store.list(stored)) ?? 0
        if (does.expected)
          writes.expect(cache.expectWrite, { key: `a/${does.name}`, uid, resourceVersion }, moment)
        return
      }
      case 'remove': {
        const known = store.get(stored, `a/${does.name}`)
        store.remove(stored, `a/${does.name}`)
        const moment = timeline.momentOf(store.list(stored)) ?? 0
        if (!known || !does.expected) return
        const { uid, resourceVersion } = known.metadata
        writes.expect(
          cache.expectWrite,
          { key: `a/${does.name}`, uid, resourceVersion, deleted: true },
          moment,
        )
        return
      }
      case 'elsewhere':
        store.put('v1/nodes', { metadata: { name: 'n' } })
        return
      case 'pass':
        await pass(does.ms)
        return
      case 'cut':
        server.cut(does.how)
        return
      case 'fail':
        for (const failure of does.failures) server.fail(does.kind, failure)
        return
      case 'fail always':
        server.failAlways(does.kind, does.failure)
        return
      case 'break':
        server.breakBeginnings(does.after)
        return
      case 'bookmark':
        server.bookmark()
        return
      case 'compact':
        store.compact()
        return
      case 'down':
        server.down()
        return
      case 'up':
        server.up()
        return
      case 'backup':
        backup = store.snapshot()
        return
      case 'restore':
        if (does.away) server.down()
        else server.cut('end')
        store.restore(backup)
        timeline.record(store.list(stored))
        // Nothing is written until everybody had the time to notice: what is written sooner may go unnoticed for ever.
        if (does.away) await pass(40_000)
        server.heal()
        await pass(4 * quietMs)
    }
  }

  const stop = new AbortController()
  const options = { clock, random: createRandom(seed), quietMs, watchList: watchList !== 'unused' }
  const ended = reflect(rest, cache, options, stop.signal)
  let passedMs = 0
  for (const each of commands) {
    const before = clock.monotonic()
    await carryOut(each)
    await settle()
    passedMs += clock.monotonic() - before
  }

  server.heal()
  await pass(900_000)
  stop.abort()
  await ended

  expect(problems).toEqual([])
  expect(printOf(cache.list())).toBe(printOf(store.list(stored)))
  expect(printOf([...replica.values()])).toBe(printOf(store.list(stored)))
  expect(writes.unseen(), 'writes that were never seen').toEqual([])
  expect(server.requests).toBeLessThan(30 + 4 * commands.length + (passedMs + 900_000) / 2_000)
}

/** Good enough for jitter (Numerical Recipes' generator). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Replays what listeners are told, and minds that each change follows from the one before. */
function followChanges(
  onChange: (listener: (change: Change<KubernetesObject>) => void) => void,
  also: () => void,
): ReadonlyMap<string, KubernetesObject> {
  const replica = new Map<string, KubernetesObject>()
  onChange(({ type, key, object, previous }) => {
    const known = replica.get(key)
    if (type === 'added') expect(known).toBeUndefined()
    else expect(known).toBe(type === 'modified' ? previous : object)
    if (previous) expect(object.metadata.uid).toBe(previous.metadata.uid)
    if (type === 'deleted') replica.delete(key)
    else replica.set(key, object)
    also()
  })
  return replica
}

/** Expects writes of ours, and minds that none is said to be seen while the cache is older than it. */
function createWriteWatch(cacheMoment: () => number) {
  const open = new Map<object, string>()
  return {
    expect(
      expectWrite: ReturnType<typeof createCache>['expectWrite'],
      write: Parameters<typeof expectWrite>[0],
      moment: number,
    ) {
      let told = 0
      const seen = expectWrite(write, () => {
        told += 1
        expect(told).toBe(1)
        expect(seen()).toBe('for good')
        expect(cacheMoment(), 'the cache is as new as a write that it reflects').toBeGreaterThanOrEqual(
          moment,
        )
        open.delete(write)
      })
      if (seen() === 'no') open.set(write, write.key)
    },
    unseen: () => [...open.values()],
  }
}
