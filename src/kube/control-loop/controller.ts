/**
 * Ties caches to a work queue: which change concerns which key (source.ts), and one function that brings a key's world
 * in order. It starts no reflectors and decides nothing.
 */
import type { BackoffOptions } from '../backoff.ts'
import type { Rest } from '../client/rest.ts'
import { type Clock, systemClock } from '../clock.ts'
import { createDeadline } from '../deadline.ts'
import { type Log, silentLog } from '../log.ts'
import { type Meter, silentMeter } from '../meter.ts'
import { aborted } from '../until-aborted.ts'
import { createControllerMetrics, type ReconcileResult } from './controller-metrics.ts'
import { createOwnWrites } from './own-writes.ts'
import type { Source } from './source.ts'
import { createWorkQueue, type WorkQueue } from './work-queue.ts'

export interface Reconciled {
  /** The wall-clock time (ms) at which the key is to be looked at again without any event; state it each time. */
  readonly wakeAt?: number | undefined
}

/**
 * Brings one key in order. Must stop deciding when the signal aborts. What it throws is logged and the key comes back
 * with back-off; waiting for something is no error. All its writes go through the given Rest.
 */
export type Reconcile = (key: string, signal: AbortSignal, rest: Rest) => Promise<Reconciled | void>

export interface ControllerOptions {
  /** In logs and metrics. */
  readonly name: string
  readonly sources: readonly Source[]
  readonly reconcile: Reconcile
  /** What `reconcile` writes through; for a program of which only one may write, a fenced one (fenced-rest.ts). */
  readonly rest: Rest
  /** Keys at the same time. Default 1. */
  readonly concurrency?: number
  /** Limit of one reconcile. Default 2 min. */
  readonly timeoutMs?: number
  readonly backoff?: BackoffOptions
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Log
  readonly meter?: Meter
}

export interface Controller {
  /** For news that no cache brings. */
  enqueue(key: string): void
  /**
   * Waits until all sources are synced, then reconciles until the signal aborts, which reaches running reconciles. When
   * `drain` aborts, no reconcile starts any more, and running ones go on. Resolves when they have ended; runs once.
   */
  run(signal: AbortSignal, drain?: AbortSignal): Promise<void>
}

/**
 * Listens to the sources while it runs, and begins with all that is there: one that waits for its turn to lead, maybe for
 * months, gathers nothing.
 *
 * Guarantees: never two reconciles of a key at once; every change that concerns a key is followed by a reconcile which
 * begins after it; none begins while a cache of the sources does not reflect what an earlier one wrote for the key
 * (own-writes.ts). A reconcile that exceeds its time limit is told to stop through its signal and counts as failed; the
 * next one of its key waits until it has ended in truth, as two at once would be worse than one that hangs.
 */
export function createController(options: ControllerOptions): Controller {
  const { name, sources, rest, concurrency = 1, timeoutMs = 120_000 } = options
  const { clock = systemClock, log = silentLog, meter = silentMeter } = options
  const ownWrites = createOwnWrites({
    rest,
    caches: [...new Set(sources.map(({ cache }) => cache))],
    onSeen: () => queue.look(),
    clock,
    log,
    name,
  })
  const queue: WorkQueue = createWorkQueue({
    ...options,
    process,
    isHeld: (key) => ownWrites.isBehind(key),
    onFailure({ key, error, failures, delayMs }) {
      const fields = { controller: name, key, failures, err: asError(error) }
      if (delayMs === undefined) log.warn(fields, 'reconcile failed; the controller is stopping')
      else log.warn({ ...fields, delayMs: Math.round(delayMs) }, 'reconcile failed; trying again')
    },
  })
  const metrics = createControllerMetrics(meter, name, { active: () => queue.depth.running, concurrency })

  async function process(key: string, signal: AbortSignal): Promise<void> {
    const startedAt = clock.monotonic()
    let outcome: ReconcileResult = 'error'
    try {
      const { wakeAt } = (await withinLimit(key, signal)) ?? {}
      if (wakeAt !== undefined) queue.addAt(key, wakeAt)
      outcome = wakeAt === undefined ? 'success' : 'requeue_after'
    } finally {
      metrics.reconciled(outcome, clock.monotonic() - startedAt)
    }
  }

  async function withinLimit(key: string, signal: AbortSignal): Promise<Reconciled | void> {
    const limit = createDeadline(clock, timeoutMs, signal, () => {
      const fields = { controller: name, key, timeoutMs }
      log.warn(
        fields,
        'reconcile exceeds its time limit; it was told to stop, and blocks its key until it has',
      )
      return new Error(`The reconcile took longer than ${timeoutMs} ms.`)
    })
    try {
      return await options.reconcile(key, limit.signal, ownWrites.restFor(key))
    } finally {
      limit.release()
      // However it ended: what came after the limit is no success, and often just the echo of the abort.
      if (limit.signal.aborted && !signal.aborted) limit.signal.throwIfAborted()
    }
  }

  async function reconcileUntil(stop: AbortSignal, signal: AbortSignal): Promise<void> {
    try {
      await Promise.all(sources.map(({ cache }) => cache.whenSynced(stop)))
    } catch (error) {
      if (!stop.aborted) throw error
    }
    if (stop.aborted) return
    log.info({ controller: name, keys: queue.depth.waiting }, 'caches are synced; reconciling')
    queue.start(signal)
    await aborted(stop)
  }

  return {
    enqueue: (key) => queue.add(key),
    async run(signal, drain = signal) {
      const unsubscribe = sources.map(({ subscribe }) =>
        subscribe((key, priority) => queue.add(key, priority)),
      )
      try {
        await reconcileUntil(AbortSignal.any([signal, drain]), signal)
      } finally {
        for (const end of unsubscribe) end()
        await queue.stop()
        ownWrites.stop()
      }
    },
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`not an Error was thrown: ${String(thrown)}`)
}
