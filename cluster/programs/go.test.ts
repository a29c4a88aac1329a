import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { goKey, isAtLeast } from './go.ts'

describe('isAtLeast', () => {
  test.each([
    ['1.26.0', true],
    ['1.26.8', true],
    ['1.27rc1', true],
    ['2.0', true],
    ['1.25.12', false],
    ['1.9', false],
  ])('%s for 1.26.0: %s', (version, enough) => {
    expect(isAtLeast(version, '1.26.0')).toBe(enough)
  })
})

describe('goKey', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'go-test-'))
    await writeFile(path.join(directory, 'go.mod'), 'module x\n')
    await writeFile(path.join(directory, 'go.sum'), 'sums\n')
    await writeFile(path.join(directory, 'main.go'), 'package main\n')
  })

  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  test.each(['go.mod', 'go.sum', 'main.go', 'new.go'])('changes with %s', async (name) => {
    const before = await goKey({ directory, packages: ['.'] })
    await writeFile(path.join(directory, name), 'changed\n')

    expect(await goKey({ directory, packages: ['.'] })).not.toBe(before)
  })

  test('changes with packages and linker variables', async () => {
    const keys = await Promise.all([
      goKey({ directory, packages: ['.'] }),
      goKey({ directory, packages: ['./other'] }),
      goKey({ directory, packages: ['.'], variables: { 'main.version': '1' } }),
    ])

    expect(new Set(keys).size).toBe(3)
  })

  test('does not change with tests and texts, which are not built', async () => {
    const before = await goKey({ directory, packages: ['.'] })
    await writeFile(path.join(directory, 'main_test.go'), 'package main\n')
    await writeFile(path.join(directory, 'README.md'), 'text\n')

    expect(await goKey({ directory, packages: ['.'] })).toBe(before)
  })
})
