/**
 * Tells people what happened to an object, as Events of events.k8s.io/v1. Telling never fails or delays the work: what
 * cannot be told is logged and forgotten. What repeats is counted in a series, by the rules of client-go.
 */
import { randomBytes } from 'node:crypto'
import { isNotFound } from '../client/api-error.ts'
import type { Rest } from '../client/rest.ts'
import { type Clock, systemClock } from '../clock.ts'
import { createDelays } from '../control-loop/delays.ts'
import { type Log, silentLog } from '../log.ts'
import { type Meter, silentMeter } from '../meter.ts'
import { microTime } from '../micro-time.ts'
import {
  type EventManifest,
  type EventSeries,
  eventManifest,
  events,
  type Reporter,
  type UserEvent,
} from './event-manifest.ts'
import { createTokenBuckets } from './token-buckets.ts'

export type { UserEvent } from './event-manifest.ts'

export interface EventRecorder {
  /** Sends the event in the background, after those before it. */
  record(event: UserEvent): void
  /**
   * Writes down how often running series were seen, and resolves when everything was sent or given up; at the latest,
   * giving up what is left, after `limitMs` (default 5 s).
   */
  idle(limitMs?: number): Promise<void>
}

export interface EventRecorderOptions extends Reporter {
  readonly rest: Pick<Rest, 'create' | 'patch'>
  readonly clock?: Clock
  readonly log?: Log
  readonly meter?: Meter
}

/** An event that was told, and how often it was seen since. */
interface Told {
  readonly key: string
  readonly event: UserEvent
  readonly manifest: EventManifest
  count: number
  lastSeenMs: number
  lastSeenTime: string
  /** What the server knows; 0 before the event is there. */
  toldCount: number
  toldMs: number
  /** A request that will tell the count waits for its turn. */
  queued: boolean
}

type Outcome = 'created' | 'patched' | 'failed' | 'dropped'

/** A repetition after this long is an event of its own; the count of a series that ended is written down then. */
const seriesEndMs = 6 * 60_000
/** A series that goes on is written down this often, so that the server does not drop it: events live for an hour. */
const refreshMs = 30 * 60_000
const maxWaiting = 100
const maxRemembered = 1_000
const sendTimeoutMs = 10_000

