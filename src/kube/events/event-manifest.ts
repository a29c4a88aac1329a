/**
 * From what happened to the object of events.k8s.io/v1 that tells it: names, limits, series. Nothing is sent here.
 */
import { microTime } from '../micro-time.ts'
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'
import type { EventSubject } from './event-subject.ts'

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

export interface Reporter {
  /** A qualified name, e.g. `example.com/operator`. */
  readonly reportingController: string
  /** Which process, e.g. the pod's name. */
  readonly reportingInstance: string
}

export interface EventSeries {
  readonly count: number
  readonly lastObservedTime: string
}

export const events = resource<EventObject>({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
})

export interface EventObject extends KubernetesObject, Reporter, UserEvent {
  readonly eventTime: string
  readonly series?: EventSeries
}

export interface EventManifest extends Omit<EventObject, 'metadata'> {
  readonly metadata: { readonly name: string; readonly namespace: string }
}

const maxNoteBytes = 1_024
const maxInstanceLength = 128

export function eventManifest(
  event: UserEvent,
  reporter: Reporter,
  { suffix, atMs }: { readonly suffix: string; readonly atMs: number },
): EventManifest {
  const { regarding, type, reason, action, note } = event
  return {
    metadata: {
      name: nameOf(regarding.name, suffix),
      // Events about cluster-scoped objects belong into `default`: the server insists.
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: microTime(atMs),
    regarding,
    type,
    reason,
    action,
    note: cut(note),
    reportingController: reporter.reportingController,
    reportingInstance: reporter.reportingInstance.slice(0, maxInstanceLength),
  }
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const maxNameLength = 253

/** After its subject where that makes a name that the server takes: those of roles, for one, may hold colons. */
function nameOf(subject: string, suffix: string): string {
  const name = `${subject}.${suffix}`
  return name.length <= maxNameLength && subdomain.test(name) ? name : suffix
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
