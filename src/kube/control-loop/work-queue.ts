/**
 * Which key is worked on when: each key once at a time, each waiting key once, some keys in parallel, failed ones later.
 * It knows keys, not objects, and not what the work is.
 */
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'

export interface WorkQueueOptions {
  /**
   * The work on one key. Its signal aborts when the queue's does. A rejection puts the key back with back-off.
   */
  readonly process: (key: string, signal: AbortSignal) => Promise<void>
  /** Hears of each failure. */
  readonly onFailure?: (failure: Failure) => void
  /** Keys worked on at the same time. Default 1. */
  readonly concurrency?: number
  readonly backoff?: BackoffOptions
  readonly clock?: Clock
  readonly random?: () => number
}

export interface Failure {
  readonly key: string
  readonly error: unknown
  /** Failures of this key in a row, this one included. */
  readonly failures: number
  readonly delayMs: number
}

export interface WorkQueue {
  /** Work on the key as soon as possible; once more if it is being worked on right now. */
  add(key: string): void
  /**
   * Work on the key at a wall-clock time; of several times the earliest counts. Times that were noted before the work
   * on the key begins are forgotten then, as that work states the next one anew.
   */
  addAt(key: string, atMs: number): void
  /** Starts working. Keys may be added before. An abort of the signal stops the queue and reaches running work. */
  start(signal: AbortSignal): void
  /** Starts no more work, drops what waits, and resolves when all running work has ended. */
  stop(): Promise<void>
  /** Keys that wait and keys that are worked on. */
  readonly depth: { readonly waiting: number; readonly running: number; readonly delayed: number }
}

interface Delayed {
  readonly atMs: number
  readonly cancel: () => void
}

const defaultBackoff: BackoffOptions = { baseMs: 50, capMs: 60_000 }

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { process, onFailure, concurrency = 1, backoff = defaultBackoff } = options
  const { clock = systemClock, random = Math.random } = options
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const delayed = new Map<string, Delayed>()
  const failuresByKey = new Map<string, number>()
  let state: 'idle' | 'started' | 'stopped' = 'idle'
  let signal = AbortSignal.abort()

  function add(key: string): void {
    if (state === 'stopped') return
    waiting.add(key)
    fill()
  }

  function fill(): void {
    if (state !== 'started') return
    for (const key of waiting) {
      if (running.size >= concurrency) return
      if (running.has(key)) continue
      waiting.delete(key)
      forgetDelayed(key)
      // Not before the key counts as running: the work may add its own key.
      running.set(key, Promise.resolve(key).then(work))
    }
  }

  async function work(key: string): Promise<void> {
    try {
      await process(key, signal)
      failuresByKey.delete(key)
    } catch (error) {
      if (!signal.aborted) fail(key, error)
    }
    running.delete(key)
    fill()
  }

  function fail(key: string, error: unknown): void {
    const failures = (failuresByKey.get(key) ?? 0) + 1
    failuresByKey.set(key, failures)
    // Half of the bound at least: a key that keeps failing must not come back at once by luck.
    const delayMs = backoffMs(failures, backoff, 0.5 + random() / 2)
    onFailure?.({ key, error, failures, delayMs })
    delay(key, clock.now() + delayMs, delayMs)
  }

  function delay(key: string, atMs: number, delayMs: number): void {
    if (state === 'stopped') return
    const known = delayed.get(key)
    if (known && known.atMs <= atMs) return
    known?.cancel()
    const cancel = clock.setTimeout(() => {
      delayed.delete(key)
      add(key)
    }, delayMs)
    delayed.set(key, { atMs, cancel })
  }

  function forgetDelayed(key: string): void {
    delayed.get(key)?.cancel()
    delayed.delete(key)
  }

  async function stop(): Promise<void> {
    state = 'stopped'
    waiting.clear()
    for (const key of delayed.keys()) forgetDelayed(key)
    await Promise.all(running.values())
  }

  return {
    add,
    addAt: (key, atMs) => delay(key, atMs, Math.max(0, atMs - clock.now())),
    start(given) {
      if (state !== 'idle') throw new Error('A work queue starts once.')
      signal = given
      if (given.aborted) {
        state = 'stopped'
        return
      }
      state = 'started'
      given.addEventListener('abort', () => void stop(), { once: true })
      fill()
    },
    stop,
    get depth() {
      return { waiting: waiting.size, running: running.size, delayed: delayed.size }
    },
  }
}
