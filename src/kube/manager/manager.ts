/**
 * A whole controller process out of the parts of src/kube: pages for probes and metrics, caches, leader election,
 * controllers; who starts before whom, and how it all ends. It knows no resource and no signal of the system
 * (program.ts).
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Cache, type CacheOptions, createCache } from '../cache/cache.ts'
import { reflect } from '../cache/reflector.ts'
import type { Rest } from '../client/rest.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type Controller, type ControllerOptions, createController } from '../control-loop/controller.ts'
import { createEventRecorder, type EventRecorder } from '../events/event-recorder.ts'
import { type Log, silentLog } from '../log.ts'
import { type Meter, silentMeter } from '../meter.ts'
import type { KubernetesObject } from '../object.ts'
import type { Resource } from '../resource.ts'
import { type Address, formatAddress } from './address.ts'
import { type Check, checksPage } from './checks.ts'
import { httpServerPart, type Pages } from './http-server.ts'
import { leadingPart, type LeadingOptions } from './leading.ts'
import type { Metrics } from './metrics.ts'
import { type Part, PartFailed, runInOrder, runTogether } from './part.ts'

export interface ManagerOptions {
  readonly rest: Rest
  /** For the Lease alone, where `rest` may be kept waiting by a rate limit: a leader that waits is none for long. */
  readonly leaseRest?: LeadingOptions['leaseRest']
  /** Who reports events: a qualified name, e.g. `example.com/operator`. */
  readonly component: string
  /** Which process this is, in the Lease and in events. Default: the host's name and a random one. */
  readonly identity?: string
  /** Where to compete for leadership; alone where left out. */
  readonly lease?: LeadingOptions['lease']
  /** Where /healthz and /readyz are answered; nowhere where left out. */
  readonly healthAddress?: Address | undefined
  /** Where /metrics is answered; may be the same address. */
  readonly metricsAddress?: Address | undefined
  /** Measures all parts; made before the transport, which it measures too. */
  readonly metrics?: Metrics
  /** Resolves when the caches can be filled, e.g. when a CRD is there. They wait for it; probes are answered. */
  readonly beforeCaches?: (signal: AbortSignal) => Promise<void>
  /** How long running reconciles may go on after a stop, before their signal aborts. Default 10 s. */
  readonly graceMs?: number
  readonly clock?: Clock
  readonly log?: Log
}

/** What the manager gives to each controller. */
type Given = 'rest' | 'clock' | 'log' | 'meter'

export interface Manager {
  readonly events: EventRecorder
  readonly meter: Meter
  /** A cache that is kept equal to the server's state while the manager runs, also by a standby. */
  readonly cache: <T extends KubernetesObject, C = T>(
    of: Resource<T>,
    options?: Omit<CacheOptions<T, C>, 'log'>,
  ) => Cache<C>
  /** Works while we lead. Writes through the Rest that it hands to `reconcile` are refused as soon as we do not. */
  controller(options: Omit<ControllerOptions, Given>): Controller
  /**
   * Runs everything until the signal aborts. Runs once; make caches and controllers before.
   *
   * Flow: pages are served -> caches are filled -> (a Lease is waited for) -> controllers work. At the end the other way
   * round: no new reconcile, the running ones end, at the latest some time after `graceMs`; events are sent; the Lease
   * is given back when nothing works any more; caches end; the pages last, and meanwhile /readyz says no.
   * /readyz says yes as soon as the caches are filled, on a standby too, so that a new pod can take the place of an old
   * one that leads; and it goes on to say so while the API server is away: nobody else could do better, and without
   * it our metrics would be hidden from those who look for the reason.
   * Guarantees: when this resolves or rejects, nothing of it is left running. Rejects with CannotListen, LeadershipLost
   * or PartFailed. A reconcile that ignores its signal keeps the Lease from being given back.
   */
  run(signal: AbortSignal): Promise<void>
}

