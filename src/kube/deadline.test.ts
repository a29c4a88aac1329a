import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { createDeadline } from './deadline.ts'
import { createManualClock } from './testing/manual-clock.ts'

function late(): Error {
  return new Error('late')
}

it('aborts when the time is over', async () => {
  const clock = createManualClock()
  const deadline = createDeadline(clock, 1_000, undefined, late)
  await clock.advance(999)
  expect(deadline.signal.aborted).toBe(false)
  expect(deadline.remainingMs()).toBe(1)

  await clock.advance(1)

  expect(deadline.signal.reason).toMatchObject({ message: 'late' })
})

it('aborts with the caller, for the reason of the caller', () => {
  const clock = createManualClock()
  const caller = new AbortController()
  const deadline = createDeadline(clock, 1_000, caller.signal, late)

  caller.abort(new Error('stop'))

  expect(deadline.signal.reason).toMatchObject({ message: 'stop' })
  expect(clock.timers).toEqual([])
  expect(createDeadline(clock, 1_000, caller.signal, late).signal.aborted).toBe(true)
})

it('lifted, it still follows the caller', async () => {
  const clock = createManualClock()
  const caller = new AbortController()
  const deadline = createDeadline(clock, 1_000, caller.signal, late)

  deadline.lift()
  await clock.advance(5_000)
  expect(deadline.signal.aborted).toBe(false)

  caller.abort()
  expect(deadline.signal.aborted).toBe(true)
})

it('released, it leaves nothing behind', () => {
  const clock = createManualClock()
  const caller = new AbortController()

  createDeadline(clock, 1_000, caller.signal, late).release()

  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  expect(clock.timers).toEqual([])
})
