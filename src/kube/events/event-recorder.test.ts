import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../client/api-error.ts'
import type { EventObject } from './event-manifest.ts'
import { createEventRecorder, type EventRecorder, type UserEvent } from './event-recorder.ts'
import { createFakeRest, type FakeRestOptions } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts'

let store: FakeStore
let clock: ManualClock
let requests: string[]
let warnings: { readonly fields: object; readonly message: string }[]
beforeEach(() => {
  store = createFakeStore()
  clock = createManualClock()
  requests = []
  warnings = []
})

const eventsName = 'events.k8s.io/v1/events'

function recorder(faults: FakeRestOptions = { before: (verb) => void requests.push(verb) }): EventRecorder {
  return createEventRecorder({
    rest: createFakeRest(store, faults),
    reportingController: 'example.com/operator',
    reportingInstance: 'pod-1',
    clock,
    log: {
      debug() {},
      info() {},
      error() {},
      warn: (fields, message) => void warnings.push({ fields, message }),
    },
  })
}

const event: UserEvent = {
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'x', uid: 'u' },
  type: 'Normal',
  reason: 'Promoted',
  action: 'Promote',
  note: 'from 6 to 7',
}

function stored(): readonly EventObject[] {
  return store.list(eventsName) as unknown as readonly EventObject[]
}

function series(): readonly unknown[] {
  return stored().map((object) => object.series)
}

it('writes an event of events.k8s.io beside its subject', async () => {
  const events = recorder()
  events.record(event)
  await events.idle()

  expect(stored()).toHaveLength(1)
  expect(stored()[0]).toMatchObject({
    metadata: { namespace: 'a', name: expect.stringMatching(/^x\.[0-9a-f]{16}$/) },
    eventTime: '2030-01-01T00:00:00.000000Z',
    ...event,
    reportingController: 'example.com/operator',
    reportingInstance: 'pod-1',
  })
})

it.each([
  ['cannot be part of an event’s name', 'system:controller:x'],
  ['is as long as a name may be', 'x'.repeat(253)],
])('names an event by itself where the name of its subject %s', async (_title, name) => {
  const events = recorder()
  events.record({ ...event, regarding: { ...event.regarding, name } })
  await events.idle()

  expect(stored()[0]?.metadata.name).toMatch(/^[0-9a-f]{16}$/)
})

