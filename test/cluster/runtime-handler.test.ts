/**
 * Bad days of our own: a handler that throws or is slow, a reader that does not read, a stop in the middle of the start,
 * a wall clock that jumps. In the end all is well, and nothing is left running.
 */
import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../src/kube/clock.ts'
import {
  allChanges,
  atWork,
  changeEach,
  everything,
  watching,
  writeSome,
  writing,
} from '../harness/mirror/at-work.ts'
import { type BadDay, openBadDay } from '../harness/mirror/bad-day.ts'
import { configMaps, roleLabel } from '../harness/mirror/config-maps.ts'

const hourMs = 3_600_000

describe('a handler that throws', () => {
  test.each([
    { what: 'an Error', thrown: new Error('thrown by the test') },
    { what: 'something else', thrown: 'no Error' },
    { what: 'nothing', thrown: undefined },
  ])('$what, five times for one key: that key comes back, others do not wait for it', async ({ thrown }) => {
    let left = 5
    const order: string[] = []
    const { day, mirror } = await atWork('throws', {
      controller: { backoff: { baseMs: 10, capMs: 100 } },
      async before(key) {
        if (key.endsWith('/stays') && left-- > 0) throw thrown
        order.push(key)
      },
    })
    expect(left).toBeLessThan(0)
    // The call that throws, then those that any key takes: one that writes, one that finds all in order.
    expect(mirror.ledger.calls(`${day.namespace}/stays`)).toBeLessThanOrEqual(
      5 + mirror.ledger.calls(`${day.namespace}/goes`),
    )
    expect(order[0]).toBe(`${day.namespace}/goes`)
    await changeEach(day)
    await day.allWell(mirror)
    expect(day.proxy.count(writing)).toBe(2 + 3)
  })
})

describe('a slow consumer', () => {
  test('a handler that is busy while hundreds of changes come: each key once more, and no new watch', async () => {
    const gate = Promise.withResolvers<void>()
    let isBusy = false
    const { day, mirror } = await atWork('busy-handler', {
      async before() {
        if (isBusy) await gate.promise
      },
    })
    isBusy = true
    await changeEach(day)
    const names = Array.from({ length: 10 }, (_, index) => `many-${index}`)
    for (let round = 0; round < 20; round++) {
      await Promise.all(names.map((name) => day.write(name, `round ${round}`)))
    }
    const last = await day.write('many-9', 'the last of all')
    const key = `${day.namespace}/many-9`
    const seen = () => mirror.cache.get(key)?.metadata.resourceVersion === last.metadata.resourceVersion
    await day.until('the cache has seen it all', seen)
    const calls = mirror.ledger.calls()
    gate.resolve()
    await day.allWell(mirror)

    expect(day.proxy.count(watching)).toBe(1)
    expect(day.proxy.count(writing)).toBe(2 + 3 + names.length)
    // For each key one call that writes, and one that finds it in order; one more where its own event came late.
    expect(mirror.ledger.calls() - calls).toBeLessThanOrEqual(3 * (names.length + 3))
  })

  test('a reader that does not read: the API server ends its watch, and it goes on where it was', async () => {
    const { day, mirror } = await atWork('no-reader')
    const stalled = day.proxy.inject({ kind: 'halfOpen' }, watching)
    await makeNoise(day)
    await changeEach(day)
    stalled.end()
    await day.allWell(mirror)

    expect(stalled.struck[0]?.isOver, 'the API server has ended the watch').toBe(true)
    expect(day.proxy.count(everything)).toBe(1)
    expect(day.proxy.count(watching)).toBe(2)
    expect(day.proxy.count(writing)).toBe(2 + 3)
  })
})

/**
 * What sockets hold is full after some 10 MB; then the API server keeps a hundred events for a watch, and then it has
 * enough of it. None of it concerns the mirror, but its watch brings it.
 */
async function makeNoise({ rest, namespace }: BadDay): Promise<void> {
  const names = Array.from({ length: 8 }, (_, index) => `noise-${index}`)
  const labels = { [roleLabel]: 'noise' }
  const data = { padding: 'x'.repeat(100_000) }
  await Promise.all(
    names.map((name) => rest.create(configMaps, { metadata: { namespace, name, labels }, data })),
  )
  for (let round = 0; round < 30; round++) {
    const patch = { type: 'merge', body: { data: { round: String(round) } } } as const
    await Promise.all(names.map((name) => rest.patch(configMaps, { namespace, name }, patch)))
  }
}

describe('a stop during the start', () => {
  test.each([
    { what: 'before anything', held: 0 },
    { what: 'while everything is read', held: 1 },
    { what: 'while the watch begins', held: 2 },
    { what: 'while the first write is on its way', held: 3 },
  ])('$what: nothing of it runs on, and the next one does the work', async ({ held }) => {
    const day = await openBadDay('stop')
    await writeSome(day)
    const mirror = day.mirror({ reflector: { watchList: false } })
    const holds = [everything, allChanges, writing].map((match, index) =>
      index + 1 === held ? day.proxy.inject({ kind: 'hold' }, match) : undefined,
    )
    mirror.start()
    const hold = holds.find((each) => each !== undefined)
    if (hold !== undefined) await day.until('it is under way', () => hold.struck.length === 1)
    await mirror.stop()
    const calls = mirror.ledger.calls()
    const requests = day.proxy.requests.length
    await day.until('its connections are closed', () => day.proxy.openConnections === 0)
    hold?.end()

    const next = day.mirror()
    next.start()
    await changeEach(day)
    await day.allWell(next)
    expect(mirror.ledger.calls()).toBe(calls)
    expect(requests).toBeLessThanOrEqual(held === 3 ? 3 : held)
  })
})

describe('a wall clock that jumps', () => {
  test.each([
    { what: 'an hour ahead', jumpMs: hourMs },
    { what: 'an hour back', jumpMs: -hourMs },
  ])('$what, again and again: retries come when they are due, and no sooner', async ({ jumpMs }) => {
    let offsetMs = 0
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs }
    let left = 5
    const { day, mirror } = await atWork('clock', {
      transport: { clock },
      reflector: { clock },
      controller: { clock, backoff: { baseMs: 10, capMs: 100 } },
      async before(key) {
        offsetMs += jumpMs
        if (key.endsWith('/stays') && left-- > 0) throw new Error('thrown by the test')
      },
    })
    offsetMs -= 10 * jumpMs
    await changeEach(day)
    await day.allWell(mirror)

    expect(left).toBeLessThan(0)
    expect(day.proxy.count(watching)).toBe(1)
    expect(day.proxy.count(writing)).toBe(2 + 3)
    expect(mirror.ledger.calls()).toBeLessThanOrEqual(5 + 3 * 5)
  })
})
