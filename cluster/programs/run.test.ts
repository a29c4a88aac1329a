import { describe, expect, test } from 'vitest'
import { Prerequisite } from './prerequisite.ts'
import { run } from './run.ts'

describe('run', () => {
  test('returns standard output and hands over lines of standard error', async () => {
    const lines: string[] = []
    const script = 'echo out; echo "one $WORD" >&2; echo two >&2'

    const output = await run('sh', ['-c', script], {
      env: { WORD: 'x' },
      onErrorLine: (line) => lines.push(line),
    })

    expect(output).toBe('out\n')
    expect(lines).toEqual(['one x', 'two'])
  })

  test('fails with the command, how it ended and what it said', async () => {
    await expect(run('sh', ['-c', 'echo broken >&2; exit 3'])).rejects.toThrow(
      '"sh -c echo broken >&2; exit 3" ended with exit status 3:\nbroken',
    )
  })

  test('asks for a program that is not installed', async () => {
    const outcome = run('no-such-program', [])

    await expect(outcome).rejects.toThrow(Prerequisite)
    await expect(outcome).rejects.toThrow('"no-such-program" is needed to build the cluster\'s programs')
  })
})
