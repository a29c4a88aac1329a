import { expect, it } from 'vitest'
import { isAtLeast, isOlder } from './resource-version.ts'

it.each([
  ['10', '9', true],
  ['9', '10', false],
  ['10', '10', true],
  ['18446744073709551615', '18446744073709551614', true],
  ['18446744073709551614', '18446744073709551615', false],
  ['abc', 'abc', true],
  ['abc', '10', false],
  ['10', 'abc', false],
  ['', '1', false],
])('%s is at least %s: %s', (version, other, expected) => {
  expect(isAtLeast(version, other)).toBe(expected)
})

it.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['abc', '10', false],
  ['10', 'abc', false],
])('%s is older than %s: %s', (version, other, expected) => {
  expect(isOlder(version, other)).toBe(expected)
})
