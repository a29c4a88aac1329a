/**
 * The numbers of one controller, under the names that controller-runtime uses. Nothing is decided here.
 */
import type { Meter } from '../meter.ts'

export type ReconcileResult = 'success' | 'requeue_after' | 'error'

export interface ControllerMetrics {
  reconciled(result: ReconcileResult, tookMs: number): void
}

export interface ControllerState {
  readonly active: () => number
  readonly concurrency: number
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

export function createControllerMetrics(
  meter: Meter,
  controller: string,
  { active, concurrency }: ControllerState,
): ControllerMetrics {
  const labels = { controller }
  const labelNames = ['controller']
  const total = meter.counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by how they ended.',
    labelNames: [...labelNames, 'result'],
  })
  const errors = meter.counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed or took longer than their time limit.',
    labelNames,
  })
  const time = meter.histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconcile takes.',
    labelNames,
    buckets,
  })
  meter.gauge(
    { name: 'controller_runtime_active_workers', help: 'Keys that are being reconciled.', labelNames },
    () => [{ labels, value: active() }],
  )
  meter.gauge(
    {
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'How many keys may be reconciled at the same time.',
      labelNames,
    },
    () => [{ labels, value: concurrency }],
  )
  return {
    reconciled(result, tookMs) {
      total.add({ ...labels, result })
      if (result === 'error') errors.add(labels)
      time.observe(tookMs / 1000, labels)
    },
  }
}
