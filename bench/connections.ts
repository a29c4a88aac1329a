/** A thousand reads, one after the other: how many connections they take, and how long each. */
import { PerformanceObserver } from 'node:perf_hooks'
import { connectApi, namespaces } from './api.ts'
import type { Bench, Figures } from './bench.ts'
import { percentile } from './table.ts'

const reads = 1_000

export const connections: Bench = {
  name: 'connections',
  about:
    'A thousand GETs of one small object, one after the other, against a real API server. Connections are counted by Node ' +
    'itself (performance entries of type net), not by the code under test.',
  place: 'cluster',
  columns: {
    connections: { title: 'connections', bar: 1, digits: 0 },
    medianMs: { title: 'GET p50, ms', digits: 2 },
    p99Ms: { title: 'GET p99, ms', digits: 2 },
    cpuUs: { title: 'CPU per GET, us', digits: 0 },
  },
  measure,
}

async function measure(): Promise<Figures> {
  let opened = 0
  const observer = new PerformanceObserver(
    (entries) => (opened += entries.getEntriesByName('connect').length),
  )
  observer.observe({ entryTypes: ['net'] })
  const { rest, transport } = await connectApi()
  const times: number[] = []
  const cpuBefore = process.cpuUsage()
  for (let read = 0; read < reads; read++) {
    const started = performance.now()
    await rest.get(namespaces, { name: 'default' })
    times.push(performance.now() - started)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  // Entries are handed over in a later turn.
  await new Promise(setImmediate)
  opened += observer.takeRecords().filter(({ name }) => name === 'connect').length
  observer.disconnect()
  transport.close()
  return {
    connections: opened,
    medianMs: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    cpuUs: (user + system) / reads,
  }
}
