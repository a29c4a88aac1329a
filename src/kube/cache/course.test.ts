import { describe, expect, it } from 'vitest'
import { ApiError, ConnectionError } from '../client/api-error.ts'
import { type Course, firstCourse, nextCourse, type Outcome } from './course.ts'
import { InitialStateMissing, WatchRefused, WentBack } from './why-list.ts'

const watching: Course = { ...firstCourse(true), step: 'watch', position: '10' }
const healthy = { position: '12', workedMs: 5_000 }
const short = { position: '12', workedMs: 4_999 }
const nothing = { position: undefined, workedMs: 0 }
const refused = (code: number, reason = 'X') => new ApiError(code, { reason })
const unreachable = new ConnectionError('Unreachable', 'x')
const reset = new ConnectionError('Reset', 'x')
const quiet = new ConnectionError('Timeout', 'x')

/** What a row says of a course; the rest is as before. */
type Row = readonly [title: string, from: Course, outcome: Outcome, expected: Partial<Course>]

function check(rows: readonly Row[]): void {
  it.each(rows)('%s', (_title, from, outcome, expected) => {
    expect(nextCourse(from, outcome)).toEqual({ ...from, ...expected })
  })
}

describe('a beginning by stream', () => {
  const first = firstCourse(true)
  const failed = { failures: 1, waits: true }
  check([
    ['worked, then ended', first, healthy, { step: 'watch', position: '12' }],
    [
      'refused with 422: never again, and listed at once',
      first,
      { ...nothing, error: refused(422) },
      { step: 'list', streams: 'never' },
    ],
    [
      "a 400 that is not the API server's: a list next",
      first,
      {
        ...nothing,
        error: new ApiError(400, { message: 'Client sent an HTTP request to an HTTPS server.' }),
      },
      { ...failed, step: 'list', streams: 'not now' },
    ],
    ['refused with 400', first, { ...nothing, error: refused(400) }, { step: 'list', streams: 'never' }],
    [
      'without an end',
      first,
      { ...nothing, error: new InitialStateMissing('pods', 'x') },
      { step: 'list', streams: 'never' },
    ],
    [
      'broken: a list next',
      first,
      { ...nothing, error: reset },
      { ...failed, step: 'list', streams: 'not now' },
    ],
    [
      'a failing server: a list next',
      first,
      { ...nothing, error: refused(500) },
      { ...failed, step: 'list', streams: 'not now' },
    ],
    ['a server that is away: no fault of streams', first, { ...nothing, error: unreachable }, failed],
    ['a busy server: no fault of streams', first, { ...nothing, error: refused(429) }, failed],
  ])
})

describe('a list', () => {
  const listing: Course = { ...firstCourse(true), step: 'list', streams: 'not now', failures: 3, waits: true }
  check([
    [
      'worked: streams may be tried again',
      listing,
      { position: '9', workedMs: 0 },
      { step: 'watch', position: '9', waits: false, streams: 'yes' },
    ],
    [
      'worked, where streams never do',
      { ...listing, streams: 'never' },
      { position: '9', workedMs: 0 },
      { step: 'watch', position: '9', waits: false },
    ],
    ['failed', listing, { ...nothing, error: refused(500) }, { failures: 4 }],
  ])
})

describe('a watch', () => {
  const tired: Course = { ...watching, failures: 5, listedAtOnce: true }
  const relist = { step: 'stream', position: undefined, listedAtOnce: true } as const
  check([
    [
      'in order after a while: goes on at once',
      tired,
      healthy,
      { position: '12', failures: 0, listedAtOnce: false },
    ],
    [
      'broken after a while: goes on at once',
      tired,
      { ...healthy, error: reset },
      { position: '12', failures: 0, listedAtOnce: false },
    ],
    ['in order, but soon', tired, short, { position: '12', failures: 1, waits: true }],
    ['soon, and nothing came', tired, { ...short, position: '10' }, { failures: 6, waits: true }],
    [
      'quiet: compares first',
      tired,
      { ...healthy, error: quiet },
      { step: 'compare', position: '12', failures: 0, listedAtOnce: false },
    ],
    ['busy: keeps its place', watching, { ...nothing, error: refused(429) }, { failures: 1, waits: true }],
    ['failing: keeps its place', watching, { ...nothing, error: refused(503) }, { failures: 1, waits: true }],
    [
      'history lost: lists at once',
      watching,
      { ...short, error: refused(410) },
      { ...relist, reason: 'expired' },
    ],
    [
      'history lost by its reason',
      watching,
      { ...short, error: refused(500, 'Expired') },
      { ...relist, reason: 'expired' },
    ],
    [
      'history lost again: waits',
      tired,
      { ...short, error: refused(410) },
      { ...relist, reason: 'expired', failures: 1, waits: true },
    ],
    [
      'refused by an event',
      watching,
      { ...short, error: new WatchRefused({ code: 500 }) },
      { ...relist, reason: 'refused' },
    ],
    [
      'busy by an event: keeps its place',
      watching,
      { ...short, error: new WatchRefused({ code: 429 }) },
      { position: '12', failures: 1, waits: true },
    ],
    [
      'a version in the future',
      watching,
      { ...nothing, error: refused(504) },
      { ...relist, reason: 'refused' },
    ],
    [
      'older than before',
      watching,
      { ...healthy, error: new WentBack('pods', '9', '10') },
      { ...relist, reason: 'rewound' },
    ],
    [
      'away: lists, after a wait',
      watching,
      { ...nothing, error: unreachable },
      { ...relist, reason: 'outage', failures: 1, waits: true },
    ],
    [
      'by pages where streams never work',
      { ...watching, streams: 'never' },
      { ...short, error: refused(410) },
      { ...relist, step: 'list', reason: 'expired' },
    ],
  ])
})

describe('a comparison', () => {
  const comparing: Course = { ...watching, step: 'compare', failures: 1, waits: true }
  const same = { position: '10', workedMs: 0 }
  check([
    ['the server is not behind: watches on', comparing, same, { step: 'watch', waits: false }],
    [
      'it is',
      comparing,
      { ...same, error: new WentBack('pods', '9', '10') },
      { step: 'stream', position: undefined, reason: 'rewound', waits: false, listedAtOnce: true },
    ],
    ['no answer: asks again', comparing, { ...same, error: quiet }, { failures: 2 }],
    [
      'away',
      comparing,
      { ...same, error: unreachable },
      { step: 'stream', position: undefined, reason: 'outage', listedAtOnce: true, failures: 2 },
    ],
  ])
})
