import { describe, expect, it } from 'vitest'
import type { Action } from '../core/action.ts'
import type { Question } from '../core/question.ts'
import { createAnswers, questionOf, type Verdict } from './answers.ts'

const scope = { uid: 'u', generation: 1, stableGeneration: 1 }
const guard = { kind: 'guard' } as const
const no: Verdict = { yes: false, message: 'not in force', final: false }
const start = 1_000_000

function withClock() {
  let now = start
  return { answers: createAnswers(() => now), at: (next: number) => (now = next) }
}

describe('answers', () => {
  it('are about one generation of the resource and of its stable set', () => {
    const { answers } = withClock()
    answers.put(scope, guard, { yes: true, warnings: [] })
    expect(answers.about(scope)).toEqual({ guard: { yes: true, warnings: [] } })
    expect(answers.about({ ...scope, generation: 2 })).toEqual({})
    expect(answers.about({ ...scope, stableGeneration: 2 })).toEqual({})
    expect(answers.about({ ...scope, uid: 'other' })).toEqual({})
  })

  it('of an earlier generation are gone once there is one about a later', () => {
    const { answers } = withClock()
    answers.put(scope, guard, no)
    answers.put({ ...scope, generation: 2 }, { kind: 'handover' }, no)
    expect(answers.about(scope)).toEqual({})
    expect(Object.keys(answers.about({ ...scope, generation: 2 }))).toEqual(['handover'])
  })

  it('can be forgotten', () => {
    const { answers } = withClock()
    answers.put(scope, guard, no)
    answers.forget('u')
    expect(answers.about(scope)).toEqual({})
  })

  it('that are yes hold for a minute: a policy can go with no event to tell of it', () => {
    const { answers, at } = withClock()
    answers.put(scope, guard, { yes: true, warnings: [] })
    answers.put(scope, { kind: 'handover' }, { ...no, final: true })
    at(start + 59_999)
    expect(Object.keys(answers.about(scope))).toEqual(['guard', 'handover'])
    at(start + 60_000)
    expect(Object.keys(answers.about(scope))).toEqual(['handover'])
  })

  it('that are no are asked again after 15 s, then ever later, up to 10 min', () => {
    const { answers } = withClock()
    const waits = Array.from({ length: 8 }, () => {
      const answer = answers.put(scope, guard, no)
      return answer.yes ? undefined : (answer.askAgainAt ?? 0) - start
    })
    expect(waits).toEqual([15, 30, 60, 120, 240, 480, 600, 600].map((seconds) => seconds * 1000))
  })

  it('begin to wait anew after a yes, and for another question of the kind', () => {
    const { answers } = withClock()
    const ask = (revision: string, verdict: Verdict) =>
      answers.put(scope, { kind: 'stableSet', revision }, verdict)
    const first = { yes: false, message: 'not in force', askAgainAt: start + 15_000 }
    ask('a', no)
    expect(ask('b', no)).toEqual(first)
    ask('b', { yes: true, warnings: [] })
    expect(ask('b', no)).toEqual(first)
  })

  it('that are final stand until something changes', () => {
    const { answers } = withClock()
    expect(answers.put(scope, guard, { ...no, final: true })).toEqual({ yes: false, message: 'not in force' })
  })
})

describe('the question behind a refused write', () => {
  const record = { accepted: 'a', proven: true, id: 1 }
  const stored = { name: 'redis-a', uid: 'uid', resourceVersion: '7' }
  it.each<[Action, Question | undefined]>([
    [
      { kind: 'createStable', revision: 'a', replicas: 3, record },
      { kind: 'stableSet', revision: 'a' },
    ],
    [
      { kind: 'createCanary', revision: 'a', claimOrdinal: 2, attempt: 1 },
      { kind: 'canarySet', revision: 'a', claimOrdinal: 2 },
    ],
    [
      { kind: 'keepVolume', volume: 'pv', claim: { name: 'c', uid: 'uid' }, attempt: 3 },
      { kind: 'volume', order: { volume: 'pv', claim: { name: 'c', uid: 'uid' }, attempt: 3 } },
    ],
    [{ kind: 'createService' }, { kind: 'service' }],
    [
      { kind: 'renewRevision', stored, number: 4 },
      { kind: 'renewal', stored, number: 4 },
    ],
    [{ kind: 'createRevision', revision: 'a', number: 1 }, undefined],
    [{ kind: 'deletePod', pod: { name: 'a', uid: 'uid' } }, undefined],
  ])('of %j is %j', (action, question) => {
    expect(questionOf(action)).toEqual(question)
  })
})
