import { afterEach, expect, it, vi } from 'vitest'

import { clusterNamed } from './state.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

it.each(['canary', 'a', 'dev-1', 'x'.repeat(32)])('takes %j as a name', (name) => {
  vi.stubEnv('CLUSTER_STATE', '')

  expect(clusterNamed(name).controlGroup).toBe(`canary-cluster-${name}`)
})

it.each(['', '..', 'a/b', 'A', '-a', 'a-', 'a b', 'x'.repeat(33)])('refuses %j as a name', (name) => {
  expect(() => clusterNamed(name)).toThrow('cannot be a cluster name')
})

it('gives clusters of one name below different roots control groups of their own', () => {
  const groups = ['/tmp/a', '/tmp/b', '/tmp/a/'].map((root) => {
    vi.stubEnv('CLUSTER_STATE', root)
    return clusterNamed('dev').controlGroup
  })

  expect(groups[0]).toMatch(/^canary-cluster-dev-[0-9a-f]{8}$/)
  expect(groups[1]).not.toBe(groups[0])
  expect(groups[2]).toBe(groups[0])
})
