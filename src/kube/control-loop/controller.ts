/**
 * Ties caches to a work queue: which change concerns which key, and one function that brings a key's world in order.
 * It starts no reflectors and decides nothing.
 */
import type { Clock } from '../clock.ts'
import type { Cache, Change } from '../cache/cache.ts'
import { type Log, silentLog } from '../log.ts'
import type { BackoffOptions } from '../backoff.ts'
import { createWorkQueue, type WorkQueue } from './work-queue.ts'

/** A cache, and the keys that a change in it concerns. */
export interface Source {
  readonly whenSynced: (signal: AbortSignal) => Promise<void>
  /** Calls back with each key concerned by a change; returns the function that ends this. */
  readonly subscribe: (enqueue: (key: string) => void) => () => void
}

/** `keysOf` is asked about each change, of the first list too; look at `previous` where a mapping may have changed. */
export function source<C>(cache: Cache<C>, keysOf: (change: Change<C>) => Iterable<string>): Source {
  return {
    whenSynced: (signal) => cache.whenSynced(signal),
    subscribe: (enqueue) =>
      cache.onChange((change) => {
        for (const key of keysOf(change)) enqueue(key)
      }),
  }
}

export interface Reconciled {
  /** The wall-clock time (ms) at which the key is to be looked at again without any event; state it each time. */
  readonly wakeAt?: number | undefined
}

export interface ControllerOptions {
  /** In logs. */
  readonly name: string
  readonly sources: readonly Source[]
  /**
   * Brings one key in order. Never runs twice at once for a key. Must stop deciding when the signal aborts. A rejection
   * is logged and the key comes back with back-off; waiting for something is no rejection.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled | void>
  /** Keys at the same time. Default 1. */
  readonly concurrency?: number
  readonly backoff?: BackoffOptions
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Log
}

export interface Controller {
  /** For news that no cache brings. */
  enqueue(key: string): void
  /**
   * Waits until all sources are synced, then reconciles until the signal aborts, then waits for the running reconciles.
   * Resolves after that; runs once.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Listens to the sources from now on, so create it before their reflectors start. */
export function createController(options: ControllerOptions): Controller {
  const { name, sources, reconcile, log = silentLog, ...queueOptions } = options
  const queue: WorkQueue = createWorkQueue({
    ...queueOptions,
    async process(key, signal) {
      const result = await reconcile(key, signal)
      if (result?.wakeAt !== undefined) queue.addAt(key, result.wakeAt)
    },
    onFailure({ key, error, failures, delayMs }) {
      const fields = { controller: name, key, failures, delayMs: Math.round(delayMs), err: error }
      log.warn(fields, 'reconcile failed; trying again')
    },
  })
  const unsubscribe = sources.map(({ subscribe }) => subscribe((key) => queue.add(key)))

  return {
    enqueue: (key) => queue.add(key),
    async run(signal) {
      try {
        await Promise.all(sources.map(({ whenSynced }) => whenSynced(signal)))
        log.info({ controller: name, keys: queue.depth.waiting }, 'caches are synced; reconciling')
        queue.start(signal)
        await aborted(signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
      for (const end of unsubscribe) end()
      await queue.stop()
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
