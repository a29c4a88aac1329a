/**
 * Which key is worked on when: each key once at a time, each waiting key once, some keys in parallel, changes first,
 * failed ones later. It knows keys, not objects, and not what the work is.
 */
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type Meter, silentMeter } from '../meter.ts'
import { createDelays } from './delays.ts'
import { createQueueMetrics } from './queue-metrics.ts'
import { createWaitingKeys, type Priority, type WaitingKey } from './waiting-keys.ts'

export interface WorkQueueOptions {
  /**
   * The work on one key. Its signal aborts when the queue's does. A rejection puts the key back with back-off.
   */
  readonly process: (key: string, signal: AbortSignal) => Promise<void>
  /** A key for which this is true is not started, but waits. Call `look` when it may have become false. */
  readonly isHeld?: (key: string) => boolean
  /** Hears of each failure, when the key's return is settled already. Must not throw. */
  readonly onFailure?: (failure: Failure) => void
  /** Keys worked on at the same time. Default 1. */
  readonly concurrency?: number
  readonly backoff?: BackoffOptions
  /** In the metrics. */
  readonly name?: string
  readonly meter?: Meter
  readonly clock?: Clock
  readonly random?: () => number
}

export interface Failure {
  readonly key: string
  readonly error: unknown
  /** Failures of this key in a row, this one included. */
  readonly failures: number
  /** Until it comes back; undefined where it does not, as the queue has stopped. */
  readonly delayMs: number | undefined
}

export interface WorkQueue {
  /** Work on the key as soon as possible; once more if it is being worked on right now. Default: a change. */
  add(key: string, priority?: Priority): void
  /**
   * Work on the key at a wall-clock time; of several times the earliest counts. Times that were noted before the work
   * on the key begins are forgotten then, as that work states the next one anew.
   */
  addAt(key: string, atMs: number): void
  /** Asks `isHeld` again. */
  look(): void
  /** Starts working. Keys may be added before. An abort of the signal stops the queue and reaches running work. */
  start(signal: AbortSignal): void
  /** Starts no more work, drops what waits, and resolves when all running work has ended. */
  stop(): Promise<void>
  /** Keys that wait and keys that are worked on. */
  readonly depth: { readonly waiting: number; readonly running: number; readonly delayed: number }
}

interface Running {
  readonly startedAt: number
  readonly ended: Promise<void>
}

interface Failing {
  readonly count: number
  /** A key comes back as what it was: after an outage, changes still go before the rest. */
  readonly priority: Priority
}

const defaultBackoff: BackoffOptions = { baseMs: 50, capMs: 60_000 }

/**
 * Guarantees: a key is never worked on twice at once; after each `add` work on the key begins once more, unless the
 * queue is stopped; a time given to `addAt` is never early and comes, also when the wall clock is set (delays.ts);
 * waits after failures do not depend on the wall clock; no key waits for ever behind others (waiting-keys.ts).
 */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { process, isHeld, onFailure, concurrency = 1, backoff = defaultBackoff } = options
  const { name = 'queue', meter = silentMeter, clock = systemClock, random = Math.random } = options
  const waiting = createWaitingKeys(clock)
  const running = new Map<string, Running>()
  const failing = new Map<string, Failing>()
  const delays = createDelays(clock, (key) => add(key, failing.get(key)?.priority))
  const metrics = createQueueMetrics(meter, name, {
    waiting: (priority) => waiting.count(priority),
    runningMs: () => Array.from(running.values(), ({ startedAt }) => clock.monotonic() - startedAt),
  })
  let state: 'idle' | 'started' | 'stopped' = 'idle'
  let signal = AbortSignal.abort()

  function add(key: string, priority: Priority = 'change'): void {
    if (state === 'stopped') return
    if (waiting.add(key, priority)) metrics.added()
    fill()
  }

  function mayStart(key: string): boolean {
    return !running.has(key) && isHeld?.(key) !== true
  }

  function fill(): void {
    if (state !== 'started') return
    while (running.size < concurrency) {
      const next = waiting.take(mayStart)
      if (next === undefined) return
      begin(next)
    }
  }

  function begin(next: WaitingKey): void {
    const { key, waitedMs } = next
    delays.forget(key)
    metrics.started(waitedMs)
    // Not before the key counts as running: the work may add its own key.
    const ended = Promise.resolve(next).then(work)
    running.set(key, { startedAt: clock.monotonic(), ended })
  }

  async function work({ key, priority }: WaitingKey): Promise<void> {
    const startedAt = clock.monotonic()
    try {
      await process(key, signal)
      failing.delete(key)
    } catch (error) {
      if (!signal.aborted) fail(key, priority, error)
    } finally {
      metrics.ended(clock.monotonic() - startedAt)
      running.delete(key)
      fill()
    }
  }

  function fail(key: string, priority: Priority, error: unknown): void {
    const failures = (failing.get(key)?.count ?? 0) + 1
    failing.set(key, { count: failures, priority })
    if (state === 'stopped') {
      onFailure?.({ key, error, failures, delayMs: undefined })
      return
    }
    // Half of the bound at least: a key that keeps failing must not come back at once by luck.
    const delayMs = backoffMs(failures, backoff, 0.5 + random() / 2)
    delays.after(key, delayMs)
    metrics.retried()
    onFailure?.({ key, error, failures, delayMs })
  }

  async function stop(): Promise<void> {
    state = 'stopped'
    waiting.clear()
    delays.clear()
    await Promise.all(Array.from(running.values(), ({ ended }) => ended))
  }

  return {
    add,
    addAt(key, atMs) {
      if (state !== 'stopped') delays.at(key, atMs)
    },
    look: fill,
    start(given) {
      if (state !== 'idle') throw new Error('A work queue starts once.')
      signal = given
      if (given.aborted) {
        void stop()
        return
      }
      state = 'started'
      given.addEventListener('abort', () => void stop(), { once: true })
      fill()
    },
    stop,
    get depth() {
      const all = waiting.count('change') + waiting.count('initial')
      return { waiting: all, running: running.size, delayed: delays.size }
    },
  }
}
