import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'
import { createWorkQueue, type Failure, type WorkQueue, type WorkQueueOptions } from './work-queue.ts'

let clock: ManualClock
let log: string[]
let ends: Map<string, PromiseWithResolvers<void>>
let stop: AbortController
beforeEach(() => {
  clock = createManualClock()
  log = []
  ends = new Map()
  stop = new AbortController()
})

/** A queue whose work lasts until the test ends it. */
function slowQueue(options: Partial<WorkQueueOptions> = {}): WorkQueue {
  return createWorkQueue({
    async process(key) {
      log.push(`start ${key}`)
      const end = Promise.withResolvers<void>()
      ends.set(key, end)
      await end.promise
      log.push(`end ${key}`)
    },
    clock,
    random: () => 0.999_999,
    ...options,
  })
}

async function finish(key: string): Promise<void> {
  ends.get(key)?.resolve()
  await settle()
}

async function fail(key: string): Promise<void> {
  ends.get(key)?.reject(new Error(`${key} failed`))
  await settle()
}

describe('order', () => {
  it('works on each waiting key once, in order of arrival', async () => {
    const queue = slowQueue()
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
    queue.start(stop.signal)
    for (const key of ['a', 'b', 'c']) {
      await settle()
      await finish(key)
    }

    expect(log).toEqual(['start a', 'end a', 'start b', 'end b', 'start c', 'end c'])
  })

  it('works on a key again that is added meanwhile, never twice at once', async () => {
    const queue = slowQueue({ concurrency: 3 })
    queue.start(stop.signal)
    queue.add('a')
    await settle()
    queue.add('a')
    queue.add('a')
    await settle()
    expect(log).toEqual(['start a'])

    await finish('a')
    await finish('a')

    expect(log).toEqual(['start a', 'end a', 'start a', 'end a'])
  })

  it('bounds how many keys are worked on, and lets others pass a key that is busy', async () => {
    const queue = slowQueue({ concurrency: 2 })
    queue.start(stop.signal)
    queue.add('a')
    await settle()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await settle()

    expect(log).toEqual(['start a', 'start b'])
    expect(queue.depth).toEqual({ waiting: 2, running: 2, delayed: 0 })
  })

  it('a key may be added by its own work', async () => {
    const queue: WorkQueue = createWorkQueue({
      clock,
      async process(key) {
        log.push('start')
        if (log.length < 5) queue.add(key)
        await settle()
        log.push('end')
      },
      concurrency: 2,
    })
    queue.start(stop.signal)
    queue.add('a')
    for (let i = 0; i < 5; i++) await settle()

    expect(log).toEqual(['start', 'end', 'start', 'end', 'start', 'end'])
  })
})

describe('priority', () => {
  it('starts changes before what the first lists brought, and lets a key of those move up', async () => {
    const queue = slowQueue()
    for (const key of ['a', 'b', 'c']) queue.add(key, 'initial')
    queue.add('d')
    queue.add('c')
    queue.add('d', 'initial')
    queue.start(stop.signal)
    for (const key of ['d', 'c', 'a', 'b']) {
      await settle()
      await finish(key)
    }

    expect(log.filter((line) => line.startsWith('start'))).toEqual([
      'start d',
      'start c',
      'start a',
      'start b',
    ])
  })

  it('gives one start in nine to the others where changes never cease', async () => {
    const started: string[] = []
    const queue: WorkQueue = createWorkQueue({
      clock,
      async process(key) {
        started.push(key)
        if (key === 'busy' && started.length < 100) queue.add('busy')
        await settle()
      },
    })
    for (const key of ['a', 'b', 'c']) queue.add(key, 'initial')
    queue.add('busy')
    queue.start(stop.signal)
    while (queue.depth.running > 0) await settle()

    expect(['a', 'b', 'c'].map((key) => started.indexOf(key))).toEqual([8, 17, 26])
  })

  it('of a key survives its failures', async () => {
    const queue = slowQueue({ backoff: { baseMs: 100, capMs: 100 } })
    queue.add('a', 'initial')
    queue.start(stop.signal)
    await settle()
    await fail('a')
    queue.add('b')
    await settle()
    await clock.advance(100)
    queue.add('c')
    await finish('b')
    await finish('c')

    expect(log.filter((line) => line.startsWith('start'))).toEqual([
      'start a',
      'start b',
      'start c',
      'start a',
    ])
  })
})

describe('addAt', () => {
  it('waits for the earliest time', async () => {
    const queue = slowQueue()
    queue.start(stop.signal)
    queue.addAt('a', clock.now() + 500)
    queue.addAt('a', clock.now() + 200)
    queue.addAt('a', clock.now() + 900)

    await clock.advance(199)
    expect(log).toEqual([])
    await clock.advance(1)
    await finish('a')
    await clock.advance(10_000)

    expect(log).toEqual(['start a', 'end a'])
  })

  it('is forgotten when the key is worked on before', async () => {
    const queue = slowQueue()
    queue.start(stop.signal)
    queue.addAt('a', clock.now() + 500)
    queue.add('a')
    await settle()
    await finish('a')
    await clock.advance(10_000)

    expect(log).toEqual(['start a', 'end a'])
  })

  it('takes a time in the past as now', async () => {
    const queue = slowQueue()
    queue.start(stop.signal)
    queue.addAt('a', clock.now() - 1)
    await clock.advance(0)

    expect(log).toEqual(['start a'])
  })
})

