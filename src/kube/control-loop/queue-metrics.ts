/**
 * The numbers of one work queue, under the names and labels that client-go and controller-runtime use, so that their
 * dashboards and alerts fit. Nothing is decided here.
 */
import type { Meter, Reading } from '../meter.ts'
import type { Priority } from './waiting-keys.ts'

export interface QueueMetrics {
  added(): void
  /** A failed key will come back. */
  retried(): void
  started(waitedMs: number): void
  ended(workedMs: number): void
}

/** What the gauges read. */
export interface QueueState {
  waiting(priority: Priority): number
  /** For each key that is worked on: since how long. */
  runningMs(): readonly number[]
}

/** The numbers by which controller-runtime tells the priorities apart. */
const priorityNumbers = { change: '0', initial: '-100' } satisfies Record<Priority, string>

/** Seconds, from 1 µs: a queue that is not full hands a key over at once. */
const buckets = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]

export function createQueueMetrics(meter: Meter, name: string, state: QueueState): QueueMetrics {
  const labels = { name, controller: name }
  const labelNames = ['name', 'controller']
  const adds = meter.counter({
    name: 'workqueue_adds_total',
    help: 'Keys that were put into the queue and were not waiting there already.',
    labelNames,
  })
  const retries = meter.counter({
    name: 'workqueue_retries_total',
    help: 'Keys that come back because the work on them failed.',
    labelNames,
  })
  const queueDuration = meter.histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long keys wait for a worker.',
    labelNames,
    buckets,
  })
  const workDuration = meter.histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long the work on a key takes.',
    labelNames,
    buckets,
  })

  function gauge(gaugeName: string, help: string, read: () => number): void {
    meter.gauge({ name: gaugeName, help, labelNames }, () => [{ labels, value: read() }])
  }

  function depthOf(priority: Priority): Reading {
    return { labels: { ...labels, priority: priorityNumbers[priority] }, value: state.waiting(priority) }
  }
  meter.gauge(
    {
      name: 'workqueue_depth',
      help: 'Keys that wait for a worker, without those that are to come back later.',
      labelNames: [...labelNames, 'priority'],
    },
    () => [depthOf('change'), depthOf('initial')],
  )
  gauge('workqueue_unfinished_work_seconds', 'Sum over the keys that are worked on: since how long.', () =>
    state.runningMs().reduce((sum, ms) => sum + ms / 1000, 0),
  )
  gauge(
    'workqueue_longest_running_processor_seconds',
    'Since how long the key is worked on that takes longest.',
    () => Math.max(0, ...state.runningMs()) / 1000,
  )

  return {
    added: () => adds.add(labels),
    retried: () => retries.add(labels),
    started: (waitedMs) => queueDuration.observe(waitedMs / 1000, labels),
    ended: (workedMs) => workDuration.observe(workedMs / 1000, labels),
  }
}