export function createManager(options: ManagerOptions): Manager {
  const { rest, component, metrics, clock = systemClock, log = silentLog } = options
  const { identity = `${hostname()}_${randomUUID()}`, beforeCaches = async () => undefined } = options
  const meter = metrics?.meter ?? silentMeter
  const tools = { clock, log, meter }
  const events = createEventRecorder({
    ...tools,
    rest,
    reportingController: component,
    reportingInstance: identity,
  })
  const leading = leadingPart({
    ...tools,
    rest,
    leaseRest: options.leaseRest ?? rest,
    identity,
    lease: options.lease,
    events,
    graceMs: options.graceMs ?? 10_000,
  })
  const watched: Watched[] = []
  let stopping = false

  const isSynced: Check = {
    name: 'caches',
    trouble() {
      const missing = watched.filter(({ cache }) => !cache.synced)
      return missing.length === 0 ? undefined : `${missing.map(pluralOf).join(', ')} not listed yet`
    },
  }
  const isStaying: Check = {
    name: 'shutdown',
    trouble: () => (stopping ? 'the process is ending' : undefined),
  }
  const health: Pages = {
    '/healthz': checksPage('healthz', [isAnswering]),
    '/readyz': checksPage('readyz', [isAnswering, isSynced, isStaying]),
  }
  const measured: Pages =
    metrics === undefined
      ? {}
      : {
          '/metrics': async () => ({
            status: 200,
            contentType: metrics.contentType,
            text: await metrics.text(),
          }),
        }

  const caches: Part = {
    name: 'The caches',
    async run(up, signal) {
      await beforeCaches(signal)
      await runTogether(
        watched.map(({ part }) => part),
        up,
        signal,
      )
    },
  }

  const work: Part = {
    ...leading.part,
    run(up, signal) {
      // The first to be asked to end, whatever the reason.
      signal.addEventListener('abort', () => (stopping = true), { once: true })
      return leading.part.run(up, signal)
    },
  }

  return {
    events,
    meter,
    cache<T extends KubernetesObject, C = T>(
      of: Resource<T>,
      cacheOptions: CacheOptions<T, C> = {},
    ): Cache<C> {
      const cache = createCache(of, { ...cacheOptions, log })
      const follow = (signal: AbortSignal) => reflect(rest, cache, tools, signal)
      watched.push(watch(cache, follow))
      return cache
    },
    controller(controllerOptions) {
      const controller = createController({ ...controllerOptions, ...tools, rest: leading.rest })
      leading.add(controllerOptions.name, controller)
      return controller
    },
    async run(signal) {
      const servers = serversOf(options, health, measured).map(([address, pages]) =>
        httpServerPart(address, pages, (real) =>
          log.info({ address: formatAddress(real), pages: Object.keys(pages) }, 'answering'),
        ),
      )
      try {
        await runInOrder([...servers, caches, work], signal)
      } catch (error) {
        // Whoever reads the sentence at the end finds the stack here.
        if (error instanceof PartFailed) log.error({ err: error }, 'a part of the process failed')
        throw error
      }
    },
  }
}

/** Its answer alone is the proof that the event loop turns; a part that ends unasked ends the process (part.ts). */
const isAnswering: Check = { name: 'ping', trouble: () => undefined }

interface Watched {
  readonly cache: Cache<unknown>
  readonly part: Part
}

function watch(cache: Cache<unknown>, follow: (signal: AbortSignal) => Promise<void>): Watched {
  const part: Part = {
    name: `The cache of ${cache.resource.plural}`,
    run(up, signal) {
      void cache.whenSynced(signal).then(up, () => undefined)
      return follow(signal)
    },
  }
  return { cache, part }
}

function pluralOf({ cache }: Watched): string {
  return cache.resource.plural
}

/** One server where both addresses are the same. */
function serversOf(
  { healthAddress, metricsAddress }: ManagerOptions,
  health: Pages,
  measured: Pages,
): readonly (readonly [Address, Pages])[] {
  const same = healthAddress?.host === metricsAddress?.host && healthAddress?.port === metricsAddress?.port
  if (healthAddress !== undefined && same) return [[healthAddress, { ...health, ...measured }]]
  return [
    ...(healthAddress === undefined ? [] : [[healthAddress, health] as const]),
    ...(metricsAddress === undefined ? [] : [[metricsAddress, measured] as const]),
  ]
}
