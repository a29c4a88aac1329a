import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ConnectionConfigError } from '../client/connection-config-error.ts'
import { LeadershipLost } from '../leader-election/leader-election.ts'
import { CannotListen } from './http-server.ts'
import { aborted } from '../until-aborted.ts'
import { PartFailed } from './part.ts'
import { type ProgramHost, runProgram } from './program.ts'

class BadFlag extends Error {}

/** The process as a program sees it; ending it is only noted. */
function fakeHost() {
  const emitter = new EventEmitter()
  const ends: number[] = []
  const told: string[] = []
  const host: ProgramHost = {
    on: (name: string, listener: (error: unknown) => void) => emitter.on(name, listener),
    stderr: { write: (text) => told.push(text) },
    exit: (status) => void ends.push(status),
  }
  return { host, ends, told, send: (name: string, value?: unknown) => emitter.emit(name, value) }
}

describe('a program', () => {
  it.each(['SIGTERM', 'SIGINT'])('stops in order at %s, and ends with 0 when it has', async (signal) => {
    const { host, ends, told, send } = fakeHost()
    const finish = Promise.withResolvers<void>()
    const running = runProgram('x', (stop) => aborted(stop).then(() => finish.promise), { host })
    send(signal)
    expect(ends).toEqual([])
    finish.resolve()
    await running
    expect([ends, told]).toEqual([[0], []])
  })

  it('ends at once at a second signal, and says so', () => {
    const { host, ends, told, send } = fakeHost()
    void runProgram('x', () => new Promise(() => undefined), { host })
    send('SIGTERM')
    send('SIGINT')
    expect([ends, told]).toEqual([
      [1],
      ['x: ended at once by a second signal (SIGINT); what was running is left half done.\n'],
    ])
  })

  it.each([
    [2, new ConnectionConfigError('no cluster'), 'x: no cluster\n'],
    [2, new CannotListen('in use'), 'x: in use\n'],
    [2, new BadFlag('no such flag'), 'x: no such flag\n'],
    [1, new LeadershipLost('lost'), 'x: lost\n'],
    [
      1,
      new PartFailed('The cache of pods', new Error('broken')),
      'x: The cache of pods failed: broken; the process cannot go on without it.\n',
    ],
    [
      1,
      new PartFailed('The caches'),
      'x: The caches ended by itself; the process cannot go on without it.\n',
    ],
  ])('ends with %i and one sentence after %s', async (status, error, sentence) => {
    const { host, ends, told } = fakeHost()
    await runProgram('x', () => Promise.reject(error), { host, cannotStart: [BadFlag] })
    expect([ends, told]).toEqual([[status], [sentence]])
  })

  it('tells a bug with its stack, wherever it is thrown', async () => {
    const inside = fakeHost()
    await runProgram('x', () => Promise.reject(new TypeError('oops')), { host: inside.host })
    const outside = fakeHost()
    void runProgram('x', () => new Promise(() => undefined), { host: outside.host })
    outside.send('uncaughtException', new TypeError('oops'))
    for (const { ends, told } of [inside, outside]) {
      expect(ends).toEqual([1])
      expect(told.join('')).toMatch(/^x: TypeError: oops\n +at /)
    }
  })
})
