/**
 * Bad days of the network between us and the API server: connections that break, die without a sign, or crawl. In the
 * end all is well; what was known is not read again, and nobody is hammered.
 */
import { expect, test } from 'vitest'
import { createManualClock } from '../../src/kube/testing/manual-clock.ts'
import {
  allChanges,
  atWork,
  changeEach,
  everything,
  watching,
  writeSome,
  writing,
} from '../harness/mirror/at-work.ts'
import { openBadDay } from '../harness/mirror/bad-day.ts'

test('connections that break in the middle of an event: each watch goes on from the last whole one', async () => {
  const { day, mirror } = await atWork('mid-line')
  const cut = day.proxy.inject({ kind: 'cutInLine' }, watching, 3)
  await changeEach(day)
  await day.until('three watches are cut', () => cut.struck.length === 3)
  await day.allWell(mirror)

  expect(day.proxy.count(everything)).toBe(1)
  expect(day.proxy.count(allChanges)).toBe(3)
  expect(day.proxy.count(writing)).toBe(2 + 3)
})

test.each([{ watchList: true }, { watchList: false }])(
  'a connection that breaks in the middle of everything: nothing half is shown (WatchList: $watchList)',
  async ({ watchList }) => {
    const day = await openBadDay('mid-list')
    await writeSome(day)
    const cut = day.proxy.inject({ kind: 'cutInLine' }, everything, 2)
    const mirror = day.mirror({ reflector: { watchList } })
    const sizes: number[] = []
    mirror.cache.onChange(() => sizes.push(mirror.cache.size))
    mirror.start()
    await day.allWell(mirror)

    expect(cut.struck).toHaveLength(2)
    expect(sizes[0], 'objects in the cache at the first change').toBe(2)
    expect(day.proxy.count(everything)).toBe(3)
  },
)

test('a connection that is dead without a sign: it is given up after its quiet time, and nothing is listed', async () => {
  const clock = createManualClock()
  const quietMs = 60_000
  const { day, mirror } = await atWork('half-open', { reflector: { clock, quietMs } })
  const dead = day.proxy.inject({ kind: 'halfOpen' }, watching, 1)
  await changeEach(day)
  await clock.advance(quietMs - 1)
  expect(day.proxy.count(watching)).toBe(1)
  await clock.advance(1)
  await day.allWell(mirror)

  expect(dead.struck[0]?.isOver, 'the server has heard of it').toBe(false)
  // One page of nothing tells whether the server is where we are.
  expect(day.proxy.count({ ...everything, fieldSelector: undefined })).toBe(1)
  expect(day.proxy.count(everything)).toBe(2)
  expect(day.proxy.count(allChanges)).toBe(1)
})

test('a connection that stalls for a while and comes back: nothing is lost on it', async () => {
  const { day, mirror } = await atWork('stalled')
  const stalled = day.proxy.inject({ kind: 'halfOpen' }, watching)
  await changeEach(day)
  expect(mirror.ledger.states.size).toBe(2)
  stalled.end()
  await day.allWell(mirror)

  expect(day.proxy.count(watching)).toBe(1)
  expect(day.proxy.count(writing)).toBe(2 + 3)
})

test.each([{ watchList: true }, { watchList: false }])(
  'a slow link, on which every answer comes in many pieces (WatchList: $watchList)',
  async ({ watchList }) => {
    const day = await openBadDay('slow')
    await writeSome(day)
    day.proxy.inject({ kind: 'slow', bytes: 100, everyMs: 1 })
    const mirror = day.mirror({ reflector: { watchList } })
    mirror.start()
    await changeEach(day)
    await day.allWell(mirror)

    expect(day.proxy.count(everything)).toBe(1)
    expect(day.proxy.count(watching)).toBe(1)
  },
)

test('a network that refuses every connection for a while: it asks ever more slowly, and reads everything once', async () => {
  const { day, mirror } = await atWork('refused', { reflector: { backoff: { baseMs: 20, capMs: 200 } } })
  const refused = day.proxy.inject({ kind: 'reset' })
  await changeEach(day)
  await day.until('it has tried ten times', () => refused.struck.length >= 10)
  const before = day.proxy.count(watching)
  refused.end()
  await day.allWell(mirror)

  expect(day.proxy.count(watching) - before).toBeLessThanOrEqual(2)
  expect(day.proxy.count({ ...everything, serverStatus: 200 })).toBeLessThanOrEqual(2)
  expect(day.proxy.count({ ...writing, serverStatus: [200, 201] })).toBe(2 + 3)
})
