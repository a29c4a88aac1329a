/** What a rule can say, and the four ways of saying it. */
import type { CanaryStatefulSetStatus } from '../api/v1alpha1/types.ts'
import type { Action } from './action.ts'
import type { UserEvent } from './event.ts'
import type { Facts } from './facts.ts'
import type { Question } from './question.ts'
import type { Reason } from './reason.ts'

/** At most one write, or a question, or a named wait (for an event, or until `wakeAt`), or rest. */
export type Next =
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'wait' }
  | { readonly kind: 'rest' }

export interface Decision {
  readonly next: Next
  /** Why, as data; `sentence(reason)` is the log line and the status message. */
  readonly reason: Reason
  /** Told once the action is done. */
  readonly events?: readonly UserEvent[]
  /** The next moment at which the answer can change by itself (milliseconds since 1970). */
  readonly wakeAt?: number
}

export interface Plan extends Decision {
  /** Name of the rule that decided. */
  readonly rule: string
  /** To be written if it differs; undefined where nothing may be written. */
  readonly status: CanaryStatefulSetStatus | undefined
}

/** A rule without an opinion returns undefined, and the next one is asked. */
export type Rule = (facts: Facts) => Decision | undefined

export function act(action: Action, reason: Reason, ...events: readonly UserEvent[]): Decision {
  return events.length === 0
    ? { next: { kind: 'act', action }, reason }
    : { next: { kind: 'act', action }, reason, events }
}

/** Waits for an event, and at the latest until `wakeAt` where that is known. */
export function wait(reason: Reason, wakeAt?: number): Decision {
  return wakeAt === undefined
    ? { next: { kind: 'wait' }, reason }
    : { next: { kind: 'wait' }, reason, wakeAt }
}

/** The same decision, looked at again at `wakeAt` where that is known. */
export function waitUntil(decision: Decision, wakeAt: number | undefined): Decision {
  return wakeAt === undefined ? decision : { ...decision, wakeAt }
}

export function rest(reason: Reason): Decision {
  return { next: { kind: 'rest' }, reason }
}

/**
 * Asks, unless it was answered: a yes lets the next check speak, a no waits under the reason that `refusal` gives
 * it (and asks again when the answer says that it may have changed).
 */
export function ask(
  facts: Facts,
  question: Question,
  refusal: (message: string) => Reason,
): Decision | undefined {
  const answer = facts.answers[question.kind]
  if (answer?.yes === true) return undefined
  const open = answer === undefined || (answer.askAgainAt !== undefined && answer.askAgainAt <= facts.now)
  if (open)
    return { next: { kind: 'ask', question }, reason: { code: 'Checking', what: subjectOf(question) } }
  return wait(refusal(answer.message), answer.askAgainAt)
}

function subjectOf(question: Question): string {
  switch (question.kind) {
    case 'stableSet':
      return 'the stable set with the API server'
    case 'canarySet':
      return 'the canary set with the API server'
    case 'canaryPod':
      return 'a canary pod with the API server'
    case 'service':
      return 'the headless Service with the API server'
    case 'renewal':
      return 'the order of the stored revisions with the API server'
    case 'migrationJob':
      return 'the Job of the migration with the API server'
    case 'checkJob':
      return 'the Job that checks a rollback with the API server'
    case 'backupJob':
      return 'the Job that backs a replica up with the API server'
    case 'restoreJob':
      return 'the Job that restores a replica with the API server'
    case 'snapshot':
      return 'a snapshot with the API server'
    case 'claim':
      return 'a claim with the API server'
    case 'volume':
      return 'a volume with the API server'
    case 'snapshotClasses':
      return 'that its volumes can be snapshotted'
    case 'guard':
      return 'that the guard policy is in force'
    case 'handover':
      return 'that the hand-over policy is in force'
  }
}
