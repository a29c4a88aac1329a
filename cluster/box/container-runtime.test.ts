import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { answersAsRuntime } from './container-runtime.ts'

const HEADERS = { ':status': 200, 'content-type': 'application/grpc' }

let directory: string
let socket: string
let server: Http2Server | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-runtime-'))
  socket = join(directory, 'sock')
})

afterEach(() => {
  server?.close()
  server = undefined
  rmSync(directory, { recursive: true })
})

function serve(onCall: (stream: ServerHttp2Stream) => void): Promise<void> {
  server = createServer()
  server.on('stream', onCall)
  return new Promise((resolve) => server?.listen(socket, resolve))
}

it('believes a runtime that carries the call out', async () => {
  await serve((stream) => {
    stream.respond(HEADERS, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 0]))
  })

  expect(await answersAsRuntime(socket)).toBe(true)
})

it('does not believe one that refuses because it is not ready yet', async () => {
  await serve((stream) => stream.respond({ ...HEADERS, 'grpc-status': '2' }, { endStream: true }))

  expect(await answersAsRuntime(socket)).toBe(false)
})

it('gives up on one that says nothing', async () => {
  await serve(() => undefined)

  expect(await answersAsRuntime(socket)).toBe(false)
})

it('does not wait for one that hangs up, nor for one that is not there', async () => {
  await serve((stream) => stream.session?.destroy())

  expect(await answersAsRuntime(socket)).toBe(false)
  expect(await answersAsRuntime(join(directory, 'other'))).toBe(false)
})
