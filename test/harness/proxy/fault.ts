/**
 * The faults that the proxy knows by name. A fault strikes requests; those that concern an answer under way strike open
 * answers too, so that a watch can be hit in the middle of its life.
 */
import type { StatusBody } from '../../../src/kube/client/api-error.ts'

/** Strikes a request before the server hears of it. */
export type RequestFault =
  /** The proxy answers by itself. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: object | string
    }
  /** The request waits here until the fault is ended; then the server gets it, also where its client is gone by now. */
  | { readonly kind: 'hold' }
  /** The server is asked with other query parameters, e.g. for an older resourceVersion. */
  | { readonly kind: 'rewrite'; readonly query: Readonly<Record<string, string>> }

/** Strikes between the server's answer and its client. */
export type AnswerFault =
  /** The server has carried it out, its client never hears of it. `strike` comes first. */
  { readonly kind: 'loseAnswer'; readonly strike?: () => Promise<void> }

/** Strikes the stream of an answer, at its next line. */
export type StreamFault =
  /** The connection breaks in the middle of the next line. */
  | { readonly kind: 'cutInLine' }
  /** The stream goes on with an ERROR event and ends, as the server does it. */
  | { readonly kind: 'errorEvent'; readonly status: StatusBody }

/** Strikes the connection below a request. */
export type ConnectionFault =
  /** Broken off, at once. */
  | { readonly kind: 'reset' }
  /** From now on nothing passes in either direction, not even the end; the fault's end lets everything go on. */
  | { readonly kind: 'halfOpen' }
  /** So many bytes, then a pause, and so on. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly everyMs: number }

export type Fault = RequestFault | AnswerFault | StreamFault | ConnectionFault
export type FaultKind = Fault['kind']