it('puts events about cluster-scoped objects into default', async () => {
  const events = recorder()
  events.record({ ...event, regarding: { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' } })
  await events.idle()

  expect(stored()[0]).toMatchObject({ metadata: { namespace: 'default' } })
})

const minute = 60_000

it('counts what repeats within 6 minutes in a series: told with the second, and when it ended', async () => {
  const events = recorder()
  events.record(event)
  await clock.advance(minute)
  events.record(event)
  await settle()
  expect(series()).toEqual([{ count: 2, lastObservedTime: '2030-01-01T00:01:00.000000Z' }])

  for (let i = 0; i < 50; i++) {
    await clock.advance(1_000)
    events.record(event)
  }
  expect(requests).toEqual(['create', 'patch'])
  expect(series()).toMatchObject([{ count: 2 }])

  await clock.advance(6 * minute)
  expect(requests).toEqual(['create', 'patch', 'patch'])
  expect(series()).toEqual([{ count: 52, lastObservedTime: '2030-01-01T00:01:50.000000Z' }])
  expect(clock.timers).toEqual([])

  events.record(event)
  await settle()
  expect(series()).toEqual([expect.anything(), undefined])
})

it('writes a series that does not end down every 30 minutes', async () => {
  const events = recorder()
  for (let i = 0; i < 65; i++) {
    events.record(event)
    await clock.advance(minute)
  }

  expect(requests).toEqual(['create', 'patch', 'patch', 'patch'])
  expect(stored()).toHaveLength(1)
})

it('tells apart what differs in subject, type, reason, action or note', async () => {
  const events = recorder()
  events.record(event)
  events.record({ ...event, note: 'from 7 to 8' })
  events.record({ ...event, reason: 'RolledBack' })
  events.record({ ...event, action: 'RollBack' })
  events.record({ ...event, type: 'Warning' })
  events.record({ ...event, regarding: { ...event.regarding, uid: 'other' } })
  await events.idle()

  expect(requests).toEqual(Array(6).fill('create'))
})

it('repetitions that come before the event is out go out with it', async () => {
  const events = recorder()
  for (let i = 0; i < 5; i++) events.record(event)
  await events.idle()

  expect(requests).toEqual(['create'])
  expect(series()).toMatchObject([{ count: 5 }])
})

it('writes an event of a series again that the server has dropped meanwhile', async () => {
  const events = recorder()
  events.record(event)
  await settle()
  store.remove(eventsName, `a/${String(stored()[0]?.metadata.name)}`)
  events.record(event)
  await settle()

  expect(requests).toEqual(['create', 'patch', 'create'])
  expect(series()).toMatchObject([{ count: 2 }])
})

it('tells the count of a series again that could not be written', async () => {
  let fails = false
  const events = recorder({
    before(verb) {
      requests.push(verb)
      if (fails) throw new ApiError(500, { message: 'etcdserver: request timed out' })
    },
  })
  events.record(event)
  await settle()
  fails = true
  events.record(event)
  await settle()
  fails = false
  await clock.advance(6 * minute)

  expect(requests).toEqual(['create', 'patch', 'patch'])
  expect(series()).toMatchObject([{ count: 2 }])
})

it('of a loop that reports other words each time, tells 25 at once and one more every 5 minutes, and logs it once', async () => {
  const events = recorder()
  for (let i = 0; i < 1_000; i++) events.record({ ...event, note: `try ${i}` })
  await settle()
  expect(stored()).toHaveLength(25)
  expect(warnings).toMatchObject([{ message: 'events about this object come too fast; dropping some' }])

  events.record({ ...event, regarding: { ...event.regarding, uid: 'other' } })
  await settle()
  expect(stored()).toHaveLength(26)

  await clock.advance(5 * minute)
  for (let i = 0; i < 10; i++) events.record({ ...event, note: `later ${i}` })
  await settle()
  expect(stored()).toHaveLength(27)
})

describe('idle', () => {
  it('writes the counts of running series, and leaves no timer', async () => {
    const events = recorder()
    events.record(event)
    await settle()
    for (let i = 0; i < 4; i++) {
      events.record(event)
      await settle()
    }
    await events.idle()

    expect(requests).toEqual(['create', 'patch', 'patch'])
    expect(series()).toMatchObject([{ count: 5 }])
    expect(clock.timers).toEqual([])
  })

  it('gives up what is left at its limit, and says so', async () => {
    let sent = 0
    const events = recorder({
      before() {
        sent += 1
        return new Promise(() => undefined)
      },
    })
    events.record(event)
    events.record({ ...event, note: 'another' })
    let idle = false
    const ending = events.idle(3_000).then(() => {
      idle = true
    })
    await clock.advance(2_999)
    expect(idle).toBe(false)

    await clock.advance(1)
    await ending
    expect(sent).toBe(1)
    expect(warnings).toMatchObject([
      { message: 'events could not be written in time; giving them up', fields: { waiting: 1 } },
    ])
    expect(clock.timers).toEqual([])
  })
})

it('keeps the order, also when requests take their time', async () => {
  const turns: (() => void)[] = []
  const events = recorder({ before: () => new Promise((resolve) => turns.push(resolve)) })
  for (const note of ['1', '2', '3']) events.record({ ...event, note })
  for (let i = 0; i < 3; i++) {
    await settle()
    expect(turns).toHaveLength(i + 1)
    turns[i]?.()
  }
  await events.idle()

  expect(stored().map(({ note }) => note)).toEqual(['1', '2', '3'])
})

it.each([
  ['ASCII', 'x'.repeat(5_000)],
  ['characters of several bytes', 'ä€😀'.repeat(500)],
])('cuts a long note of %s at 1 kB, at a whole character', async (_title, note) => {
  const events = recorder()
  events.record({ ...event, note })
  await events.idle()

  const told = String(stored()[0]?.note)
  expect(Buffer.byteLength(told)).toBeLessThanOrEqual(1_024)
  expect(Buffer.byteLength(told)).toBeGreaterThan(1_015)
  expect(told.endsWith('…')).toBe(true)
  expect(note.startsWith(told.slice(0, -1))).toBe(true)
})

it('a refusal is logged and nothing more', async () => {
  const events = recorder({
    before() {
      throw new ApiError(403, { message: 'forbidden' })
    },
  })
  events.record(event)
  await events.idle()

  expect(warnings).toMatchObject([
    {
      message: 'an event could not be written',
      fields: { reason: 'Promoted', name: 'x', err: { message: 'forbidden' } },
    },
  ])
})

it('drops what exceeds 100 waiting events, and says so', async () => {
  const open = Promise.withResolvers<void>()
  const events = recorder({ before: () => open.promise })
  for (let i = 0; i < 103; i++) {
    events.record({ ...event, regarding: { ...event.regarding, uid: `uid-${i}` } })
  }

  expect(warnings.map(({ message }) => message)).toEqual(
    Array(3).fill('an event was dropped: too many are waiting'),
  )
  open.resolve()
  await events.idle()
  events.record({ ...event, note: 'when there is room again' })
  await events.idle()
  expect(stored()).toHaveLength(101)
})
