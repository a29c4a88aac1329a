import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../client/api-error.ts'
import { type Leadership, LeadershipLost, runWhileLeading } from './leader-election.ts'
import type { LeaseSpec } from './lease.ts'
import { silentLog } from '../log.ts'
import { createFakeRest, type FakeRestOptions } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { createRecordingMeter } from '../testing/recording-meter.ts'

const resourceName = 'coordination.k8s.io/v1/leases'

let store: FakeStore
let clock: ManualClock
let candidates: Candidate[]
/** Warnings and what is well again, of all candidates. */
let said: string[]
beforeEach(() => {
  said = []
  store = createFakeStore()
  clock = createManualClock()
  candidates = []
})
afterEach(async () => {
  for (const { stop } of candidates) stop.abort()
  await settle()
})

interface Candidate {
  readonly stop: AbortController
  /** Each term that began. */
  readonly terms: Leadership[]
  /** How it ended: `resolved`, or the error. */
  outcome?: unknown
  /** Lets `lead` return although its signal aborted long ago. */
  readonly finish: () => void
}

/** Competes for the Lease; its work goes on until the signal aborts, or `finish` when it is `stubborn`. */
function compete(
  identity: string,
  { stubborn = false, ...faults }: FakeRestOptions & { stubborn?: boolean } = {},
): Candidate {
  const end = Promise.withResolvers<void>()
  const candidate: Candidate = { stop: new AbortController(), terms: [], finish: end.resolve }
  async function lead(leadership: Leadership): Promise<void> {
    candidate.terms.push(leadership)
    if (!stubborn) leadership.signal.addEventListener('abort', () => end.resolve())
    await end.promise
  }
  const rest = createFakeRest(store, faults)
  const say = (_fields: unknown, message: string) => void said.push(message)
  const log = { ...silentLog, warn: say, info: say }
  const options = { rest, namespace: 'a', name: 'operator', identity, clock, log, random: () => 0 }
  void runWhileLeading(options, lead, candidate.stop.signal).then(
    () => {
      candidate.outcome = 'resolved'
    },
    (error: unknown) => {
      candidate.outcome = error
    },
  )
  candidates.push(candidate)
  return candidate
}

function lease(): LeaseSpec {
  const found = store.get(resourceName, 'a/operator') as { readonly spec?: LeaseSpec } | undefined
  if (!found?.spec) throw new Error('there is no Lease')
  return found.spec
}