/**
 * Guarantees: `record` does no more than remember. Requests go out one after the other, in the order of what they tell.
 * Of an event that repeats (same object, type, reason, action and note) within 6 minutes, the server hears the first,
 * the second, and then the count, every 30 minutes and at the end. About one object at most 25 different events are told
 * at once, and one more every 5 minutes; more than 100 never wait. So a loop that reports the same for ever costs next to
 * nothing, and one whose words change costs little.
 * Unlike client-go it tells notes apart: a series keeps the first note, and what people read would be outdated.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { rest, clock = systemClock, log = silentLog, meter = silentMeter } = options
  const toldByKey = new Map<string, Told>()
  const buckets = createTokenBuckets({ burst: 25, refillMs: 5 * 60_000, maxKeys: 4_096, clock })
  const delays = createDelays(clock, tellOrWait)
  const outcomes = meter.counter({
    name: 'event_recorder_events_total',
    help: 'Events by what became of them; repetitions that are only counted are none.',
    labelNames: ['result'],
  })
  let waiting = 0
  let lastSend = Promise.resolve()
  let giveUp = new AbortController()

  function count(result: Outcome): void {
    outcomes.add({ result })
  }

  function begin(key: string, event: UserEvent): void {
    const token = buckets.take(event.regarding.uid)
    if (token === 'empty') log.warn(fieldsOf(event), 'events about this object come too fast; dropping some')
    if (token !== 'taken') {
      count('dropped')
      return
    }
    const suffix = randomBytes(8).toString('hex')
    const manifest = eventManifest(event, options, { suffix, atMs: clock.now() })
    const told: Told = {
      key,
      event,
      manifest,
      count: 1,
      lastSeenMs: clock.monotonic(),
      lastSeenTime: manifest.eventTime,
      toldCount: 0,
      toldMs: clock.monotonic(),
      queued: false,
    }
    if (enqueue(told)) remember(told)
  }

  function remember(told: Told): void {
    toldByKey.delete(told.key)
    toldByKey.set(told.key, told)
    // Maps keep the order of insertion: the first is the oldest.
    for (const oldest of toldByKey.values()) {
      if (toldByKey.size <= maxRemembered) return
      end(oldest)
    }
  }

  function repeat(told: Told): void {
    told.count += 1
    told.lastSeenMs = clock.monotonic()
    told.lastSeenTime = microTime(clock.now())
    if (told.count === 2 && enqueue(told)) return
    delays.after(told.key, seriesEndMs)
  }

  /** The series is over: what comes later is an event of its own. */
  function end(told: Told): void {
    toldByKey.delete(told.key)
    delays.forget(told.key)
    if (told.count > told.toldCount) enqueue(told)
  }

  function tellOrWait(key: string): void {
    const told = toldByKey.get(key)
    if (told === undefined || told.count === told.toldCount) return
    const endsInMs = told.lastSeenMs + seriesEndMs - clock.monotonic()
    const refreshInMs = told.toldMs + refreshMs - clock.monotonic()
    if (endsInMs <= 0) end(told)
    else if (refreshInMs <= 0) enqueue(told)
    else delays.after(key, Math.min(endsInMs, refreshInMs))
  }

  function enqueue(told: Told): boolean {
    if (told.queued) return true
    if (waiting >= maxWaiting) {
      count('dropped')
      log.warn(fieldsOf(told.event), 'an event was dropped: too many are waiting')
      return false
    }
    waiting += 1
    told.queued = true
    const { signal } = giveUp
    lastSend = lastSend.then(() => send(told, signal))
    return true
  }

  async function send(told: Told, signal: AbortSignal): Promise<void> {
    told.queued = false
    waiting -= 1
    const known = told.count
    // It may have been queued again while the request that told it was under way.
    if (known === told.toldCount) return
    try {
      count(await write(told, signal))
      told.toldCount = known
    } catch (error) {
      count('failed')
      if (told.toldCount === 0) toldByKey.delete(told.key)
      if (!signal.aborted) log.warn({ ...fieldsOf(told.event), err: error }, 'an event could not be written')
    }
    told.toldMs = clock.monotonic()
    if (told.count > told.toldCount && toldByKey.get(told.key) === told) delays.after(told.key, seriesEndMs)
  }

  async function write(told: Told, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted()
    const { manifest } = told
    const series = seriesOf(told)
    const call = { timeoutMs: sendTimeoutMs, signal }
    if (told.toldCount > 0) {
      try {
        await rest.patch(events, manifest.metadata, { type: 'merge', body: { series } }, call)
        return 'patched'
      } catch (error) {
        // Events live for an hour: it is written again, with what is known of its series.
        if (!isNotFound(error)) throw error
      }
    }
    await rest.create(events, series === undefined ? manifest : { ...manifest, series }, call)
    return 'created'
  }

  return {
    record(event) {
      const key = keyOf(event)
      const told = toldByKey.get(key)
      const isOver = told !== undefined && clock.monotonic() - told.lastSeenMs >= seriesEndMs
      if (told !== undefined && isOver) end(told)
      if (told === undefined || isOver) begin(key, event)
      else repeat(told)
    },
    async idle(limitMs = 5_000) {
      for (const told of toldByKey.values()) {
        if (told.count > told.toldCount) enqueue(told)
        delays.forget(told.key)
      }
      const cancel = clock.setTimeout(() => {
        log.warn({ waiting, limitMs }, 'events could not be written in time; giving them up')
        giveUp.abort(new Error(`events were not written within ${limitMs} ms`))
        giveUp = new AbortController()
      }, limitMs)
      await lastSend
      cancel()
    },
  }
}

function seriesOf({ count, lastSeenTime }: Told): EventSeries | undefined {
  return count < 2 ? undefined : { count, lastObservedTime: lastSeenTime }
}

function keyOf({ regarding, type, reason, action, note }: UserEvent): string {
  return JSON.stringify([regarding.uid, type, reason, action, note])
}

function fieldsOf({ regarding, reason, note }: UserEvent): Record<string, unknown> {
  return { kind: regarding.kind, name: regarding.name, namespace: regarding.namespace, reason, note }
}
