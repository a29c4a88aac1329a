/**
 * What a process tells of itself: CPU, memory, open files, and how late its event loop is. Names as in the Prometheus
 * clients. Only what costs next to nothing between two scrapes; node:perf_hooks alone would take 0.7 MB.
 */
import { readdirSync } from 'node:fs'
import PromCounter from 'prom-client/lib/counter.js'
import type Registry from 'prom-client/lib/registry.js'
import { systemClock } from '../clock.ts'
import type { Meter } from '../meter.ts'

/** Reads at the time of a scrape. */
export function measureProcess(registry: Registry, meter: Meter): void {
  measureCpu(registry)
  measureEventLoop(meter)
  const startedAt = Date.now() / 1000 - process.uptime()
  gauge('process_start_time_seconds', 'Start of the process, in seconds since the epoch.', () => startedAt)
  gauge('process_resident_memory_bytes', 'Memory of the process that is in RAM.', () =>
    process.memoryUsage.rss(),
  )
  gauge('process_open_fds', 'Open file descriptors.', () => openFiles())
  gauge('nodejs_heap_size_total_bytes', 'Size of the heap.', () => process.memoryUsage().heapTotal)
  gauge('nodejs_heap_size_used_bytes', 'Used part of the heap.', () => process.memoryUsage().heapUsed)
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside of the heap, e.g. of buffers.',
    () => process.memoryUsage().external,
  )
  meter.gauge({ name: 'nodejs_version_info', help: 'Version of Node.js.', labelNames: ['version'] }, () => [
    { labels: { version: process.version }, value: 1 },
  ])

  function gauge(name: string, help: string, read: () => number): void {
    meter.gauge({ name, help }, () => [{ value: read() }])
  }
}

/** A counter that the kernel keeps: our `Meter` has none that is read. */
function measureCpu(registry: Registry): void {
  const counter: PromCounter = new PromCounter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, of user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      counter.reset()
      counter.inc((user + system) / 1e6)
    },
  })
}

const lookEveryMs = 500

/** How much later than due a timer comes. The loop of this very process is meant, so no other clock is of use. */
function measureEventLoop(meter: Meter): void {
  const lag = meter.histogram({
    name: 'nodejs_eventloop_lag_seconds',
    help: `How late the event loop comes to a timer that is due every ${lookEveryMs} ms.`,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  })
  let lastAt = systemClock.monotonic()
  const timer = setInterval(() => {
    const at = systemClock.monotonic()
    lag.observe(Math.max(0, at - lastAt - lookEveryMs) / 1000)
    lastAt = at
  }, lookEveryMs)
  timer.unref()
}

/** 0 where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
