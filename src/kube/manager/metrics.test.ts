import { beforeEach, describe, expect, it } from 'vitest'
import { createMetrics, type Metrics } from './metrics.ts'

let metrics: Metrics
beforeEach(() => {
  metrics = createMetrics()
})

/** The lines about one metric. */
async function linesOf(name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => line.startsWith(name) || line.includes(` ${name} `))
}

describe('the text for a scrape', () => {
  it('has counters, shared by all who ask for one of that name', async () => {
    const instrument = { name: 'requests_total', help: 'Requests.', labelNames: ['code'] }
    metrics.meter.counter(instrument).add({ code: '200' })
    metrics.meter.counter(instrument).add({ code: '200' }, 2)
    metrics.meter.counter(instrument).add({ code: '404' })
    expect(await linesOf('requests_total')).toEqual([
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{code="200"} 3',
      'requests_total{code="404"} 1',
    ])
  })

  it('has histograms with the buckets that were asked for', async () => {
    const histogram = metrics.meter.histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [1, 5] })
    histogram.observe(0.5)
    histogram.observe(7)
    expect((await linesOf('wait_seconds')).slice(2)).toEqual([
      'wait_seconds_bucket{le="1"} 1',
      'wait_seconds_bucket{le="5"} 1',
      'wait_seconds_bucket{le="+Inf"} 2',
      'wait_seconds_sum 7.5',
      'wait_seconds_count 2',
    ])
  })

  it('has gauges as they are at that moment, of all who read one; what is gone is gone', async () => {
    const instrument = { name: 'depth', help: 'Depth.', labelNames: ['queue'] }
    let depth = 3
    metrics.meter.gauge(instrument, () => (depth === 0 ? [] : [{ labels: { queue: 'a' }, value: depth }]))
    metrics.meter.gauge(instrument, () => [{ labels: { queue: 'b' }, value: 1 }])
    expect((await linesOf('depth')).slice(2)).toEqual(['depth{queue="a"} 3', 'depth{queue="b"} 1'])
    depth = 0
    expect((await linesOf('depth')).slice(2)).toEqual(['depth{queue="b"} 1'])
  })

  it.each([
    ['process_cpu_seconds_total', 'counter'],
    ['process_resident_memory_bytes', 'gauge'],
    ['process_start_time_seconds', 'gauge'],
    ['process_open_fds', 'gauge'],
    ['nodejs_heap_size_used_bytes', 'gauge'],
  ])('tells %s of the process', async (name, type) => {
    const [, kind, reading] = await linesOf(name)
    expect(kind).toBe(`# TYPE ${name} ${type}`)
    expect(Number(reading?.split(' ')[1])).toBeGreaterThan(0)
  })

  it('tells how late the event loop was at most since the last scrape', async () => {
    async function latest(): Promise<number> {
      const [, , reading] = await linesOf('nodejs_eventloop_lag_max_seconds')
      return Number(reading?.split(' ')[1])
    }
    async function afterStall(): Promise<number> {
      const until = performance.now() + 300
      while (performance.now() < until);
      // What is late has to come before it is read, as it does before a scrape.
      await new Promise((resolve) => setTimeout(resolve))
      return latest()
    }
    // Between two scrapes there have to be two looks.
    await expect.poll(afterStall, { interval: 250, timeout: 20_000 }).toBeGreaterThan(0.1)
    expect(await latest()).toBe(0)
  })
})
