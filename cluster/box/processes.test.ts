import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { expect, it } from 'vitest'

import { BOX_VARIABLE, markedProcesses, namespacePids, residentBytes, startTime } from './processes.ts'

it('finds processes by their mark, exactly, and only while they live', async () => {
  const child = spawn('sleep', ['60'], { env: { ...process.env, [BOX_VARIABLE]: '/clusters/one' } })
  await once(child, 'spawn')
  const found = markedProcesses('/clusters/one')
  const others = markedProcesses('/clusters/on')
  const since = startTime(child.pid ?? 0)
  child.kill('SIGKILL')
  await once(child, 'exit')

  expect(found).toEqual([child.pid])
  expect(others).toEqual([])
  expect(since).toMatch(/^\d+$/)
  expect(startTime(child.pid ?? 0)).toBeUndefined()
  expect(markedProcesses('/clusters/one')).toEqual([])
})

it('knows our own place and size', () => {
  expect(namespacePids('self')[0]).toBe(process.pid)
  expect(residentBytes(process.pid)).toBeGreaterThan(10_000_000)
})

it('knows nothing of a process that does not exist', () => {
  expect(namespacePids(999999999)).toEqual([])
  expect(residentBytes(999999999)).toBe(0)
})
