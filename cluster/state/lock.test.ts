import { spawn } from 'node:child_process'
import { once } from 'node:events'
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

it.each(['', '"up" is running as process 999999999'])(
  'takes a lock that nobody holds, whatever it says: %j',
  async (content) => {
    writeFileSync(join(root, 'one.lock'), content)

    await expect(withLock(clusterNamed('one'), 'up', async () => 'mine')).resolves.toBe('mine')
  },
)

it('takes over from a command that was killed', async () => {
  const modules = ['lock.ts', 'state.ts'].map((file) => JSON.stringify(join(import.meta.dirname, file)))
  const holder = `
    const { withLock } = await import(${modules[0]})
    const { clusterNamed } = await import(${modules[1]})
    await withLock(clusterNamed('one'), 'up', () => new Promise(() => setInterval(() => console.log('held'), 20)))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const refused = withLock(clusterNamed('one'), 'down', async () => 'mine')
  await expect(refused).rejects.toThrow(`"up" is running as process ${child.pid}.`)
  child.kill('SIGKILL')

  await expect(withLock(clusterNamed('one'), 'down', async () => 'mine')).resolves.toBe('mine')
})

it('has one holder at a time, though each removes the file and a dead one left it', async () => {
  writeFileSync(join(root, 'one.lock'), 'left')
  let holders = 0
  let most = 0
  const work = async () => {
    holders += 1
    most = Math.max(most, holders)
    await new Promise(setImmediate)
    holders -= 1
  }
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => withLock(clusterNamed('one'), 'up', work)),
  )

  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(most).toBe(1)
  expect(readdirSync(root)).toEqual([])
})
