import { beforeEach, describe, expect, it } from 'vitest'
import type { Rest } from '../client/rest.ts'
import { type Lease, leases } from '../leader-election/lease.ts'
import { LeadershipLost } from '../leader-election/leader-election.ts'
import { silentLog } from '../log.ts'
import { silentMeter } from '../meter.ts'
import { apiVersionOf } from '../resource.ts'
import { createFakeRest } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { leadingPart } from './leading.ts'

const lease = { namespace: 'system', name: 'us' }
const leaseTable = `${apiVersionOf(leases)}/${leases.plural}`
const graceMs = 5_000

let clock: ManualClock
let store: FakeStore
let diary: string[]
let stop: AbortController
beforeEach(() => {
  clock = createManualClock()
  store = createFakeStore()
  diary = []
  stop = new AbortController()
})

/** A controller with one reconcile under way, which ends when it is told to, or at its abort. */
function fakeController(name: string, mayWrite: () => boolean) {
  const done = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<never>()
  return {
    finish: () => done.resolve(),
    fail: (error: Error) => failed.reject(error),
    async run(signal: AbortSignal, drain?: AbortSignal) {
      diary.push(`${name} works`)
      drain?.addEventListener('abort', () => diary.push(`${name} drains, may write: ${mayWrite()}`), {
        once: true,
      })
      const cut = new Promise<string>((resolve) => {
        signal.addEventListener('abort', () => resolve('is cut off'), { once: true })
      })
      const end = await Promise.race([done.promise.then(() => 'is done'), cut, failed.promise])
      diary.push(`${name} ${end}, may write: ${mayWrite()}`)
    },
  }
}

function start(withLease: boolean) {
  const rest = createFakeRest(store) as Rest
  const leading = leadingPart({
    rest,
    leaseRest: rest,
    lease: withLease ? lease : undefined,
    identity: 'me',
    events: {
      async idle() {
        diary.push(`events are sent, the Lease is ${holder() === '' ? 'free' : 'held'}`)
      },
    },
    graceMs,
    clock,
    log: silentLog,
    meter: silentMeter,
  })
  const one = fakeController('one', leading.mayWrite)
  const two = fakeController('two', leading.mayWrite)
  leading.add('one', one)
  leading.add('two', two)
  let up = false
  const ended = leading.part.run(() => (up = true), stop.signal)
  return { leading, one, two, ended, isUp: () => up }
}

function holder(): string | undefined {
  const held = store.get(leaseTable, `${lease.namespace}/${lease.name}`) as Lease | undefined
  return held?.spec.holderIdentity
}

describe.each([true, false])('a stop (with a Lease: %s)', (withLease) => {
  it('lets running reconciles end, as the leader, before events are sent and the Lease is given back', async () => {
    const { one, two, ended } = start(withLease)
    await clock.advance(0)
    stop.abort()
    await clock.advance(graceMs - 1)
    one.finish()
    await settle()
    expect(holder()).toBe(withLease ? 'me' : undefined)
    two.finish()
    await ended
    expect(diary).toEqual([
      'one works',
      'two works',
      'one drains, may write: true',
      'two drains, may write: true',
      'one is done, may write: true',
      'two is done, may write: true',
      'events are sent, the Lease is held',
    ])
    expect(holder()).toBe(withLease ? '' : undefined)
    expect(clock.timers).toEqual([])
  })

  it('cuts off, at the end of the grace, what still runs, which may not write any more', async () => {
    const { one, ended } = start(withLease)
    await clock.advance(0)
    stop.abort()
    one.finish()
    await clock.advance(graceMs)
    await ended
    expect(diary.slice(-3)).toEqual([
      'one is done, may write: true',
      'two is cut off, may write: false',
      'events are sent, the Lease is held',
    ])
    expect(holder()).toBe(withLease ? '' : undefined)
  })
})

describe('the leading part', () => {
  it('is up while it waits for the Lease, may not write, and a stop ends the wait', async () => {
    const other = { holderIdentity: 'other', leaseDurationSeconds: 15 }
    store.put(leaseTable, { metadata: lease, spec: other } as never)
    const { leading, ended, isUp } = start(true)
    await clock.advance(0)
    expect([isUp(), leading.mayWrite(), diary]).toEqual([true, false, []])
    stop.abort()
    await ended
    expect([diary, holder()]).toEqual([[], 'other'])
  })

  it('ends where the stop came before it began', async () => {
    store.put(leaseTable, {
      metadata: lease,
      spec: { holderIdentity: 'other', leaseDurationSeconds: 15 },
    } as never)
    stop.abort()
    const { ended } = start(true)
    await expect(
      Promise.race([ended, clock.advance(60_000).then(() => 'still waiting')]),
    ).resolves.toBeUndefined()
  })

  it('cuts everything off at once when the Lease is lost, and rejects', async () => {
    const { ended } = start(true)
    await clock.advance(0)
    const lost = expect(ended).rejects.toThrow(LeadershipLost)
    const held = store.get(leaseTable, `${lease.namespace}/${lease.name}`) as Lease
    store.put(leaseTable, { ...held, spec: { ...held.spec, holderIdentity: 'other' } } as never)
    await clock.advance(10_000)
    await lost
    expect(diary.filter((line) => line.includes('cut off'))).toEqual([
      'one is cut off, may write: false',
      'two is cut off, may write: false',
    ])
    expect(holder()).toBe('other')
  })

  it('names a controller that fails, drains the others, and gives the Lease back', async () => {
    const { one, two, ended } = start(true)
    await clock.advance(0)
    const failed = expect(ended).rejects.toThrow(
      'The controller one failed: broken; the process cannot go on without it.',
    )
    one.fail(new Error('broken'))
    await settle()
    expect(diary).toContain('two drains, may write: true')
    two.finish()
    await failed
    expect(holder()).toBe('')
  })

  it('does not wait longer than the grace for the others of a controller that fails', async () => {
    const { one, ended } = start(true)
    await clock.advance(0)
    const failed = expect(ended).rejects.toThrow('The controller one failed')
    one.fail(new Error('broken'))
    await clock.advance(graceMs)
    await failed
    expect(diary).toContain('two is cut off, may write: false')
  })
})
