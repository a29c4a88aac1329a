/** The work queue against a plain model, through any course of adds, delays, ends, failures and time. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import type { Priority } from './waiting-keys.ts'
import { createWorkQueue, type WorkQueue } from './work-queue.ts'

const backoff = { baseMs: 10, capMs: 40 }
/** As stated in waiting-keys.ts. */
const changesInARow = 8

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const priority = fc.constantFrom<Priority>('change', 'initial')
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), key, priority }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('addAt' as const), key, inMs: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), key, fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), key, held: fc.boolean() }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

interface Waiting {
  priority: Priority
  /** When it began to wait in this priority; keys that came due in the same moment share it. */
  rank: number
}

/** What may be true of the queue, kept in the plainest way: lists that are searched. */
function createModel(clock: ManualClock, concurrency: number) {
  const waiting = new Map<string, Waiting>()
  const running = new Map<string, { readonly priority: Priority; readonly end: PromiseWithResolvers<void> }>()
  const due = new Map<string, number>()
  const failing = new Map<string, { readonly count: number; readonly priority: Priority }>()
  const held = new Set<string>()
  let rank = 0
  let changesTaken = 0

  function wait(which: string, as: Priority, rankNow = (rank += 1)): void {
    const known = waiting.get(which)
    if (known === undefined || (known.priority === 'initial' && as === 'change')) {
      waiting.set(which, { priority: as, rank: rankNow })
    }
  }

  function comeDue(): void {
    const now = [...due].filter(([, at]) => at <= clock.monotonic()).toSorted(([, a], [, b]) => a - b)
    for (const [which, at] of now) {
      due.delete(which)
      const sameMoment = now.find(([, other]) => other === at)?.[0] === which ? (rank += 1) : rank
      wait(which, failing.get(which)?.priority ?? 'change', sameMoment)
    }
  }

  function startable(): [string, Waiting][] {
    return [...waiting].filter(([which]) => !running.has(which) && !held.has(which))
  }

  return {
    held,
    running,
    add: (which: string, as: Priority) => wait(which, as),
    addAt(which: string, at: number) {
      due.set(which, Math.min(due.get(which) ?? Number.POSITIVE_INFINITY, at))
    },
    /** The queue began with a key: it had to be its turn. */
    begin(which: string): PromiseWithResolvers<void> {
      comeDue()
      expect(running.size).toBeLessThan(concurrency)
      expect(startable().map(([name]) => name)).toContain(which)
      const turn = waiting.get(which)
      if (turn === undefined) throw new Error(`${which} does not wait`)
      const classes = new Set(startable().map(([, { priority: of }]) => of))
      const first = changesTaken < changesInARow ? 'change' : 'initial'
      if (classes.size === 2) expect(turn.priority).toBe(first)
      for (const [, other] of startable()) {
        if (other.priority === turn.priority) expect(other.rank).toBeGreaterThanOrEqual(turn.rank)
      }
      waiting.delete(which)
      due.delete(which)
      const initialsWait = [...waiting.values()].some(({ priority: of }) => of === 'initial')
      changesTaken = turn.priority === 'change' && initialsWait ? changesTaken + 1 : 0
      const end = Promise.withResolvers<void>()
      running.set(which, { priority: turn.priority, end })
      return end
    },
    end(which: string, fails: boolean) {
      const work = running.get(which)
      if (work === undefined) return
      running.delete(which)
      if (!fails) {
        failing.delete(which)
        work.end.resolve()
        return
      }
      const count = (failing.get(which)?.count ?? 0) + 1
      failing.set(which, { count, priority: work.priority })
      const delayMs = Math.min(backoff.capMs, backoff.baseMs * 2 ** (count - 1)) / 2
      due.set(which, Math.min(due.get(which) ?? Number.POSITIVE_INFINITY, clock.monotonic() + delayMs))
      work.end.reject(new Error('as asked by the test'))
    },
    /** Between commands: nothing that could run stands still, and the queue counts as we do. */
    check(queue: WorkQueue) {
      comeDue()
      if (running.size < concurrency) expect(startable()).toEqual([])
      expect(queue.depth).toEqual({ waiting: waiting.size, running: running.size, delayed: due.size })
    },
    busy: () => waiting.size + running.size + due.size > 0,
  }
}

/** What fails inside of the work would count as a failure of the work only. */
function orRemember<T>(violations: unknown[], check: () => T): T {
  try {
    return check()
  } catch (error) {
    violations.push(error)
    throw error
  }
}

