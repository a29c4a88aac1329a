/**
 * What this folder needs to be measured: counters, gauges and histograms by name, in the style of Prometheus. Nothing is
 * exposed here; a registry that does so fits behind it. Every part takes a meter as an option and works without one.
 */

/** Values by label name; the names are those that the instrument was made with. */
export type MetricLabels = Readonly<Record<string, string>>

/** Names follow Prometheus: snake case, base units (seconds, bytes), `_total` for counters. */
export interface Instrument {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
}

export interface Counter {
  add(labels?: MetricLabels, count?: number): void
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void
}

export interface Reading {
  readonly labels?: MetricLabels
  readonly value: number
}

/** Asking twice for an instrument of one name gives the same one, so that several parts of a kind share it. */
export interface Meter {
  counter(instrument: Instrument): Counter
  /** `buckets` are upper bounds, ascending. */
  histogram(instrument: Instrument & { readonly buckets?: readonly number[] }): Histogram
  /** `read` is called when somebody looks. Several readers of one gauge add up to one list. */
  gauge(instrument: Instrument, read: () => readonly Reading[]): void
}

function ignore(): void {}

/** Measures nothing: for tests and as the default. */
export const silentMeter: Meter = {
  counter: () => ({ add: ignore }),
  histogram: () => ({ observe: ignore }),
  gauge: ignore,
}
