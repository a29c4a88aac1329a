import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { acceptsOnPort, acceptsOnSocket, listensOnPort } from './sockets.ts'

let directory: string
let onPort: Server
let onSocket: Server
let port: number

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-sockets-'))
  onPort = createServer()
  onSocket = createServer()
  await new Promise<void>((resolve) => onPort.listen(0, '127.0.0.1', resolve))
  await new Promise<void>((resolve) => onSocket.listen(join(directory, 'sock'), resolve))
  port = (onPort.address() as { port: number }).port
})

afterAll(() => {
  onPort.close()
  onSocket.close()
  rmSync(directory, { recursive: true })
})

it('sees a listening port in the tables of a network namespace, and sees it go', async () => {
  const before = listensOnPort(process.pid, port)
  const byAddress = ['127.0.0.1', '127.0.0.2'].map((address) => listensOnPort(process.pid, port, address))
  const accepted = await acceptsOnPort(port)
  await new Promise((resolve) => onPort.close(resolve))

  expect([before, accepted]).toEqual([true, true])
  expect(byAddress).toEqual([true, false])
  expect([listensOnPort(process.pid, port), await acceptsOnPort(port)]).toEqual([false, false])
})

it('sees a UNIX socket that is served and none that is not', async () => {
  expect(await acceptsOnSocket(join(directory, 'sock'))).toBe(true)
  expect(await acceptsOnSocket(join(directory, 'other'))).toBe(false)
})

it('sees nothing in the namespace of a process that is gone', () => {
  expect(listensOnPort(999999999, port)).toBe(false)
})
