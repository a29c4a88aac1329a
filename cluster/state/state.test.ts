import { expect, it } from 'vitest'

import { clusterNamed } from './state.ts'

it.each(['canary', 'a', 'dev-1', 'x'.repeat(32)])('takes %j as a name', (name) => {
  expect(clusterNamed(name).controlGroup).toBe(`canary-cluster-${name}`)
})

it.each(['', '..', 'a/b', 'A', '-a', 'a-', 'a b', 'x'.repeat(33)])('refuses %j as a name', (name) => {
  expect(() => clusterNamed(name)).toThrow('cannot be a cluster name')
})
