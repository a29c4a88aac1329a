/**
 * What was asked and answered, in memory only. An answer holds for one generation of the resource and of its stable
 * set; losing it costs one more question.
 */
import type { Action } from '../core/action.ts'
import type { Answer, Question, QuestionKind } from '../core/question.ts'
import type { Names } from '../core/record.ts'

/** What an asker found out. A `no` that is not final may change with no event to tell of it. */
export type Verdict =
  | { readonly yes: true; readonly warnings: readonly string[]; readonly snapshotClasses?: Names }
  | { readonly yes: false; readonly message: string; readonly final: boolean }

/** What answers are about. `uid` is the resource's. */
export interface AnswerScope {
  readonly uid: string
  readonly generation: number
  /** 0 where there is no stable set. */
  readonly stableGeneration: number
}

export interface Answers {
  about(scope: AnswerScope): Readonly<Partial<Record<QuestionKind, Answer>>>
  put(scope: AnswerScope, question: Question, verdict: Verdict): Answer
  forget(uid: string): void
}

interface Entry {
  readonly question: string
  readonly answer: Answer
  readonly at: number
  /** How often in a row the answer was no. */
  readonly refusals: number
}

interface Entries {
  readonly generations: string
  readonly byKind: Partial<Record<QuestionKind, Entry>>
}

/** A yes counts for the decision at hand, not for one that another question held up for hours. */
const yesHoldsMs = 60_000
const firstBackoffMs = 15_000
const longestBackoffMs = 600_000

export function createAnswers(now: () => number): Answers {
  const byUid = new Map<string, Entries>()

  function entriesOf(scope: AnswerScope): Entries['byKind'] {
    const entries = byUid.get(scope.uid)
    return entries?.generations === generationsOf(scope) ? entries.byKind : {}
  }

  return {
    about(scope) {
      const known = Object.entries(entriesOf(scope)).filter(
        ([, { answer, at }]) => !answer.yes || now() < at + yesHoldsMs,
      )
      return Object.fromEntries(known.map(([kind, { answer }]) => [kind, answer]))
    },
    put(scope, question, verdict) {
      const byKind = entriesOf(scope)
      const text = JSON.stringify(question)
      const before = byKind[question.kind]
      const refusals = before?.question === text ? before.refusals : 0
      const answer = answerOf(verdict, refusals, now())
      const entry = { question: text, answer, at: now(), refusals: verdict.yes ? 0 : refusals + 1 }
      byUid.set(scope.uid, {
        generations: generationsOf(scope),
        byKind: { ...byKind, [question.kind]: entry },
      })
      return answer
    },
    forget: (uid) => void byUid.delete(uid),
  }
}

const questionsOfJobs = {
  migrate: 'migrationJob',
  check: 'checkJob',
  backup: 'backupJob',
  restore: 'restoreJob',
} as const

/** The question whose answer a refused write is, so that people read the refusal where they look; see ask.ts. */
export function questionOf(action: Action): Question | undefined {
  switch (action.kind) {
    case 'createService':
      return { kind: 'service' }
    case 'createStable':
      return { kind: 'stableSet', revision: action.revision }
    case 'createCanary':
      return { kind: 'canarySet', revision: action.revision, claimOrdinal: action.claimOrdinal }
    case 'createJob': {
      const { kind: _, ...order } = action
      return { kind: questionsOfJobs[order.purpose], order }
    }
    case 'createSnapshot': {
      const { kind: _, ...order } = action
      return { kind: 'snapshot', order }
    }
    case 'createClaim': {
      const { kind: _, ...order } = action
      return { kind: 'claim', order }
    }
    case 'keepVolume': {
      const { kind: _, ...order } = action
      return { kind: 'volume', order }
    }
    case 'renewRevision':
      return { kind: 'renewal', stored: action.stored, number: action.number }
    default:
      return undefined
  }
}

function answerOf(verdict: Verdict, refusals: number, now: number): Answer {
  if (verdict.yes) return verdict
  const { message, final } = verdict
  if (final) return { yes: false, message }
  const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(refusals, 16))
  return { yes: false, message, askAgainAt: now + waitMs }
}

function generationsOf({ generation, stableGeneration }: AnswerScope): string {
  return `${generation}/${stableGeneration}`
}
