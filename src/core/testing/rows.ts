/** One row of a table test: a world, and exactly what is said about it. */
import { expect, it } from 'vitest'
import type { Action } from '../action.ts'
import type { Decision, Next, Rule } from '../decision.ts'
import { factsOf } from '../facts.ts'
import type { Observation, SetRef } from '../observation.ts'
import { sentence } from '../reason.ts'
import { now } from './builders.ts'

export interface Row {
  /** A sentence. */
  readonly title: string
  readonly given: Observation
  readonly at?: number
  /**
   * `act startRollout` (kind or intent of the write), `ask guard`, `wait Healing`, `rest Stable` (code of the
   * reason), or `nothing` where the rule leaves it to the next one.
   */
  readonly decides: string
  /** The whole change of a `changeStable`, or what another action says besides its kind and set. */
  readonly change?: object
  /** The question, where it says more than its kind. */
  readonly question?: object
  /** The sentence that people read. */
  readonly says?: string
  /** Expected to be absent where left out. */
  readonly wakeAt?: number
  /** Notes of the events that are told. Expected to be absent where left out. */
  readonly tells?: readonly string[]
}

/** Runs the rows against one rule alone, so that no other rule can stand in for its preconditions. */
export function checkRows(rule: Rule, rows: readonly Row[]): void {
  it.each(rows)('$title', (row) => {
    const decision = rule(factsOf(row.given, row.at ?? now))
    expect(decision === undefined ? 'nothing' : wordsOf(decision)).toBe(row.decides)
    if (decision !== undefined) checkDecision(decision, row)
  })
}

function checkDecision(decision: Decision, row: Row): void {
  const { next } = decision
  if (row.says !== undefined) expect(sentence(decision.reason)).toBe(row.says)
  expect(decision.wakeAt).toBe(row.wakeAt)
  expect(decision.events?.map((event) => event.note)).toEqual(row.tells)
  if (next.kind === 'act') checkAction(next.action, row)
  if (next.kind === 'ask' && row.question !== undefined) expect(next.question).toEqual(row.question)
}

function checkAction(action: Action, { given, change }: Row): void {
  const { kind: _kind, set, ...rest } = action as Action & { readonly set?: SetRef }
  if (set !== undefined) expect(set).toEqual(refIn(given, set.name))
  if (change === undefined) return
  const { intent: _intent, change: stableChange, ...others } = rest as Record<string, unknown>
  expect(action.kind === 'changeStable' ? stableChange : others).toEqual(change)
}

/** The preconditions of a write are those of the set that was observed. */
function refIn({ stable, canary }: Observation, name: string): SetRef | undefined {
  const set = [stable, canary].find((candidate) => candidate?.name === name)
  return set && { name, uid: set.uid, resourceVersion: set.resourceVersion }
}

/** What a decision comes to, in two words. */
export function wordsOf({ next, reason }: Pick<Decision, 'next' | 'reason'>): string {
  return `${next.kind} ${subjectOf(next) ?? reason.code}`
}

function subjectOf(next: Next): string | undefined {
  if (next.kind === 'ask') return next.question.kind
  if (next.kind !== 'act') return undefined
  return next.action.kind === 'changeStable' ? next.action.intent : next.action.kind
}
