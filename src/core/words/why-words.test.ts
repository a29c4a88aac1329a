import { expect, it } from 'vitest'
import type { Rollout } from '../record.ts'
import { whyWords } from './why-words.ts'

const rollout: Rollout = {
  from: 'old',
  to: 'new',
  replicas: 3,
  steps: [{ canaryReplicas: 1 }],
  step: 0,
  touched: 1,
  ack: false,
  at: { started: 1 },
}

it.each([
  ['reverted', 'the spec was reverted'],
  ['superseded', 'the spec asks for another version'],
  ['failed', 'its canary failed'],
  ['deadline', 'its canary was not available in time'],
  ['aborted', 'it was aborted'],
] as const)('a rollout that is %s: %s', (cause, words) => {
  expect(whyWords({ ...rollout, decision: 'rollback', cause })).toBe(words)
})

it('says what was seen, where anything was', () => {
  const trouble = 'redis-canary-2 keeps crashing'
  expect(whyWords({ ...rollout, decision: 'rollback', cause: 'failed', trouble })).toBe(trouble)
})
