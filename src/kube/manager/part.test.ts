import { describe, expect, it } from 'vitest'
import { settle } from '../testing/manual-clock.ts'
import { type Part, PartFailed, runInOrder, runTogether } from './part.ts'

class Foreseen extends Error {}

interface FakePart extends Part {
  isUp(): void
  /** Its work after the stop is done. */
  letEnd(): void
  fail(error: unknown): void
  endUnasked(): void
}

/** Writes down what happens to it; comes up and ends only when it is told to. */
function fakePart(name: string, diary: string[], { ends = true, comesUp = true } = {}): FakePart {
  const up = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const own = Promise.withResolvers<void>()
  if (comesUp) up.resolve()
  if (ends) end.resolve()
  return {
    name,
    foreseen: [Foreseen],
    async run(tellUp, signal) {
      diary.push(`${name} starts`)
      void up.promise.then(tellUp)
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([stopped, own.promise])
      if (signal.aborted) {
        diary.push(`${name} is asked to end`)
        await end.promise
      }
      diary.push(`${name} has ended`)
    },
    isUp: () => up.resolve(),
    letEnd: () => end.resolve(),
    fail: (error) => own.reject(error),
    endUnasked: () => own.resolve(),
  }
}

async function outcome(running: Promise<void>): Promise<string> {
  return running.then(
    () => 'resolved',
    (error: Error) => error.message,
  )
}

describe('parts upon one another', () => {
  it('start when the one below is up, and end the last first, each after the one above has ended', async () => {
    const diary: string[] = []
    const stop = new AbortController()
    const low = fakePart('low', diary, { comesUp: false })
    const high = fakePart('high', diary, { ends: false })
    const running = runInOrder([low, high], stop.signal)
    await settle()
    expect(diary).toEqual(['low starts'])
    low.isUp()
    await settle()
    expect(diary.splice(0)).toEqual(['low starts', 'high starts'])
    stop.abort()
    await settle()
    expect(diary).toEqual(['high is asked to end'])
    high.letEnd()
    await running
    expect(diary).toEqual(['high is asked to end', 'high has ended', 'low is asked to end', 'low has ended'])
  })

  it.each([
    ['a stop while a part comes up', (stop: AbortController) => stop.abort(), 'resolved'],
    [
      'a part that fails while it comes up',
      (_: AbortController, low: FakePart) => low.fail(new Error('no luck')),
      'low failed: no luck; the process cannot go on without it.',
    ],
  ])('nothing further starts after %s', async (_, happen, expected) => {
    const diary: string[] = []
    const stop = new AbortController()
    const low = fakePart('low', diary, { comesUp: false })
    const running = outcome(runInOrder([low, fakePart('high', diary)], stop.signal))
    await settle()
    happen(stop, low)
    expect(await running).toBe(expected)
    expect(diary).not.toContain('high starts')
  })

  it.each([
    [
      'throws',
      (part: FakePart) => part.fail(new Error('broken')),
      'low failed: broken; the process cannot go on without it.',
    ],
    [
      'ends unasked',
      (part: FakePart) => part.endUnasked(),
      'low ended by itself; the process cannot go on without it.',
    ],
    ['fails as foreseen', (part: FakePart) => part.fail(new Foreseen('a sentence')), 'a sentence'],
  ])('a part that %s ends the others and is named', async (_, happen, sentence) => {
    const diary: string[] = []
    const low = fakePart('low', diary)
    const running = outcome(runInOrder([low, fakePart('high', diary)], new AbortController().signal))
    await settle()
    happen(low)
    expect(await running).toBe(sentence)
    expect(diary.slice(-2)).toEqual(['high is asked to end', 'high has ended'])
  })

  it('the first failure is told, and the stop goes on to the end after a second one', async () => {
    const diary: string[] = []
    const parts = [fakePart('low', diary), fakePart('middle', diary), fakePart('high', diary)] as const
    const running = outcome(runInOrder(parts, new AbortController().signal))
    await settle()
    parts[1].fail(new Error('first'))
    parts[2].fail(new Error('second'))
    expect(await running).toBe('middle failed: first; the process cannot go on without it.')
    expect(diary.at(-1)).toBe('low has ended')
  })

  it('what the stop interrupts is no failure', async () => {
    const stop = new AbortController()
    const interrupted: Part = {
      name: 'sleeper',
      run: (up, signal) =>
        new Promise((_, reject) => {
          up()
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        }),
    }
    const running = runInOrder([interrupted], stop.signal)
    stop.abort(new Error('stopping'))
    await expect(running).resolves.toBeUndefined()
  })
})

describe('parts beside one another', () => {
  it('start at once, are up when all are, and are asked to end at once', async () => {
    const diary: string[] = []
    const stop = new AbortController()
    const left = fakePart('left', diary, { ends: false })
    const right = fakePart('right', diary, { comesUp: false, ends: false })
    let up = false
    const running = runTogether([left, right], () => (up = true), stop.signal)
    await settle()
    expect([...diary, up]).toEqual(['left starts', 'right starts', false])
    right.isUp()
    await settle()
    expect(up).toBe(true)
    stop.abort()
    await settle()
    expect(diary.slice(2)).toEqual(['left is asked to end', 'right is asked to end'])
    right.letEnd()
    left.letEnd()
    await running
  })

  it('one that fails ends the other, and is told when that has ended', async () => {
    const diary: string[] = []
    const left = fakePart('left', diary)
    const right = fakePart('right', diary, { ends: false })
    const running = runTogether([left, right], () => undefined, new AbortController().signal)
    const failed = expect(running).rejects.toThrow(PartFailed)
    await settle()
    left.endUnasked()
    await settle()
    expect(diary.at(-1)).toBe('right is asked to end')
    right.letEnd()
    await failed
  })

  it('none at all is up at once, and ends with the stop', async () => {
    const stop = new AbortController()
    let up = false
    const running = runTogether([], () => (up = true), stop.signal)
    await settle()
    expect(up).toBe(true)
    stop.abort()
    await running
  })
})
