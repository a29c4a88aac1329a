/**
 * Bad days of a watch's history: the API server has lost it, or says so. Each time the cache equals a fresh LIST in the
 * end, the last state of each object has reached the handler, and no more was asked than it takes.
 */
import { describe, expect, test } from 'vitest'
import { allChanges, atWork, changeEach, everything, watching, writing } from '../harness/mirror/at-work.ts'
import type { BadDay } from '../harness/mirror/bad-day.ts'

const expired = { code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' }

interface Loss {
  readonly when: string
  readonly strike: (day: BadDay) => void
  /** Watches that end by it. */
  readonly watches: number
}

/** How the history is lost while a watch is open. */
const losses: readonly Loss[] = [
  {
    when: 'refused by a 410 as a watch begins',
    strike({ proxy }) {
      proxy.inject({ kind: 'answer', status: 410, body: { kind: 'Status', ...expired } }, allChanges, 1)
      proxy.inject({ kind: 'reset' }, watching, 1)
    },
    watches: 2,
  },
  {
    when: 'refused by the API server itself, for a position that it no longer has',
    strike({ proxy }) {
      proxy.inject({ kind: 'rewrite', query: { resourceVersion: '1' } }, allChanges, 1)
      proxy.inject({ kind: 'reset' }, watching, 1)
    },
    watches: 2,
  },
  {
    when: 'lost by a 410 in the open stream',
    strike: ({ proxy }) => void proxy.inject({ kind: 'errorEvent', status: expired }, watching, 1),
    watches: 1,
  },
  {
    when: 'lost by an event that says so by its reason alone',
    strike({ proxy }) {
      proxy.inject({ kind: 'errorEvent', status: { ...expired, code: 500 } }, watching, 1)
    },
    watches: 1,
  },
  {
    when: 'ended by an error event of another kind',
    strike({ proxy }) {
      const status = { code: 500, reason: 'InternalError', message: 'the stream cannot go on' }
      proxy.inject({ kind: 'errorEvent', status }, watching, 1)
    },
    watches: 1,
  },
]

describe.each([
  { by: 'WatchList', watchList: true },
  { by: 'pages', watchList: false },
])('everything is read again, once, by $by', ({ watchList }) => {
  test.each(losses)('when the history is $when', async ({ strike, watches }) => {
    const { day, mirror } = await atWork('history', { reflector: { watchList } })
    const { proxy } = day
    strike(day)
    await day.until('everything is asked for again', () => proxy.count(everything) === 2)
    await changeEach(day)
    await day.allWell(mirror)

    // By pages both lists come besides the watches.
    expect(proxy.count(everything)).toBe(2)
    expect(proxy.count(watching)).toBe(watches + 1)
    expect(proxy.count(writing)).toBe(2 + 3)
  })
})
