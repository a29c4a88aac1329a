/**
 * A `Meter` (../meter.ts) whose readings can be scraped, in the text format of Prometheus. The one place that knows
 * prom-client. What a process has to tell of itself is in process-metrics.ts.
 */
// Ambient modules cannot be imported, and a program elsewhere does not include the file that declares them.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./prom-client-parts.d.ts" />
import PromCounter from 'prom-client/lib/counter.js'
import PromGauge from 'prom-client/lib/gauge.js'
import PromHistogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import type { Instrument, Meter, Reading } from '../meter.ts'
import { measureProcess } from './process-metrics.ts'

export interface Metrics {
  readonly meter: Meter
  readonly contentType: string
  /** Everything measured so far. */
  text(): Promise<string>
}

/** The process itself is measured from now on. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, PromCounter>()
  const histograms = new Map<string, PromHistogram>()
  const readersByGauge = new Map<string, (() => readonly Reading[])[]>()

  function settings({ name, help, labelNames = [] }: Instrument) {
    return { name, help, labelNames: [...labelNames], registers: [registry] }
  }

  const meter: Meter = {
    counter(instrument) {
      const counter = known(counters, instrument.name, () => new PromCounter(settings(instrument)))
      return { add: (labels = {}, count = 1) => counter.inc(labels, count) }
    },
    histogram({ buckets, ...instrument }) {
      const histogram = known(
        histograms,
        instrument.name,
        () =>
          new PromHistogram({
            ...settings(instrument),
            ...(buckets !== undefined && { buckets: [...buckets] }),
          }),
      )
      return { observe: (value, labels = {}) => histogram.observe(labels, value) }
    },
    gauge(instrument, read) {
      const readers = known(readersByGauge, instrument.name, () => [])
      readers.push(read)
      if (readers.length > 1) return
      const gauge: PromGauge = new PromGauge({
        ...settings(instrument),
        collect() {
          gauge.reset()
          for (const { labels = {}, value } of readers.flatMap((reader) => reader())) gauge.inc(labels, value)
        },
      })
    },
  }
  measureProcess(registry, meter)
  let rendering: Promise<string> | undefined
  return {
    meter,
    contentType: registry.contentType,
    // Who asks while it is being made gets the same.
    text() {
      rendering ??= registry.metrics().finally(() => (rendering = undefined))
      return rendering
    },
  }
}

function known<T>(instruments: Map<string, T>, name: string, make: () => T): T {
  const found = instruments.get(name)
  if (found !== undefined) return found
  const made = make()
  instruments.set(name, made)
  return made
}
