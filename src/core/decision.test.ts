import { describe, expect, it } from 'vitest'
import { act, ask, rest, wait } from './decision.ts'
import { factsOf } from './facts.ts'
import { minute, no, now, stableWorld, withAnswers, world, yes } from './testing/builders.ts'
import type { Observation } from './observation.ts'

const guardMissing = (message: string) => ({ code: 'GuardMissing', message }) as const
const askAbout = (observation: Observation) => ask(factsOf(observation, now), { kind: 'guard' }, guardMissing)
const answered = (...answer: Parameters<typeof no>) =>
  world(stableWorld(), withAnswers({ guard: no(...answer) }))

describe('ask', () => {
  it('asks what was not answered', () => {
    expect(askAbout(stableWorld())).toEqual({
      next: { kind: 'ask', question: { kind: 'guard' } },
      reason: { code: 'Checking', what: 'that the guard policy is in force' },
    })
  })

  it('asks what was answered about something else only', () => {
    expect(askAbout(world(stableWorld(), withAnswers({ handover: yes })))?.next.kind).toBe('ask')
  })

  it('lets the next check speak after a yes', () => {
    expect(askAbout(world(stableWorld(), withAnswers({ guard: yes })))).toBeUndefined()
  })

  it('waits for an edit after a no that is final', () => {
    expect(askAbout(answered('open'))).toEqual({ next: { kind: 'wait' }, reason: guardMissing('open') })
  })

  it('waits until a no may have changed', () => {
    expect(askAbout(answered('open', now + minute))).toEqual({
      next: { kind: 'wait' },
      reason: guardMissing('open'),
      wakeAt: now + minute,
    })
  })

  it.each([now, now - minute])('asks again when that moment has come', (askAgainAt) => {
    expect(askAbout(answered('open', askAgainAt))?.next.kind).toBe('ask')
  })
})

describe('the other ways of saying it', () => {
  const reason = { code: 'Paused' } as const

  it('an act without events carries no list of them', () => {
    expect(act({ kind: 'addFinalizer' }, reason)).toEqual({
      next: { kind: 'act', action: { kind: 'addFinalizer' } },
      reason,
    })
  })

  it('an act with events carries them', () => {
    const event = { type: 'Normal', reason: 'Deployed', note: 'it runs' } as const
    expect(act({ kind: 'addFinalizer' }, reason, event).events).toEqual([event])
  })

  it('a wait for events alone has no moment', () => {
    expect(wait(reason)).toEqual({ next: { kind: 'wait' }, reason })
  })

  it('rest has neither', () => {
    expect(rest(reason)).toEqual({ next: { kind: 'rest' }, reason })
  })
})
