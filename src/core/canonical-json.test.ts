import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

it.each([
  ['keys are sorted, at every depth', { b: 1, a: { d: [], c: null } }, '{"a":{"c":null,"d":[]},"b":1}'],
  ['arrays keep their order, and their elements are sorted inside', [{ b: 1, a: 2 }, 1], '[{"a":2,"b":1},1]'],
  ['undefined is dropped', { a: undefined, b: 1 }, '{"b":1}'],
  ['keys that look like numbers do not change that', { '10': 1, '9': 2, a: 3 }, '{"9":2,"10":1,"a":3}'],
])('%s', (_, value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

it('is the same text whatever order the keys were written in', () => {
  expect(canonicalJson({ '10': 1, '9': 2 })).toBe(canonicalJson({ '9': 2, '10': 1 }))
})
