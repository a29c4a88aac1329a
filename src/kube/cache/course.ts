/**
 * What a reflector does next, as a pure function of what it did and how that ended: to list or to watch, at once or after
 * a wait. Nothing is requested here (reflector.ts), and how long a wait is, is decided elsewhere (backoff.ts).
 */
import { ApiError } from '../client/api-error.ts'
import { InitialStateMissing, isQuiet, isUnreachable, type ListReason, whyList } from './why-list.ts'

export interface Course {
  /**
   * `stream`: watch from all there is (WatchList). `list`: list page by page. `watch`: watch from `position`.
   * `compare`: look whether the server has come to `position` at all.
   */
  readonly step: 'stream' | 'list' | 'watch' | 'compare'
  /** The state that the cache shows; undefined where the next step is to bring one. */
  readonly position: string | undefined
  /** Why the latest list was or is necessary. */
  readonly reason: ListReason
  /** Steps in a row that did not work. */
  readonly failures: number
  /** The step is to be taken after a wait. */
  readonly waits: boolean
  /** Since it last worked for a while, a list was begun without a wait. */
  readonly listedAtOnce: boolean
  /** Whether to begin by stream: `not now` after one broke, until a list has worked; `never` where the server cannot. */
  readonly streams: 'yes' | 'not now' | 'never'
}

/** How a step ended. */
export interface Outcome {
  /** The state that the cache shows now; undefined: nothing new that is whole. */
  readonly position: string | undefined
  /** How long a watch worked after its opening, or after its initial state was complete. */
  readonly workedMs: number
  /** What ended it; undefined: it ended in order. */
  readonly error?: unknown
}

/** A watch that worked so long worked, even if nothing happened in it. */
const healthyMs = 5_000

export function firstCourse(watchList: boolean): Course {
  return {
    step: watchList ? 'stream' : 'list',
    position: undefined,
    reason: 'first',
    failures: 0,
    waits: false,
    listedAtOnce: false,
    streams: watchList ? 'yes' : 'never',
  }
}

export function nextCourse(course: Course, outcome: Outcome): Course {
  switch (course.step) {
    case 'list':
      return outcome.position === undefined ? failed(course) : listed(course, outcome.position)
    case 'stream':
      return outcome.position === undefined
        ? withoutState(course, outcome.error)
        : watched(course, { ...outcome, position: outcome.position })
    case 'watch':
      return watched(course, { ...outcome, position: outcome.position ?? course.position })
    case 'compare':
      return compared(course, outcome.error)
  }
}

function failed(course: Course): Course {
  return { ...course, failures: course.failures + 1, waits: true }
}

/** What counts is whether the watch after it works. */
function listed(course: Course, position: string): Course {
  const streams = course.streams === 'never' ? 'never' : 'yes'
  return { ...course, step: 'watch', position, waits: false, streams }
}

/**
 * A server that does not know WatchList refuses it (422, or 400), or ignores it and never says what the end is. A 400
 * without a Status comes from something else: a TLS port that was spoken to without TLS, a proxy.
 */
function withoutState(course: Course, error: unknown): Course {
  const isRefused =
    error instanceof ApiError && (error.status === 422 || error.status === 400) && error.reason !== 'Unknown'
  if (isRefused || error instanceof InitialStateMissing) {
    return { ...course, step: 'list', streams: 'never', waits: false }
  }
  const noFaultOfStreams = isUnreachable(error) || (error instanceof ApiError && error.status === 429)
  return failed(noFaultOfStreams ? course : { ...course, step: 'list', streams: 'not now' })
}

function watched(before: Course, { position, workedMs, error }: Outcome): Course {
  const healthy = workedMs >= healthyMs
  const moved = before.step === 'watch' && position !== before.position
  const course = {
    ...before,
    failures: healthy || moved ? 0 : before.failures,
    listedAtOnce: before.listedAtOnce && !healthy,
  }
  const reason = whyList(error)
  if (reason !== undefined) return relist(course, reason)
  const next: Course = { ...course, step: isQuiet(error) ? 'compare' : 'watch', position, waits: false }
  return healthy ? next : failed(next)
}

function compared(course: Course, error: unknown): Course {
  const reason = whyList(error)
  if (reason !== undefined) return relist(course, reason)
  return error === undefined ? { ...course, step: 'watch', waits: false } : failed(course)
}

/**
 * A restarted server knows no history, but it answers: waits before that are no reason to wait now. Only once, though,
 * until it worked for a while: a server that loses its history again and again would be asked for everything all the time.
 */
function relist(course: Course, reason: ListReason): Course {
  const step = course.streams === 'yes' ? 'stream' : 'list'
  const next: Course = { ...course, step, position: undefined, reason, waits: false, listedAtOnce: true }
  return reason === 'outage' || course.listedAtOnce ? failed(next) : next
}
