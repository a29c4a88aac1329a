/**
 * Bad days on which the API server answers, but not what was asked for: failing, overloaded, no longer knowing us, or
 * with an answer that is lost on its way. In the end all is well, and requests are as many as it takes.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { connect } from '../../src/kube/client/connection.ts'
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
import { serviceAccount } from '../harness/mirror/service-account.ts'
import { createToldClock, type ToldClock } from '../harness/mirror/told-clock.ts'
import type { Injected } from '../harness/proxy/fault-proxy.ts'
import { isCarriedOut, matches } from '../harness/proxy/seen-request.ts'

const failing = { kind: 'answer', status: 500 } as const

describe('500 ten times in a row', () => {
  test.each([{ watchList: true }, { watchList: false }])(
    'for everything, at the start: it goes on asking (WatchList: $watchList)',
    async ({ watchList }) => {
      const day = await openBadDay('failing-list')
      await writeSome(day)
      const fault = day.proxy.inject(failing, everything, 10)
      const mirror = day.mirror({ reflector: { watchList } })
      mirror.start()
      await day.allWell(mirror)

      expect(fault.struck).toHaveLength(10)
      expect(day.proxy.count(everything)).toBe(11)
      expect(day.proxy.count(allChanges)).toBe(1)
      expect(mirror.ledger.calls()).toBeGreaterThan(0)
    },
  )

  test('for the next watch: it keeps its position, and lists nothing', async () => {
    const { day, mirror } = await atWork('failing-watch')
    const fault = day.proxy.inject(failing, allChanges, 10)
    day.proxy.inject({ kind: 'reset' }, watching, 1)
    await changeEach(day)
    await day.allWell(mirror)

    expect(fault.struck).toHaveLength(10)
    expect(day.proxy.count(everything)).toBe(1)
    expect(day.proxy.count(allChanges)).toBe(11)
  })

  test('for writes: each key comes back until its write is done, once', async () => {
    const { day, mirror } = await atWork('failing-writes', {
      controller: { backoff: { baseMs: 5, capMs: 50 } },
    })
    const fault = day.proxy.inject(failing, writing, 10)
    await changeEach(day)
    await day.allWell(mirror)

    expect(fault.struck).toHaveLength(10)
    expect(day.proxy.count(writing)).toBe(2 + 10 + 3)
  })
})

describe('429 with Retry-After', () => {
  const busy = { kind: 'answer', status: 429, headers: { 'retry-after': '7' } } as const

  /** Twice the server is busy; each time nothing is sent for seven seconds, and then the same request. */
  async function expectPatience({ until }: BadDay, clock: ToldClock, { struck }: Injected): Promise<void> {
    for (const times of [1, 2]) {
      const isWaiting = () => struck.length === times && clock.timers.includes(7_000)
      await until(`the request waits, ${times}`, isWaiting, [clock.onTimer])
      await clock.advance(6_999)
      expect(struck).toHaveLength(times)
      await clock.advance(1)
    }
  }

  test('lets a reading of everything wait for so long, and no longer', async () => {
    const clock = createToldClock()
    const day = await openBadDay('busy-list')
    await writeSome(day)
    const fault = day.proxy.inject(busy, everything, 2)
    const mirror = day.mirror({ transport: { clock, random: () => 0 } })
    mirror.start()
    await expectPatience(day, clock, fault)
    await day.allWell(mirror)
    expect(day.proxy.count(everything)).toBe(3)
    expect(day.proxy.count(watching)).toBe(3)
  })

  test('lets a write wait for so long, and no longer; others go on', async () => {
    const clock = createToldClock()
    const { day, mirror } = await atWork('busy-write', {
      transport: { clock, random: () => 0 },
      controller: { concurrency: 2 },
    })
    const fault = day.proxy.inject(busy, { ...writing, name: 'stays-copy' }, 2)
    await changeEach(day)
    await day.until(
      'the others are in order',
      () => mirror.ledger.states.get(`${day.namespace}/goes`) === 'gone',
    )
    await expectPatience(day, clock, fault)
    await day.allWell(mirror)
    expect(day.proxy.count(writing)).toBe(2 + 2 + 3)
  })
})

describe('an answer that is lost', () => {
  test.each(['create', 'replace', 'delete'] as const)(
    'after a %s was carried out: it is not done twice',
    async (verb) => {
      const { day, mirror } = await atWork('lost')
      const fault = day.proxy.inject({ kind: 'loseAnswer' }, { ...writing, verb }, 1)
      await changeEach(day)
      await day.allWell(mirror)

      expect(fault.struck.map(({ serverStatus }) => serverStatus)).toEqual([verb === 'create' ? 201 : 200])
      const done = day.proxy.requests.filter((seen) => matches(seen, writing) && isCarriedOut(seen))
      expect(done).toHaveLength(2 + 3)
      // At most one more attempt, which fails by its precondition.
      expect(day.proxy.count(writing)).toBeLessThanOrEqual(2 + 3 + 1)
    },
  )
})

describe('a token is rotated', () => {
  test('the old one is refused: the new one is read from the file, and nothing is lost', async () => {
    const day = await openBadDay('token')
    const account = await serviceAccount(day)
    await writeFile(account.file, await account.token())
    const connection = await connect({ kubeconfig: account.kubeconfig })
    await writeSome(day)
    const mirror = day.mirror({ connection })
    mirror.start()
    await day.allWell(mirror)

    const old = await readFile(account.file, 'utf8')
    await writeFile(account.file, await account.token())
    const refused = day.proxy.inject({ kind: 'answer', status: 401 }, { token: old })
    day.proxy.inject({ kind: 'reset' }, watching, 1)
    await changeEach(day)
    await day.allWell(mirror)

    expect(refused.struck.length).toBeGreaterThan(0)
    expect(refused.struck.length).toBeLessThanOrEqual(4)
    expect(day.proxy.count(everything)).toBe(1)
    expect(day.proxy.count(writing)).toBeLessThanOrEqual(2 + 3 + refused.struck.length)
  })
})
