/**
 * Tells people what happened to an object, as Events of events.k8s.io/v1. Telling never fails or delays the work: what
 * cannot be told is logged and forgotten. Counting repeats in an event series is not done here.
 */
import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import { type Log, silentLog } from '../log.ts'
import { microTime } from '../micro-time.ts'
import type { Manifest } from '../object.ts'
import { resource } from '../resource.ts'
import type { Rest } from '../client/rest.ts'

/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
  readonly uid: string
}

export interface UserEvent {
  readonly regarding: EventSubject
  readonly type: 'Normal' | 'Warning'
  /** Why, in one CamelCase word. */
  readonly reason: string
  /** What was done, in one CamelCase word. */
  readonly action: string
  /** The sentence for people; cut at 1 kB, which the server sets. */
  readonly note: string
}

export interface EventRecorder {
  /** Sends the event in the background. The same subject, reason and note is told once in 10 minutes. */
  record(event: UserEvent): void
  /** Resolves when everything recorded so far was sent or given up. */
  idle(): Promise<void>
}

export interface EventRecorderOptions {
  readonly rest: Pick<Rest, 'create'>
  /** A qualified name, e.g. `example.com/operator`. */
  readonly reportingController: string
  /** Which process, e.g. the pod's name. */
  readonly reportingInstance: string
  readonly clock?: Clock
  readonly log?: Log
}

const repeatAfterMs = 10 * 60_000
const maxWaiting = 100
const maxRemembered = 1_000
const maxNoteBytes = 1_024
const sendTimeoutMs = 10_000

const events = resource({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
})

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { rest, reportingController, reportingInstance, clock = systemClock, log = silentLog } = options
  const toldAt = new Map<string, number>()
  let waiting = 0
  let lastSend = Promise.resolve()

  function isRepeat({ regarding, reason, note }: UserEvent): boolean {
    const what = JSON.stringify([regarding.uid, reason, note])
    const before = toldAt.get(what)
    const now = clock.monotonic()
    if (before !== undefined && now - before < repeatAfterMs) return true
    toldAt.set(what, now)
    // Maps keep the order of insertion: the first is the oldest.
    for (const oldest of toldAt.keys()) {
      if (toldAt.size <= maxRemembered) break
      toldAt.delete(oldest)
    }
    return false
  }

  async function send(event: UserEvent): Promise<void> {
    try {
      await rest.create(events, manifestOf(event), { timeoutMs: sendTimeoutMs })
    } catch (error) {
      log.warn({ ...fieldsOf(event), err: error }, 'an event could not be written')
    }
    waiting -= 1
  }

  function manifestOf({
    regarding,
    type,
    reason,
    action,
    note,
  }: UserEvent): Manifest & Record<string, unknown> {
    const suffix = randomBytes(8).toString('hex')
    return {
      // Events about cluster-scoped objects belong into `default`: the server insists.
      metadata: {
        name: `${regarding.name.slice(0, 230)}.${suffix}`,
        namespace: regarding.namespace ?? 'default',
      },
      eventTime: microTime(clock.now()),
      regarding,
      type,
      reason,
      action,
      note: cut(note),
      reportingController,
      reportingInstance: reportingInstance.slice(0, 128),
    }
  }

  return {
    record(event) {
      if (isRepeat(event)) return
      if (waiting >= maxWaiting) {
        log.warn(fieldsOf(event), 'an event was dropped: too many are waiting')
        return
      }
      waiting += 1
      lastSend = lastSend.then(() => send(event))
    },
    idle: () => lastSend,
  }
}

function fieldsOf({ regarding, reason, note }: UserEvent): Record<string, unknown> {
  return { kind: regarding.kind, name: regarding.name, namespace: regarding.namespace, reason, note }
}

/** The limit counts bytes; a character is never cut in half. */
function cut(note: string): string {
  const bytes = Buffer.from(note, 'utf8')
  if (bytes.length <= maxNoteBytes) return note
  const ellipsis = '…'
  const room = maxNoteBytes - Buffer.byteLength(ellipsis)
  return (
    bytes
      .subarray(0, room)
      .toString('utf8')
      .replace(/\uFFFD+$/, '') + ellipsis
  )
}