describe('acquiring', () => {
  it('creates the Lease as client-go does', async () => {
    const one = compete('one')
    await settle()

    expect(one.terms).toHaveLength(1)
    expect(one.terms[0]?.holds()).toBe(true)
    expect(lease()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2030-01-01T00:00:00.000000Z',
      renewTime: '2030-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    })
  })

  it('renews every 2 s, keeping the time of acquisition', async () => {
    compete('one')
    await clock.advance(60_000)

    expect(lease()).toMatchObject({
      acquireTime: '2030-01-01T00:00:00.000000Z',
      renewTime: '2030-01-01T00:01:00.000000Z',
      leaseTransitions: 0,
    })
  })

  it('waits for a living holder, and takes over from a dead one when its Lease has not changed for 15 s', async () => {
    const one = compete('one', {
      before: () => (clock.now() > Date.UTC(2030, 0, 1) + 60_000 ? hang() : undefined),
    })
    await settle()
    const two = compete('two')
    await clock.advance(60_000)
    expect(two.terms).toHaveLength(0)

    await clock.advance(14_000)
    expect(two.terms).toHaveLength(0)
    expect(one.outcome).toBeInstanceOf(LeadershipLost)

    await clock.advance(4_000)
    expect(two.terms).toHaveLength(1)
    expect(lease()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
  })

  it('counts by its own clock, whatever time the holder writes', async () => {
    store.put(resourceName, foreignLease({ renewTime: '2001-01-01T00:00:00.000000Z' }))
    const two = compete('two')
    await clock.advance(14_500)
    expect(two.terms).toHaveLength(0)

    await clock.advance(2_000)

    expect(two.terms).toHaveLength(1)
  })

  it('takes a released Lease at once', async () => {
    store.put(resourceName, foreignLease({ holderIdentity: '' }))
    const two = compete('two')
    await settle()

    expect(two.terms).toHaveLength(1)
    expect(lease()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 6 })
  })

  it('of several that start together one leads', async () => {
    for (const identity of ['one', 'two', 'three']) compete(identity)
    await clock.advance(30_000)

    expect(candidates.map(({ terms }) => terms.length).toSorted((a, b) => a - b)).toEqual([0, 0, 1])
  })

  it('keeps trying while the server fails, and tells of the first, second, fourth, eighth time', async () => {
    let failing = true
    const one = compete('one', { before: () => refuse(failing) })
    await clock.advance(20_000)
    failing = false
    await clock.advance(2_000)

    expect(one.terms).toHaveLength(1)
    expect(said).toEqual([
      ...Array.from({ length: 4 }, () => 'cannot acquire or renew the Lease; trying again'),
      'the Lease has a holder',
      'the Lease can be read and written again',
      'leading',
    ])
  })
})

describe('losing', () => {
  it('survives a server that does not answer for 8 s', async () => {
    let away = false
    const one = compete('one', { before: () => (away ? hang() : undefined) })
    await clock.advance(4_000)
    away = true
    await clock.advance(8_000)
    expect(one.terms[0]?.holds()).toBe(true)
    away = false
    await clock.advance(20_000)

    expect(one.outcome).toBeUndefined()
  })

  it.each([
    ['that does not answer', () => hang()],
    ['that refuses', () => refuse(true)],
  ])(
    'stops deciding 10 s after the last renewal with a server %s, and says so when its work has ended',
    async (_title, fault) => {
      let away = false
      let requests = 0
      const before = () => {
        requests += 1
        return away ? fault() : undefined
      }
      const one = compete('one', { before, stubborn: true })
      await clock.advance(4_000)
      away = true
      await clock.advance(9_999)
      expect(one.terms[0]?.signal.aborted).toBe(false)
      expect(one.terms[0]?.holds()).toBe(true)

      await clock.advance(1)
      expect(one.terms[0]?.signal.reason).toBeInstanceOf(LeadershipLost)
      expect(one.outcome).toBeUndefined()

      const requestsSoFar = requests
      one.finish()
      await settle()
      expect(one.outcome).toBeInstanceOf(LeadershipLost)
      expect(requests).toBe(requestsSoFar)
    },
  )

  it('stops in time although a request never ends, whatever its signal says', async () => {
    const stop = new AbortController()
    const fake = createFakeRest(store)
    const rest = { ...fake, replace: () => new Promise<never>(() => undefined) }
    const names = { namespace: 'a', name: 'operator', identity: 'one' }
    const running = runWhileLeading(
      { rest, ...names, clock },
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      stop.signal,
    )
    const lost = expect(running).rejects.toBeInstanceOf(LeadershipLost)
    await clock.advance(10_000)

    await lost
  })

  it('stops as soon as it sees another holder', async () => {
    const one = compete('one')
    await clock.advance(1_000)
    store.put(resourceName, foreignLease({}))

    await clock.advance(4_000)

    expect(one.outcome).toMatchObject({
      message: 'The Lease was taken by another process or deleted; stopping.',
    })
    expect(lease().holderIdentity).toBe('other')
  })

  it('does not hold after a freeze, before any timer has run, and ends when they do', async () => {
    const one = compete('one')
    await clock.advance(1_000)

    clock.freeze(8_000)
    expect(one.terms[0]?.holds()).toBe(true)
    clock.freeze(3_000)
    expect(one.terms[0]?.holds()).toBe(false)
    expect(one.terms[0]?.signal.aborted).toBe(false)

    await clock.advance(1)
    expect(one.terms[0]?.holds()).toBe(false)
    expect(one.outcome).toBeInstanceOf(LeadershipLost)
  })

  it('does not hold after a suspend of the machine, in which only the wall clock went on, until it renewed', async () => {
    const one = compete('one')
    await clock.advance(1_000)

    clock.jumpWallClock(11_000)
    expect(one.terms[0]?.holds()).toBe(false)

    await clock.advance(2_000)
    expect(one.terms[0]?.holds()).toBe(true)
    expect(one.outcome).toBeUndefined()
  })

  it('ends after a suspend in which another took over, also where that one has released the Lease since', async () => {
    const one = compete('one')
    await clock.advance(1_000)
    clock.jumpWallClock(3_600_000)
    store.put(resourceName, foreignLease({}))
    store.put(resourceName, foreignLease({ holderIdentity: '' }))

    const held: boolean[] = []
    for (let second = 0; second < 10; second++) {
      held.push(one.terms[0]?.holds() ?? false)
      await clock.advance(1_000)
    }

    expect(held).toEqual(Array(10).fill(false))
    expect(one.outcome).toBeInstanceOf(LeadershipLost)
    expect(lease().holderIdentity).toBe('')
  })

  it('ends when its Lease was deleted: others may have led in between', async () => {
    const one = compete('one')
    await clock.advance(1_000)
    store.remove(resourceName, 'a/operator')

    await clock.advance(6_000)

    expect(one.outcome).toBeInstanceOf(LeadershipLost)
    expect(store.get(resourceName, 'a/operator')).toBeUndefined()
  })

  it('goes on when the wall clock is set back', async () => {
    const one = compete('one')
    await clock.advance(1_000)
    clock.jumpWallClock(-3_600_000)
    expect(one.terms[0]?.holds()).toBe(true)

    await clock.advance(60_000)
    expect(one.terms[0]?.holds()).toBe(true)
  })

  it('carries on with what it stored unheard', async () => {
    let deaf = false
    const one = compete('one', {
      async before(verb) {
        if (verb !== 'replace' || !deaf) return
        deaf = false
        const known = store.get(resourceName, 'a/operator')
        if (known) store.put(resourceName, known)
      },
    })
    await clock.advance(3_000)
    deaf = true
    await clock.advance(60_000)

    expect(deaf).toBe(false)
    expect(one.outcome).toBeUndefined()
    expect(lease()).toMatchObject({ holderIdentity: 'one', leaseTransitions: 0 })
  })
})

it('tells by the metric of client-go who leads', async () => {
  const meter = createRecordingMeter()
  const stop = new AbortController()
  const options = {
    rest: createFakeRest(store),
    namespace: 'a',
    name: 'operator',
    identity: 'one',
    clock,
    meter,
  }
  const lead = (leadership: Leadership) =>
    new Promise<void>((resolve) => leadership.signal.addEventListener('abort', () => resolve()))
  const running = runWhileLeading(options, lead, stop.signal)
  const status = (value: number) => [{ labels: { name: 'operator' }, value }]
  expect(meter.read('leader_election_master_status')).toEqual(status(0))

  await settle()
  expect(meter.read('leader_election_master_status')).toEqual(status(1))

  stop.abort()
  await running
  expect(meter.read('leader_election_master_status')).toEqual(status(0))
})

it.each([
  ['an identity', { identity: '' }],
  ['a renew deadline below the duration', { renewDeadlineMs: 15_000 }],
  ['room for a second try', { retryPeriodMs: 9_000 }],
])('needs %s', async (_title, wrong) => {
  const options = { rest: createFakeRest(store), namespace: 'a', name: 'operator', identity: 'one', clock }

  const running = runWhileLeading({ ...options, ...wrong }, async () => undefined, AbortSignal.abort())

  await expect(running).rejects.toBeInstanceOf(TypeError)
})

describe('stopping', () => {
  it('releases the Lease when the work has ended, not before', async () => {
    const one = compete('one', { stubborn: true })
    await settle()
    one.stop.abort()
    await settle()
    expect(one.terms[0]?.signal.aborted).toBe(true)
    expect(lease().holderIdentity).toBe('one')

    one.finish()
    await settle()

    expect(one.outcome).toBe('resolved')
    expect(lease()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    const two = compete('two')
    await settle()
    expect(two.terms).toHaveLength(1)
  })

  it.each(['create', 'replace'] as const)(
    'releases what a %s stored unheard in the moment of the stop',
    async (cut) => {
      const one: Candidate = compete('one', {
        async before(verb) {
          if (verb !== cut || one.stop.signal.aborted) return
          store.put(resourceName, foreignLease({ holderIdentity: 'one' }))
          one.stop.abort()
          await hang()
        },
      })
      await clock.advance(10_000)

      expect(one.outcome).toBe('resolved')
      expect(lease().holderIdentity).toBe('')
    },
  )

  it('ends quietly while waiting, leaving the holder alone', async () => {
    store.put(resourceName, foreignLease({}))
    const two = compete('two')
    await clock.advance(1_000)
    two.stop.abort()
    await settle()

    expect(two.outcome).toBe('resolved')
    expect(lease().holderIdentity).toBe('other')
  })
})

function foreignLease(spec: Partial<LeaseSpec>) {
  const all = { holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 5, ...spec }
  return { metadata: { namespace: 'a', name: 'operator' }, spec: all }
}

function hang(): Promise<void> {
  return new Promise(() => undefined)
}

function refuse(failing: boolean): void {
  if (failing) throw new ApiError(500, { message: 'etcdserver: request timed out' })
}
