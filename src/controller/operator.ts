/**
 * The operator as a whole: what its manager runs, and what it measures of its own. Made from a connection and a few
 * options by main.ts, and by tests from a fake API.
 */
import type { Cache } from '../kube/cache/cache.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLog } from '../kube/log.ts'
import { createManager, type ManagerOptions } from '../kube/manager/manager.ts'
import type { Meter } from '../kube/meter.ts'
import { createCaches } from './caches.ts'
import { createReconciler } from './reconcile.ts'
import type { RawResource } from './resources.ts'
import { untilInstalled } from './until-installed.ts'

export interface OperatorOptions extends Omit<ManagerOptions, 'component' | 'beforeCaches'> {
  /** Restricts everything to one namespace; all where left out. */
  readonly namespace: string | undefined
  /** Resources worked on at the same time. */
  readonly concurrency: number
}

/** After an outage of the API server nothing waits much longer than the outage lasted. */
const backoff = { baseMs: 50, capMs: 10_000 }

/** Runs the operator; how it starts and ends is its manager's business (kube/manager/manager.ts, `run`). */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { namespace, concurrency, rest, clock = systemClock, log = silentLog } = options
  const manager = createManager({
    ...options,
    component: 'canary.example.com/operator',
    beforeCaches: (stop) => untilInstalled({ rest, namespace, clock, log }, stop),
  })
  const caches = createCaches(namespace, manager.cache)
  const controller = manager.controller({
    name: 'canarystatefulset',
    sources: caches.sources,
    reconcile: createReconciler({
      caches,
      events: manager.events,
      clock,
      log,
      revisit: (key) => controller.enqueue(key),
    }),
    concurrency,
    backoff,
  })
  measureResources(manager.meter, caches.resources)
  await manager.run(signal)
}

function measureResources(meter: Meter, resources: Cache<RawResource>): void {
  const instrument = {
    name: 'canary_statefulset_resources',
    help: 'CanaryStatefulSets by the phase in their status; Unknown has none yet.',
    labelNames: ['phase'],
  }
  meter.gauge(instrument, () => {
    const counts = new Map<string, number>()
    for (const { status } of resources.list()) {
      const phase = status?.phase ?? 'Unknown'
      counts.set(phase, (counts.get(phase) ?? 0) + 1)
    }
    return Array.from(counts, ([phase, value]) => ({ labels: { phase }, value }))
  })
}
