import { beforeEach, expect, it } from 'vitest'
import { ApiError } from '../client/api-error.ts'
import { createEventRecorder, type EventRecorder, type UserEvent } from './event-recorder.ts'
import { createFakeRest, type FakeRestOptions } from '../testing/fake-rest.ts'
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'

let store: FakeStore
let clock: ManualClock
let warnings: { readonly fields: object; readonly message: string }[]
beforeEach(() => {
  store = createFakeStore()
  clock = createManualClock()
  warnings = []
})

function recorder(faults: FakeRestOptions = {}): EventRecorder {
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

function stored(): readonly Record<string, unknown>[] {
  return store.list('events.k8s.io/v1/events').map((object) => ({ ...object }))
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

it('puts events about cluster-scoped objects into default', async () => {
  const events = recorder()
  events.record({ ...event, regarding: { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' } })
  await events.idle()

  expect(stored()[0]).toMatchObject({ metadata: { namespace: 'default' } })
})

it('tells the same thing once in 10 minutes', async () => {
  const events = recorder()
  events.record(event)
  await clock.advance(599_999)
  events.record(event)
  events.record({ ...event, note: 'from 7 to 8' })
  events.record({ ...event, reason: 'RolledBack' })
  events.record({ ...event, regarding: { ...event.regarding, uid: 'other' } })
  await events.idle()
  expect(stored()).toHaveLength(4)

  await clock.advance(1)
  events.record(event)
  await events.idle()

  expect(stored()).toHaveLength(5)
})

it.each([
  ['ASCII', 'x'.repeat(5_000)],
  ['characters of several bytes', 'ä€😀'.repeat(500)],
])('cuts a long note of %s at 1 kB, at a whole character', async (_title, note) => {
  const events = recorder()
  events.record({ ...event, note })
  await events.idle()

  const told = String(stored()[0]?.['note'])
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
  for (let i = 0; i < 103; i++) events.record({ ...event, note: `number ${i}` })

  expect(warnings.map(({ message }) => message)).toEqual(
    Array(3).fill('an event was dropped: too many are waiting'),
  )
  open.resolve()
  await events.idle()
  events.record({ ...event, note: 'when there is room again' })
  await events.idle()
  expect(stored()).toHaveLength(101)
})
