/** A meter that tests read: what was counted and observed, by name and labels. */
import type { Meter, MetricLabels, Reading } from '../meter.ts'

export interface RecordingMeter extends Meter {
  /** The counter's value with exactly these labels; without labels, the sum over all. */
  count(name: string, labels?: MetricLabels): number
  /** The histogram's values, in the order of observation. */
  observed(name: string, labels?: MetricLabels): readonly number[]
  /** What the gauge's readers say now. */
  read(name: string): readonly Reading[]
}

interface Sample {
  readonly name: string
  readonly labels: MetricLabels
  readonly value: number
}

export function createRecordingMeter(): RecordingMeter {
  const samples: Sample[] = []
  const readers = new Map<string, (() => readonly Reading[])[]>()

  function valuesOf(name: string, labels?: MetricLabels): number[] {
    const fitting = samples.filter(
      (sample) => sample.name === name && (!labels || isSame(sample.labels, labels)),
    )
    return fitting.map(({ value }) => value)
  }

  return {
    counter: ({ name }) => ({
      add: (labels = {}, count = 1) => void samples.push({ name, labels, value: count }),
    }),
    histogram: ({ name }) => ({
      observe: (value, labels = {}) => void samples.push({ name, labels, value }),
    }),
    gauge: ({ name }, read) => void readers.set(name, [...(readers.get(name) ?? []), read]),
    count: (name, labels) => valuesOf(name, labels).reduce((sum, value) => sum + value, 0),
    observed: valuesOf,
    read: (name) => (readers.get(name) ?? []).flatMap((read) => read()),
  }
}

function isSame(a: MetricLabels, b: MetricLabels): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
