import { expect, it } from 'vitest'
import { type Labels, leftOutBy } from './label-selector.ts'

it.each<[string | undefined, Labels, boolean]>([
  [undefined, {}, false],
  ['', {}, false],
  ['app', { app: '' }, false],
  ['app', {}, true],
  ['!app', {}, false],
  ['! app', { app: 'x' }, true],
  ['app=x', { app: 'x' }, false],
  ['app == x', { app: 'y' }, true],
  ['app=x', {}, true],
  ['app=', { app: '' }, false],
  ['app=', {}, true],
  ['app!=x', { app: 'x' }, true],
  ['app != x', {}, false],
  ['app in (x, y)', { app: 'y' }, false],
  ['app in (x,y)', { app: 'z' }, true],
  ['app in (x,y)', {}, true],
  ['app notin (x,y)', { app: 'x' }, true],
  ['app notin (x,y)', {}, false],
  ['app in (x,y),example.com/role,!gone', { app: 'x', 'example.com/role': 'r' }, false],
  ['app in (x,y),example.com/role,!gone', { app: 'x' }, true],
  ['app in (x,y),example.com/role,!gone', { app: 'x', 'example.com/role': 'r', gone: '' }, true],
  ['size>3', { size: '1' }, false],
  ['size>3,app=x', { size: '1' }, true],
  ['app in (x', {}, false],
])('%s, of an object with %o: leaves it out: %s', (selector, labels, expected) => {
  expect(leftOutBy(selector)(labels)).toBe(expected)
})
