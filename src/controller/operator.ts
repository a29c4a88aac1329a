/**
 * The operator as a whole: caches, the controller on top of them, and who may write. Made from a connection and a few
 * options by main.ts, and by tests from a fake API.
 */
import type { Clock } from '../kube/clock.ts'
import { createController } from '../kube/control-loop/controller.ts'
import { createEventRecorder } from '../kube/events/event-recorder.ts'
import { type Leadership, runWhileLeading } from '../kube/leader-election/leader-election.ts'
import type { Log } from '../kube/log.ts'
import type { Rest } from '../kube/client/rest.ts'
import { createCaches } from './caches.ts'
import { createReconciler } from './reconcile.ts'

export interface OperatorOptions {
  readonly rest: Rest
  /** Restricts everything to one namespace; all where left out. */
  readonly namespace: string | undefined
  /** Resources worked on at the same time. */
  readonly concurrency: number
  /** Where to compete for leadership; alone where left out. */
  readonly lease: { readonly namespace: string; readonly name: string } | undefined
  /** Which process this is, in the Lease and in events. */
  readonly identity: string
  readonly clock: Clock
  readonly log: Log
}

/** After an outage of the API server nothing waits much longer than the outage lasted. */
const backoff = { baseMs: 50, capMs: 10_000 }

/**
 * Watches at once, works while it leads. Resolves when the signal aborts and running work has ended; rejects with
 * LeadershipLost, or whatever else ended it. Either way nothing of it is left running.
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { rest, namespace, concurrency, lease, identity, clock, log } = options
  const events = createEventRecorder({
    rest,
    reportingController: 'canary.example.com/operator',
    reportingInstance: identity,
    clock,
    log,
  })
  const caches = createCaches(namespace, log)
  let mayWrite = () => !signal.aborted
  const controller = createController({
    name: 'canarystatefulset',
    sources: caches.sources,
    rest,
    reconcile: createReconciler({
      caches,
      events,
      clock,
      log,
      mayWrite: () => mayWrite(),
      revisit: (key) => controller.enqueue(key),
    }),
    concurrency,
    backoff,
    clock,
    log,
  })
  const ended = new AbortController()
  // A standby watches too: it takes over with caches that are filled already.
  const filled = caches.fill(rest, AbortSignal.any([signal, ended.signal]))
  try {
    if (lease === undefined) await controller.run(signal)
    else await runWhileLeading({ rest, ...lease, identity, clock, log }, lead, signal)
  } finally {
    ended.abort()
    await Promise.all([filled, events.idle()])
  }

  function lead(leadership: Leadership): Promise<void> {
    mayWrite = () => leadership.holds() && !leadership.signal.aborted
    return controller.run(leadership.signal)
  }
}
