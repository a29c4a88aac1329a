/**
 * Lists and watches of one resource of a fake store, without any network and on a clock that tests move: how an API
 * server answers them, how it fails to, and how its answers break. For writes there is fake-rest.ts; over real sockets
 * fake-api-server.ts.
 */
import { ApiError, ConnectionError } from '../client/api-error.ts'
import { abortReason, type Clock, sleep } from '../clock.ts'
import type { KubernetesObject } from '../object.ts'
import type { CallOptions, ListOptions, Rest, WatchOptions } from '../client/rest.ts'
import type { FakeStore, StoredEvent } from './fake-store.ts'

/** How a request fails: by this status, without a connection, without an answer, or in the middle of one. */
export type Failure = number | 'unreachable' | 'reset' | 'hangs' | 'garbage'

/** How a watch ends: in order, by a lost connection, in mid-line, by an ERROR event, or not at all (half-open). */
export type Cut = 'end' | 'reset' | 'mid-line' | 'expired' | 'error' | 'half-open'

export interface FakeWatchServer {
  readonly rest: Pick<Rest, 'list' | 'watch'>
  /** Requests so far. */
  readonly requests: number
  /** The next request of this kind fails so; several are taken in turn. */
  fail(kind: 'list' | 'watch', failure: Failure): void
  /** Every request of this kind fails so, until told otherwise. */
  failAlways(kind: 'list' | 'watch', failure: Failure | undefined): void
  cut(how: Cut): void
  /** Tells open watches the version of now. */
  bookmark(): void
  /** Watches that begin with all there is break off after so many events. */
  breakBeginnings(after: number | undefined): void
  /** No failure from now on. */
  heal(): void
  /** Nothing is answered until it is up again. */
  down(): void
  up(): void
}

export interface FakeWatchServerOptions {
  readonly store: FakeStore
  /** The store's name of the resource. */
  readonly resource: string
  readonly clock: Clock
  /** `refused` with 422, or `ignored`: such a watch begins with all there is, but never says that this was all. */
  readonly watchList: 'yes' | 'refused' | 'ignored'
  readonly latencyMs: number
}

interface OpenWatch {
  readonly from: number
  push(text: string): void
  end(error?: Error): void
}

const callLimitMs = 30_000

export function createFakeWatchServer(options: FakeWatchServerOptions): FakeWatchServer {
  const { store, resource, clock, watchList, latencyMs } = options
  const watches = new Set<OpenWatch>()
  const failures = { list: [] as Failure[], watch: [] as Failure[] }
  const always: { list?: Failure | undefined; watch?: Failure | undefined } = {}
  let isUp = true
  let requests = 0
  let beginningsBreakAfter: number | undefined

  store.onEvent((event) => {
    if (event.resource !== resource) return
    for (const watch of watches) if (event.version > watch.from) watch.push(lineOf(event))
  })

  async function answer(kind: 'list' | 'watch', { signal }: CallOptions): Promise<void> {
    requests += 1
    const failure = isUp ? (failures[kind].shift() ?? always[kind]) : 'unreachable'
    await sleep(clock, failure === 'hangs' ? callLimitMs : latencyMs, signal)
    if (failure !== undefined) throw errorOf(failure)
    if (!isUp) throw errorOf('reset')
  }

  function open(from: number, lines: readonly string[], signal: AbortSignal | undefined) {
    const queue = createByteQueue(signal)
    const watch = {
      from,
      push: queue.push,
      end(error?: Error) {
        watches.delete(watch)
        queue.end(error)
      },
    }
    watches.add(watch)
    signal?.addEventListener('abort', () => watches.delete(watch), { once: true })
    for (const line of lines) queue.push(line)
    return { watch, chunks: queue.chunks }
  }

  /** All there is now, and when that has been sent, with what has changed meanwhile, the bookmark that says so. */
  function begin(signal: AbortSignal | undefined) {
    const lines = store.list(resource).map((object) => lineOf({ type: 'ADDED', object }))
    const { watch, chunks } = open(store.version, lines.slice(0, beginningsBreakAfter), signal)
    if (beginningsBreakAfter !== undefined) watch.end(errorOf('reset'))
    else if (watchList === 'yes') clock.setTimeout(() => sayThatThisWasAll(watch), latencyMs)
    return { watch, chunks }
  }

  function sayThatThisWasAll(watch: OpenWatch): void {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    if (watches.has(watch)) watch.push(bookmarkOf({ resourceVersion: String(store.version), annotations }))
  }

  async function list<C>(_of: unknown, options: ListOptions = {}, decode?: (raw: KubernetesObject) => C) {
    // As of when it was asked: a consistent read may be no older, and this is the oldest.
    const resourceVersion = String(store.version)
    const objects = options.fieldSelector ? [] : store.list(resource)
    await answer('list', options)
    return { items: decode ? objects.map(decode) : objects, resourceVersion }
  }

  async function openWatch({ resourceVersion, sendInitialEvents, timeoutSeconds, signal }: WatchOptions) {
    await answer('watch', { signal })
    if (sendInitialEvents && watchList === 'refused') throw new ApiError(422, { reason: 'Invalid' })
    const from = Number(resourceVersion)
    if (!sendInitialEvents && from < store.compactedUpTo) throw new ApiError(410, { reason: 'Expired' })
    const past = store.since(from).filter((event) => event.resource === resource)
    const { watch, chunks } = sendInitialEvents ? begin(signal) : open(from, past.map(lineOf), signal)
    // A half-open connection brings no end either.
    clock.setTimeout(() => watches.has(watch) && watch.end(), timeoutSeconds * 1000)
    return { status: 200, headers: {}, chunks }
  }

  return {
    rest: {
      list,
      watch: (_of, watchOptions) => openWatch(watchOptions),
    },
    get requests() {
      return requests
    },
    fail: (kind, failure) => void failures[kind].push(failure),
    failAlways(kind, failure) {
      always[kind] = failure
    },
    breakBeginnings(after) {
      beginningsBreakAfter = after
    },
    cut(how) {
      for (const watch of watches) cutWatch(watches, watch, how)
    },
    bookmark() {
      const { version } = store
      // As the real one does: a watch from a state in its future gets nothing until it is there.
      for (const watch of watches) {
        if (version > watch.from) watch.push(bookmarkOf({ resourceVersion: String(version) }))
      }
    },
    heal() {
      for (const kind of ['list', 'watch'] as const) {
        failures[kind].length = 0
        always[kind] = undefined
      }
      beginningsBreakAfter = undefined
      isUp = true
    },
    down() {
      isUp = false
      for (const watch of watches) watch.end(errorOf('reset'))
    },
    up() {
      isUp = true
    },
  }
}

