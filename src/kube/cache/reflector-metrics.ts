/** What a reflector tells a meter. Which requests it makes is counted where they are sent (client/request-metrics.ts). */
import type { Cache } from './cache.ts'
import type { Clock } from '../clock.ts'
import type { Meter } from '../meter.ts'
import type { ListReason } from './why-list.ts'
import type { WatchEvent } from './watch-decoder.ts'

export interface ReflectorMetrics {
  /** The cache shows a whole state, listed for this reason. */
  listed(reason: ListReason): void
  /** An event has come, bookmarks included. */
  received(type: WatchEvent<never>['type']): void
}

export function createReflectorMetrics(cache: Cache<unknown>, clock: Clock, meter: Meter): ReflectorMetrics {
  const resource = cache.resource.plural
  const lists = meter.counter({
    name: 'reflector_lists_total',
    help: 'Whole states taken over from the API server, by list or by WatchList, and why.',
    labelNames: ['resource', 'reason'],
  })
  const events = meter.counter({
    name: 'reflector_watch_events_total',
    help: 'Events of watches, bookmarks included.',
    labelNames: ['resource', 'type'],
  })
  const labels = {
    ADDED: { resource, type: 'added' },
    MODIFIED: { resource, type: 'modified' },
    DELETED: { resource, type: 'deleted' },
    BOOKMARK: { resource, type: 'bookmark' },
    ERROR: { resource, type: 'error' },
  }
  let progressAtMs: number | undefined
  const objects = {
    name: 'cache_objects',
    help: 'Objects in the cache.',
    labelNames: ['resource'],
  }
  meter.gauge(objects, () => [{ labels: { resource }, value: cache.size }])
  const progress = {
    name: 'reflector_last_progress_timestamp_seconds',
    help: 'When a list, an event or a bookmark last came. A minute or so ago is usual; much longer means a stale cache.',
    labelNames: ['resource'],
  }
  meter.gauge(progress, () =>
    progressAtMs === undefined ? [] : [{ labels: { resource }, value: progressAtMs / 1000 }],
  )

  return {
    listed(reason) {
      progressAtMs = clock.now()
      lists.add({ resource, reason })
    },
    received(type) {
      if (type !== 'ERROR') progressAtMs = clock.now()
      events.add(labels[type])
    },
  }
}
