import { describe, expect, it } from 'vitest'
import { createJsonLog, type LogLevel } from './json-log.ts'
import type { LogFields } from './log.ts'

const time = '2030-01-01T00:00:00.000Z'

function lines(
  level: LogLevel | undefined,
  say: (log: ReturnType<typeof createJsonLog>) => void,
): LogFields[] {
  const written: string[] = []
  const options = { write: (line: string) => written.push(line), now: () => new Date(time) }
  say(createJsonLog(level === undefined ? options : { ...options, level }))
  return written.map((line) => {
    expect(line).toMatch(/^[^\n]+\n$/)
    return JSON.parse(line) as LogFields
  })
}

describe('a line', () => {
  it('has level, time, fields and message', () => {
    expect(lines(undefined, ({ warn }) => warn({ resource: 'a/b' }, 'said'))).toEqual([
      { level: 'warn', time, resource: 'a/b', msg: 'said' },
    ])
  })

  it('is not written below the level', () => {
    const written = lines('warn', (log) => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level)
    })
    expect(written.map(({ msg }) => msg)).toEqual(['warn', 'error'])
  })

  it('tells errors with code, stack and cause, and not what else they carry', () => {
    const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET', socket: {} })
    const [{ err } = {}] = lines(undefined, ({ error }) =>
      error({ err: new TypeError('bad', { cause }) }, 'failed'),
    )
    expect(err).toEqual({
      type: 'TypeError',
      message: 'bad',
      stack: expect.stringMatching(/^TypeError: bad\n/),
      cause: { type: 'Error', message: 'reset', code: 'ECONNRESET', stack: expect.any(String) },
    })
  })

  it.each([
    [
      'a cycle',
      (object: Record<string, unknown>) => (object['self'] = object),
      { self: { self: '(circular)' } },
    ],
    [
      'a big number',
      (object: Record<string, unknown>) => (object['n'] = 2n ** 64n),
      { n: '18446744073709551616' },
    ],
    [
      'what is told twice',
      (object: Record<string, unknown>) => {
        const shared = { a: 1 }
        object['x'] = shared
        object['y'] = shared
      },
      { x: { a: 1 }, y: { a: 1 } },
    ],
    [
      'an error that causes itself',
      (object: Record<string, unknown>) => {
        const error = new Error('snake')
        error.stack = 's'
        error.cause = error
        object['err'] = error
      },
      { err: { type: 'Error', message: 'snake', stack: 's', cause: '(circular)' } },
    ],
  ])('survives %s', (_, prepare, expected) => {
    const fields = {}
    prepare(fields)
    expect(lines(undefined, ({ info }) => info(fields, 'm'))[0]).toMatchObject(expected)
  })

  it('is written, poorer, when a field cannot be', () => {
    const fields = {
      get bad(): string {
        throw new Error('no')
      },
    }
    const written: string[] = []
    const log = createJsonLog({ write: (line) => written.push(line) })
    expect(() => log.info({ nested: fields }, 'm')).not.toThrow()
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ msg: 'm', unwritten: 'Error: no' })
  })
})
