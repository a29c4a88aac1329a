/** The numbers of queue and controller, by the names that client-go and controller-runtime gave them. */
import { expect, it } from 'vitest'
import { createManualClock, settle } from '../testing/manual-clock.ts'
import { createRecordingMeter } from '../testing/recording-meter.ts'
import { restWith } from '../testing/rest-with.ts'
import { createController } from './controller.ts'

const queue = { name: 'test', controller: 'test' }
const controller = { controller: 'test' }

it('counts and times what is added, waits, runs, fails and comes back', async () => {
  const clock = createManualClock()
  const meter = createRecordingMeter()
  const stop = new AbortController()
  const ends: PromiseWithResolvers<void>[] = []
  const created = createController({
    name: 'test',
    sources: [],
    rest: restWith(),
    clock,
    meter,
    backoff: { baseMs: 1_000, capMs: 1_000 },
    random: () => 0,
    async reconcile() {
      const end = Promise.withResolvers<void>()
      ends.push(end)
      await end.promise
    },
  })
  for (const key of ['a', 'b', 'a']) created.enqueue(key)
  expect(meter.count('workqueue_adds_total', queue)).toBe(2)
  expect(meter.read('workqueue_depth')).toEqual([
    { labels: { ...queue, priority: '0' }, value: 2 },
    { labels: { ...queue, priority: '-100' }, value: 0 },
  ])

  void created.run(stop.signal)
  await clock.advance(3_000)
  expect(meter.read('workqueue_unfinished_work_seconds')).toEqual([{ labels: queue, value: 3 }])
  expect(meter.read('workqueue_longest_running_processor_seconds')).toEqual([{ labels: queue, value: 3 }])
  expect(meter.read('controller_runtime_active_workers')).toEqual([{ labels: controller, value: 1 }])
  expect(meter.read('controller_runtime_max_concurrent_reconciles')).toEqual([
    { labels: controller, value: 1 },
  ])

  ends[0]?.reject(new Error('as asked by the test'))
  await settle()
  ends[1]?.resolve()
  await settle()
  expect(meter.observed('workqueue_queue_duration_seconds', queue)).toEqual([0, 3])
  expect(meter.observed('workqueue_work_duration_seconds', queue)).toEqual([3, 0])
  expect(meter.count('workqueue_retries_total', queue)).toBe(1)
  expect(meter.count('controller_runtime_reconcile_total', { ...controller, result: 'error' })).toBe(1)
  expect(meter.count('controller_runtime_reconcile_total', { ...controller, result: 'success' })).toBe(1)
  expect(meter.count('controller_runtime_reconcile_errors_total', controller)).toBe(1)
  expect(meter.observed('controller_runtime_reconcile_time_seconds', controller)).toEqual([3, 0])
  stop.abort()
})
