import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { withLock } from './lock.ts'
import { clusterNamed } from './state.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cluster-lock-'))
  vi.stubEnv('CLUSTER_STATE', root)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

it('holds the lock while the work runs and gives it back, also after a failure', async () => {
  const cluster = clusterNamed('one')
  const during = await withLock(cluster, 'up', async () => readdirSync(root))
  const failing = withLock(cluster, 'up', async () => {
    throw new Error('no')
  })

  await expect(failing).rejects.toThrow('no')
  expect(during).toEqual(['one.lock'])
  expect(readdirSync(root)).toEqual([])
})

it('refuses a second holder and names the first', async () => {
  const cluster = clusterNamed('one')
  const second = withLock(cluster, 'up', () => withLock(cluster, 'down', async () => 'both'))

  await expect(second).rejects.toThrow(`Cluster one is busy: "up" is running as process ${process.pid}.`)
})

it('does not mix up clusters', async () => {
  const both = withLock(clusterNamed('one'), 'up', () =>
    withLock(clusterNamed('two'), 'up', async () => 'both'),
  )

  await expect(both).resolves.toBe('both')
})

it.each([
  ['of a process that is gone', '999999999 1 up'],
  ['of a process whose number another one has now', `${process.pid} 1 up`],
  ['that was being written when its holder died', ''],
])('takes over a lock %s', async (_, content) => {
  writeFileSync(join(root, 'one.lock'), content)

  await expect(withLock(clusterNamed('one'), 'up', async () => 'mine')).resolves.toBe('mine')
})
