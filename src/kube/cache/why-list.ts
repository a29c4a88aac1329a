/**
 * How watches end, and which ends mean that the cache must begin anew with a list. What is done then is in course.ts.
 */
import { ApiError, ConnectionError, isGone, type StatusBody } from '../client/api-error.ts'

/**
 * `expired`: the server no longer has the history after our state. `refused`: it ended the watch by an event, or refused
 * our state. `outage`: it was away, and nobody says that it is the same since. `rewound`: it is behind us.
 * `unseen`: a write of ours did not come.
 */
export type ListReason = 'first' | 'expired' | 'refused' | 'outage' | 'rewound' | 'unseen'

/** The server ended a watch by an ERROR event, whose object is a Status. */
export class WatchRefused extends ApiError {
  constructor(status: StatusBody) {
    super(status.code ?? 500, status)
    this.name = 'WatchRefused'
  }
}

/** The server is older than what it told us before: its etcd was restored from a backup. */
export class WentBack extends Error {
  constructor(resource: string, now: string, before: string) {
    super(
      `The API server has ${resource} at version ${now}, and told us of ${before} before: it went back in time. ` +
        'They are listed anew; programs that do not do so may go on with what is no more.',
    )
    this.name = 'WentBack'
  }
}

/** A watch was quiet, though a write of ours should have come on it: the server does not know of it any more. */
export class WriteMissing extends Error {
  constructor(resource: string) {
    super(`A write of ours to ${resource} never came on their watch, which is quiet. They are listed anew.`)
    this.name = 'WriteMissing'
  }
}

/** A watch that should begin with all there is did not come to the end of it. */
export class InitialStateMissing extends ConnectionError {
  constructor(resource: string, what: string) {
    super('BadAnswer', `The watch that should begin with all ${resource} ${what}. They are listed instead.`)
    this.name = 'InitialStateMissing'
  }
}

/**
 * Why to list after a watch ended so; undefined: it can go on from where it was. 410 comes as the answer to the watch, as
 * an event in it, and as a Status with another code. Any other end by an event and any refusal of the state itself (400,
 * or 504 for one that lies in the server's future) is met in the same way, as a list is always right. Not so a busy
 * server (429): it keeps us waiting, with our place.
 */
export function whyList(error: unknown): ListReason | undefined {
  if (error instanceof WentBack) return 'rewound'
  if (error instanceof WriteMissing) return 'unseen'
  if (isUnreachable(error)) return 'outage'
  if (!(error instanceof ApiError) || error.status === 429) return undefined
  if (isGone(error)) return 'expired'
  return error instanceof WatchRefused || error.status === 400 || error.status === 504 ? 'refused' : undefined
}

/** Nobody takes our connections. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === 'Unreachable'
}

/** Nothing came for too long: a dead connection, or a server that is behind us and waits until it has our state. */
export function isQuiet(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === 'Timeout'
}
