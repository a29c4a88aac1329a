/** What one event of a watch costs: from bytes in memory to a projected object in the cache with its indexes. */
import { keptPod } from '../src/controller/projections.ts'
import { pods, type RawPod } from '../src/controller/resources.ts'
import { createCache } from '../src/kube/cache/cache.ts'
import { decodeWatch } from '../src/kube/cache/watch-decoder.ts'
import { connectApi } from './api.ts'
import type { Bench, Figures } from './bench.ts'
import { crowdNamespace, crowdSize, ensureCrowd } from './crowd.ts'

const laps = 4
/** A TLS record carries so much at most. */
const chunkBytes = 16_384

export const watchEvent: Bench = {
  name: 'watch-event',
  about:
    'Modified events of 5,000 different pods of about 7 KiB, as a real API server writes them, from memory through the decoder ' +
    'into the cache, kept and indexed as the operator does, four times over (20,000 events). The first lap is told apart: the ' +
    'code is not compiled yet. Computed: the CPU time of the thread. Network and TLS are not in it; they are in list-pods.',
  place: 'cluster',
  columns: {
    eventUs: { title: 'decoded and projected, us', bar: 60 },
    cpuUs: { title: 'of it computed, us' },
    firstLapUs: { title: 'of the first 5,000, us' },
    bytes: { title: 'bytes per event', digits: 0 },
  },
  async prepare() {
    const { rest, transport } = await connectApi()
    await ensureCrowd(rest)
    transport.close()
  },
  measure,
}

async function measure(): Promise<Figures> {
  const { rest, transport } = await connectApi()
  const { items } = await rest.list<RawPod, Buffer>(pods, { namespace: crowdNamespace }, eventLine)
  transport.close()
  if (items.length !== crowdSize) throw new Error(`there are ${items.length} pods`)
  const stream = Buffer.concat(items)
  const cache = createCache(pods, {
    namespace: crowdNamespace,
    project: keptPod,
    indexes: { claims: ({ namespace, claims }) => claims.map((claim) => `${namespace}/${claim}`) },
  })
  const lapUs: number[] = []
  const cpuBefore = process.threadCpuUsage()
  let seen = 0
  for (let lap = 0; lap < laps; lap++) {
    const started = performance.now()
    await decodeWatch<RawPod>(chunksOf(stream), (event) => {
      if (event.type !== 'MODIFIED') throw new Error(`an event of type ${event.type}`)
      cache.feed.upsert(event.object)
      seen += 1
    })
    lapUs.push(((performance.now() - started) * 1_000) / crowdSize)
  }
  const { user, system } = process.threadCpuUsage(cpuBefore)
  if (seen !== laps * crowdSize || cache.list().length !== crowdSize) throw new Error('events were lost')
  return {
    eventUs: lapUs.reduce((sum, us) => sum + us, 0) / laps,
    cpuUs: (user + system) / (laps * crowdSize),
    firstLapUs: lapUs[0] ?? Number.NaN,
    bytes: stream.length / crowdSize,
  }
}

/** Items of a list say neither apiVersion nor kind; events do. */
function eventLine(pod: RawPod): Buffer {
  return Buffer.from(
    `${JSON.stringify({ type: 'MODIFIED', object: { apiVersion: 'v1', kind: 'Pod', ...pod } })}\n`,
  )
}

async function* chunksOf(stream: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < stream.length; start += chunkBytes) {
    yield stream.subarray(start, start + chunkBytes)
  }
}
