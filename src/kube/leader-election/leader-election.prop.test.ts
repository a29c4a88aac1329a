/**
 * Several candidates over one Lease, each with clocks of its own, through any course of delays, freezes, suspends and
 * clocks that are set: never two that hold it at once, and somebody does in the end.
 */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Clock } from '../clock.ts'
import { createFakeRest, type FakeRest } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { type Leadership, runWhileLeading } from './leader-election.ts'

const candidates = ['one', 'two', 'three'] as const
const who = fc.constantFrom(0, 1, 2)
const ms = fc.integer({ min: 1, max: 30_000 })

/** Either kind, not both in one course: a clock set back right before a suspend hides it (see the assumptions). */
const faults = {
  suspends: fc.record({ do: fc.constantFrom('suspend' as const, 'jump' as const), who, ms }),
  'clocks set back': fc.record({ do: fc.constant('jump' as const), who, ms: ms.map((forward) => -forward) }),
}

function step(kind: keyof typeof faults) {
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(6_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('freeze' as const), who, ms }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('slow' as const), who, ms: fc.nat(8_000) }) },
    { weight: 1, arbitrary: faults[kind] },
  )
}
type Step = ReturnType<typeof step> extends fc.Arbitrary<infer S> ? S : never

/** One process on its machine: nothing of it runs before `stoppedUntil`, and its clocks are its own. */
function createCandidate(world: ManualClock, store: FakeStore, identity: string) {
  let wallOffset = 0
  let suspendedMs = 0
  let suspendedAt: number | undefined
  let stoppedUntil = 0
  let delayMs = 0
  let leadership: Leadership | undefined

  const monotonic = () => (suspendedAt ?? world.monotonic()) - suspendedMs
  const clock: Clock = {
    now: () => world.now() + wallOffset,
    monotonic,
    setTimeout(callback, inMs) {
      const due = monotonic() + inMs
      let cancel = world.setTimeout(fire, inMs)
      function fire(): void {
        const leftMs = Math.max(stoppedUntil - world.monotonic(), due - monotonic())
        if (leftMs <= 0) callback()
        else cancel = world.setTimeout(fire, leftMs)
      }
      return () => cancel()
    },
  }

  function pass(inMs: number): Promise<void> {
    return new Promise((resolve) => world.setTimeout(resolve, inMs))
  }

  /** An answer reaches a stopped process when it runs again. */
  async function running(): Promise<void> {
    while (world.monotonic() < stoppedUntil) await pass(stoppedUntil - world.monotonic())
  }

  const server = createFakeRest(store)
  async function call<T>(request: () => Promise<T>): Promise<T> {
    await pass(delayMs / 2)
    try {
      return await request()
    } finally {
      await pass(delayMs / 2)
      await running()
    }
  }
  // Without the signal: what was sent goes its way, whoever has stopped waiting for it.
  const rest: Pick<FakeRest, 'getIfExists' | 'create' | 'replace'> = {
    getIfExists: (of, ref, options) =>
      unlessAborted(
        call(() => server.getIfExists(of, ref)),
        options?.signal,
      ),
    create: (of, manifest, options) =>
      unlessAborted(
        call(() => server.create(of, manifest)),
        options?.signal,
      ),
    replace: (of, object, options) =>
      unlessAborted(
        call(() => server.replace(of, object)),
        options?.signal,
      ),
  }

  async function compete(signal: AbortSignal): Promise<void> {
    // As a pod that is started again, with an identity of its own.
    for (let life = 0; !signal.aborted; life++) {
      const options = { rest, namespace: 'a', name: 'lease', identity: `${identity}-${life}`, clock }
      await runWhileLeading({ ...options, random: () => 0.5 }, lead, signal).catch(() => undefined)
    }
  }

  async function lead(given: Leadership): Promise<void> {
    leadership = given
    await new Promise<void>((resolve) =>
      given.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    leadership = undefined
  }

  return {
    compete,
    holds: () => suspendedAt === undefined && leadership?.holds() === true,
    slow(byMs: number) {
      delayMs = byMs
    },
    jump(byMs: number) {
      wallOffset += byMs
    },
    freeze(forMs: number) {
      stoppedUntil = Math.max(stoppedUntil, world.monotonic() + forMs)
    },
    suspend(forMs: number) {
      if (suspendedAt !== undefined) return
      const since = world.monotonic()
      suspendedAt = since
      stoppedUntil = Math.max(stoppedUntil, since + forMs)
      world.setTimeout(() => {
        suspendedMs += world.monotonic() - since
        suspendedAt = undefined
      }, forMs)
    },
  }
}

function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
  })
  return Promise.race([answer, aborted])
}

async function play(steps: readonly Step[]): Promise<void> {
  const world = createManualClock()
  const store = createFakeStore()
  const stop = new AbortController()
  const all = candidates.map((identity) => createCandidate(world, store, identity))
  for (const candidate of all) void candidate.compete(stop.signal)

  function holders(): number {
    return all.filter((candidate) => candidate.holds()).length
  }

  async function advance(byMs: number): Promise<void> {
    for (let passed = 0; passed < byMs; passed += 250) {
      await world.advance(250)
      expect(holders()).toBeLessThanOrEqual(1)
    }
  }

  for (const one of steps) {
    if (one.do === 'advance') await advance(one.ms)
    else all[one.who]?.[one.do](one.ms)
    expect(holders()).toBeLessThanOrEqual(1)
  }
  for (const candidate of all) candidate.slow(0)
  await advance(90_000)
  expect(holders()).toBe(1)
  stop.abort()
  await settle()
}

it.each(['suspends', 'clocks set back'] as const)(
  'never two at once, with freezes, slow requests and %s',
  async (kind) => {
    await fc.assert(fc.asyncProperty(fc.array(step(kind), { minLength: 5, maxLength: 25 }), play), {
      seed: 1,
      numRuns: 60,
    })
  },
)
