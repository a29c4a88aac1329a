/** From nothing to a cache of 5,000 pods, in a process that has just started: the time, and what the event loop suffers. */
import { keptPod } from '../src/controller/projections.ts'
import { pods } from '../src/controller/resources.ts'
import { createCache } from '../src/kube/cache/cache.ts'
import { reflect } from '../src/kube/cache/reflector.ts'
import { connectApi } from './api.ts'
import type { Bench, Figures } from './bench.ts'
import { crowdNamespace, crowdSize, ensureCrowd } from './crowd.ts'
import { watchEventLoop } from './event-loop.ts'

/** As the server streams it (WatchList), and as an older server has to be asked (pages of a list, then a watch). */
export const listPods = benchOf('list-pods', true, 'by a WatchList, as from Kubernetes 1.34 on')
export const listPodsPaged = benchOf('list-pods-paged', false, 'by a paged list, as before Kubernetes 1.34')

function benchOf(name: string, watchList: boolean, how: string): Bench {
  return {
    name,
    about:
      `A process that has just started follows 5,000 pods of about 7 KiB on a real API server, ${how}, kept as the operator ` +
      'keeps them. Listed: from the first request until the cache is synced, TLS handshake included. Stall: the longest time ' +
      'for which the event loop was busy at a stretch, by monitorEventLoopDelay and by a timer of ours.',
    place: 'cluster',
    columns: {
      listedMs: { title: 'listed and cached, ms', bar: 1_000, digits: 0 },
      delayMs: { title: 'stall (histogram), ms', bar: 50 },
      gapMs: { title: 'stall (own timer), ms', bar: 50 },
      busyMs: { title: 'of it computed, ms' },
      cpuMs: { title: 'CPU, ms', digits: 0 },
      grownMiB: { title: 'RSS grown, MiB', digits: 0 },
    },
    async prepare() {
      const { rest, transport } = await connectApi()
      await ensureCrowd(rest)
      transport.close()
    },
    measure: () => measure(watchList),
  }
}

async function measure(watchList: boolean): Promise<Figures> {
  const { rest, transport } = await connectApi()
  const stop = new AbortController()
  const cache = createCache(pods, { namespace: crowdNamespace, project: keptPod })
  const rssBefore = process.memoryUsage.rss()
  const cpuBefore = process.cpuUsage()
  const stalls = watchEventLoop()
  const started = performance.now()
  const following = reflect(rest, cache, { watchList }, stop.signal)
  await cache.whenSynced(stop.signal)
  const listedMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpuBefore)
  // One more turn, so that a stall at the very end is seen too.
  await new Promise(setImmediate)
  const worst = stalls()
  const grownMiB = (process.memoryUsage.rss() - rssBefore) / 2 ** 20
  if (cache.list().length !== crowdSize) throw new Error(`the cache holds ${cache.list().length} pods`)
  stop.abort()
  await following
  transport.close()
  return { listedMs, ...worst, cpuMs: (user + system) / 1_000, grownMiB }
}
