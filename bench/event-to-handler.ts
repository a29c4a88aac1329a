/** How long a change takes from a writer's request to the handler that is to act on it, among 1,000 objects at rest. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createCache } from '../src/kube/cache/cache.ts'
import { reflect } from '../src/kube/cache/reflector.ts'
import { createController } from '../src/kube/control-loop/controller.ts'
import { source } from '../src/kube/control-loop/source.ts'
import { connectApi, ensureNamespace, inParallel, unlessThere } from './api.ts'
import type { Bench, Figures } from './bench.ts'
import { changes, changedAtKey, configMaps, idle, idleNamespace, nameOf, now } from './stamped.ts'
import { percentile } from './table.ts'

export const eventToHandler: Bench = {
  name: 'event-to-handler',
  about:
    'A controller follows 1,000 ConfigMaps of a real API server. Another process patches 1,000 times, about 100 times a second, ' +
    'one of them, writing into it when it sent the patch. From sent: until the ' +
    "handler runs, with the API server's own work on the patch (admission, etcd) in it: the upper bound, to which the bar applies.",
  place: 'cluster',
  columns: {
    medianMs: { title: 'sent to handler p50, ms', digits: 2 },
    p99Ms: { title: 'p99, ms', bar: 20, digits: 2 },
    mostMs: { title: 'most, ms', digits: 2 },
    patchMs: { title: 'patch itself p50, ms', digits: 2 },
    patchP99Ms: { title: 'patch p99, ms', digits: 2 },
  },
  async prepare() {
    const { rest, transport } = await connectApi()
    await ensureNamespace(rest, idleNamespace)
    await inParallel(idle, 16, async (index) => {
      const metadata = { namespace: idleNamespace, name: nameOf(index) }
      await unlessThere(() => rest.create(configMaps, { metadata, data: { greeting: 'hello'.repeat(20) } }))
    })
    transport.close()
  },
  measure,
}

async function measure(): Promise<Figures> {
  const { rest, transport } = await connectApi()
  const stop = new AbortController()
  const cache = createCache(configMaps, { namespace: idleNamespace })
  const started = now()
  const latencies: number[] = []
  const controller = createController({
    name: 'bench',
    rest,
    sources: [source(cache, ({ key }) => [key])],
    async reconcile(key) {
      const changedAt = Number(cache.get(key)?.metadata.annotations?.[changedAtKey] ?? 0)
      if (changedAt > started) latencies.push(now() - changedAt)
    },
  })
  const running = [controller.run(stop.signal), reflect(rest, cache, {}, stop.signal)]
  await cache.whenSynced(stop.signal)
  const patchTimes = await write()
  stop.abort()
  await Promise.all(running)
  transport.close()
  if (latencies.length !== changes) throw new Error(`${latencies.length} of ${changes} changes were handled`)
  return {
    medianMs: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    mostMs: Math.max(...latencies),
    patchMs: percentile(patchTimes, 0.5),
    patchP99Ms: percentile(patchTimes, 0.99),
  }
}

/** Resolves with how long each patch took. */
async function write(): Promise<readonly number[]> {
  const writer = spawn(process.execPath, [`${import.meta.dirname}/stamping-writer.ts`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
  const [status] = (await once(writer, 'close')) as [number | null]
  if (status !== 0) throw new Error(`the writer ended with ${status}`)
  return JSON.parse(told) as readonly number[]
}
