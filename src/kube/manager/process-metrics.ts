/**
 * What a process tells of itself: CPU, memory, open files, and how late its event loop is. Names as in the Prometheus
 * clients. Only what costs next to nothing between two scrapes.
 */
import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import PromCounter from 'prom-client/lib/counter.js'
import type Registry from 'prom-client/lib/registry.js'
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

const lookEveryMs = 100

/**
 * Measured by Node itself: JavaScript that ran at each look would be compiled after a minute, by a part of V8 that takes
 * 5.5 MB, while a process with nothing to do has nothing to compile for minutes.
 */
function measureEventLoop(meter: Meter): void {
  const late = monitorEventLoopDelay({ resolution: lookEveryMs })
  late.enable()
  const instrument = {
    name: 'nodejs_eventloop_lag_max_seconds',
    help: `The latest that the event loop came to a timer of every ${lookEveryMs} ms since the last scrape.`,
  }
  meter.gauge(instrument, () => {
    const value = Math.max(0, late.max / 1e9 - lookEveryMs / 1000)
    late.reset()
    return [{ value }]
  })
}

/** 0 where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