describe('failure', () => {
  it('brings the key back, ever later, and anew after a success', async () => {
    const failures: Failure[] = []
    const queue = slowQueue({
      backoff: { baseMs: 100, capMs: 300 },
      onFailure: (failure) => failures.push(failure),
    })
    queue.start(stop.signal)
    queue.add('a')
    await settle()
    for (const wait of [100, 200, 300, 300]) {
      await fail('a')
      await clock.advance(wait)
    }
    await finish('a')
    queue.add('a')
    await settle()
    await fail('a')

    expect(failures.map(({ delayMs }) => Math.round(delayMs ?? 0))).toEqual([100, 200, 300, 300, 100])
    expect(failures.map((failure) => failure.failures)).toEqual([1, 2, 3, 4, 1])
    expect(failures[0]?.error).toMatchObject({ message: 'a failed' })
  })

  it('waits half of its bound at least', async () => {
    const queue = slowQueue({ backoff: { baseMs: 100, capMs: 300 }, random: () => 0 })
    queue.start(stop.signal)
    queue.add('a')
    await settle()
    await fail('a')

    expect(clock.timers).toEqual([50])
  })

  it('is overtaken by a change', async () => {
    const queue = slowQueue({ backoff: { baseMs: 1e6, capMs: 1e6 } })
    queue.start(stop.signal)
    queue.add('a')
    await settle()
    await fail('a')
    queue.add('a')
    await settle()

    expect(log).toEqual(['start a', 'start a'])
    expect(clock.timers).toEqual([])
  })
})

describe('stop', () => {
  it('starts nothing more, and ends with the running work', async () => {
    const queue = slowQueue()
    queue.start(stop.signal)
    queue.add('a')
    queue.add('b')
    queue.addAt('c', clock.now() + 1)
    await settle()
    let stopped = false
    const stopping = queue.stop().then(() => {
      stopped = true
    })
    await clock.advance(1)
    expect(stopped).toBe(false)

    await finish('a')
    await stopping
    queue.add('d')
    queue.addAt('e', 0)
    await clock.advance(1_000)

    expect(log).toEqual(['start a', 'end a'])
    expect(clock.timers).toEqual([])
  })

  it('reaches running work through its signal, and a rejection then is no failure', async () => {
    const failures: Failure[] = []
    const queue = createWorkQueue({
      clock,
      process: (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
      onFailure: (failure) => failures.push(failure),
    })
    queue.start(stop.signal)
    queue.add('a')
    await settle()

    stop.abort()
    await queue.stop()

    expect(failures).toEqual([])
  })

  it('has nothing to do when aborted before the start', async () => {
    const queue = slowQueue()
    queue.add('a')
    queue.start(AbortSignal.abort())
    await settle()

    expect(log).toEqual([])
  })
})

it('against any course of events: no key twice at once, bound kept, every add followed by work', async () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const command = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key }),
    fc.record({ do: fc.constant('addAt' as const), key, inMs: fc.nat(50) }),
    fc.record({ do: fc.constant('finish' as const), key }),
    fc.record({ do: fc.constant('fail' as const), key }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat(40) }),
  )

  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (commands, concurrency) => {
        const time = createManualClock()
        const running = new Map<string, PromiseWithResolvers<void>>()
        const owed = new Set<string>()
        const queue = createWorkQueue({
          clock: time,
          concurrency,
          backoff: { baseMs: 10, capMs: 40 },
          async process(started) {
            expect(running.has(started)).toBe(false)
            owed.delete(started)
            const work = Promise.withResolvers<void>()
            running.set(started, work)
            expect(running.size).toBeLessThanOrEqual(concurrency)
            await work.promise
          },
        })
        queue.start(new AbortController().signal)

        function end(which: string, how: 'finish' | 'fail'): void {
          const work = running.get(which)
          running.delete(which)
          if (how === 'finish') work?.resolve()
          else if (work) {
            owed.add(which)
            work.reject(new Error('as asked by the test'))
          }
        }

        for (const step of commands) {
          if (step.do === 'advance') await time.advance(step.ms)
          else if (step.do === 'add' || step.do === 'addAt') {
            owed.add(step.key)
            if (step.do === 'add') queue.add(step.key)
            else queue.addAt(step.key, time.now() + step.inMs)
          } else end(step.key, step.do)
          await settle()
        }
        while (owed.size > 0 || running.size > 0) {
          for (const which of running.keys()) end(which, 'finish')
          await time.advance(50)
        }
        expect(queue.depth).toEqual({ waiting: 0, running: 0, delayed: 0 })
      },
    ),
    { seed: 1, numRuns: 40 },
  )
})