async function play(commands: readonly Command[], concurrency: number): Promise<void> {
  const clock = createManualClock()
  const wallOffset = clock.now() - clock.monotonic()
  const model = createModel(clock, concurrency)
  const violations: unknown[] = []
  const queue = createWorkQueue({
    clock,
    concurrency,
    backoff,
    random: () => 0,
    isHeld: (which) => model.held.has(which),
    process: (which) => orRemember(violations, () => model.begin(which)).promise,
  })
  queue.start(new AbortController().signal)

  async function carryOut(step: Command): Promise<void> {
    if (step.do === 'advance') {
      // Millisecond by millisecond: the model looks at the time as often as the queue does.
      for (let ms = 0; ms < step.ms; ms++) await clock.advance(1)
    } else if (step.do === 'add') {
      model.add(step.key, step.priority)
      queue.add(step.key, step.priority)
    } else if (step.do === 'addAt') {
      model.addAt(step.key, clock.monotonic() + step.inMs)
      queue.addAt(step.key, clock.monotonic() + wallOffset + step.inMs)
    } else if (step.do === 'end') model.end(step.key, step.fails)
    else {
      if (step.held) model.held.add(step.key)
      else model.held.delete(step.key)
      queue.look()
    }
    // A delay of no time at all is due at once.
    await clock.advance(0)
    await settle()
  }

  for (const step of commands) {
    await carryOut(step)
    expect(violations).toEqual([])
    model.check(queue)
  }
  model.held.clear()
  queue.look()
  while (model.busy()) {
    await clock.advance(1)
    for (const which of model.running.keys()) model.end(which, false)
    await settle()
    model.check(queue)
  }
  await queue.stop()
  expect(violations).toEqual([])
  expect(queue.depth).toEqual({ waiting: 0, running: 0, delayed: 0 })
  expect(clock.timers).toEqual([])
}

it('does what the model does: one at a time, bound kept, in turn, nothing lost, the earliest delay', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), play),
    { seed: 1, numRuns: 150 },
  )
})

it('is neither early nor late by more than 10 s, however the wall clock is set', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('addAt' as const), key, inMs: fc.integer({ min: -1_000, max: 60_000 }) }),
    fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat(15_000) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = createManualClock()
      const due = new Map<string, number>()
      const violations: unknown[] = []
      const queue = createWorkQueue({
        clock,
        concurrency: 5,
        async process(which) {
          orRemember(violations, () => {
            expect(clock.now()).toBeGreaterThanOrEqual(due.get(which) ?? Number.POSITIVE_INFINITY)
          })
          due.delete(which)
        },
      })
      queue.start(new AbortController().signal)
      for (const one of steps) {
        if (one.do === 'jump') clock.jumpWallClock(one.ms)
        else if (one.do === 'advance') await clock.advance(one.ms)
        else {
          const at = clock.now() + one.inMs
          due.set(one.key, Math.min(due.get(one.key) ?? Number.POSITIVE_INFINITY, at))
          queue.addAt(one.key, at)
        }
        const overdue = [...due.keys()].filter((which) => (due.get(which) ?? 0) <= clock.now())
        const wall = clock.now()
        if (overdue.length === 0) continue
        await clock.advance(10_000)
        expect(clock.now()).toBe(wall + 10_000)
        expect(overdue.filter((which) => (due.get(which) ?? Number.POSITIVE_INFINITY) <= wall)).toEqual([])
      }
      await queue.stop()
      expect(violations).toEqual([])
    }),
    { seed: 1, numRuns: 200 },
  )
})

it('stop starts nothing more and waits for what runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 10 }), fc.nat(3), async (keys, ended) => {
      const running: PromiseWithResolvers<void>[] = []
      const clock = createManualClock()
      const queue = createWorkQueue({
        clock,
        concurrency: 2,
        process() {
          const work = Promise.withResolvers<void>()
          running.push(work)
          return work.promise
        },
      })
      queue.start(new AbortController().signal)
      for (const which of keys) queue.add(which)
      for (let i = 0; i < ended; i++) {
        await settle()
        running[i]?.resolve()
      }
      await settle()
      const begun = running.length
      let stopped = false
      const stopping = queue.stop().then(() => {
        stopped = true
      })
      for (const which of keys) {
        queue.add(which)
        queue.addAt(which, 0)
      }
      await clock.advance(60_000)
      expect(stopped).toBe(begun <= ended)
      for (const work of running) work.resolve()
      await stopping
      expect(running).toHaveLength(begun)
    }),
    { seed: 1, numRuns: 50 },
  )
})