function cutWatch(watches: Set<OpenWatch>, watch: OpenWatch, how: Cut): void {
  switch (how) {
    case 'end':
      watch.end()
      return
    case 'reset':
      watch.end(errorOf('reset'))
      return
    case 'mid-line':
      watch.push('{"type":"MODIFIED","object":{"metadata":{"na')
      watch.end()
      return
    case 'expired':
      watch.push(`${JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })}\n`)
      watch.end()
      return
    case 'error':
      watch.push(`${JSON.stringify({ type: 'ERROR', object: { code: 500 } })}\n`)
      watch.end()
      return
    case 'half-open':
      watches.delete(watch)
  }
}

function errorOf(failure: Failure): Error {
  switch (failure) {
    case 'unreachable':
      return new ConnectionError('Unreachable', 'the fake server is down')
    case 'reset':
      return new ConnectionError('Reset', 'the fake server closed the connection')
    case 'hangs':
      return new ConnectionError('Timeout', 'the fake server did not answer')
    case 'garbage':
      return new ConnectionError('BadAnswer', 'the fake server sent something else')
    default:
      return new ApiError(failure, failure === 410 ? { reason: 'Expired' } : {})
  }
}

function lineOf({ type, object }: Pick<StoredEvent, 'type' | 'object'>): string {
  return `${JSON.stringify({ type, object })}\n`
}

function bookmarkOf(metadata: Pick<KubernetesObject['metadata'], 'resourceVersion' | 'annotations'>): string {
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`
}

/** Bytes on their way: what was pushed comes before the end, cut in two where that hurts. */
function createByteQueue(signal: AbortSignal | undefined) {
  const waiting: Buffer[] = []
  let ended: { readonly error?: Error | undefined } | undefined
  let wake: () => void = () => undefined
  signal?.addEventListener('abort', () => wake(), { once: true })

  async function* chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      if (signal?.aborted) throw abortReason(signal)
      const next = waiting.shift()
      if (next) yield next
      else if (ended?.error) throw ended.error
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    chunks: chunks(),
    push(text: string) {
      if (ended) return
      const bytes = Buffer.from(text)
      const middle = bytes.length >> 1
      waiting.push(bytes.subarray(0, middle), bytes.subarray(middle))
      wake()
    },
    end(error?: Error) {
      ended ??= { error }
      wake()
    },
  }
}
