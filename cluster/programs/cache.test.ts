import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheKey, ensureEntries, type Entry } from './cache.ts'
import { Prerequisite } from './prerequisite.ts'

let cache: string

beforeEach(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'cache-test-'))
})

afterEach(async () => {
  await rm(cache, { recursive: true })
})

function entry(overrides: Partial<Entry> = {}): Entry {
  return {
    title: 'thing 1.0',
    duration: '1 second',
    directory: 'thing-abc',
    files: ['bin/thing'],
    space: 0,
    build: async (fresh) => {
      await mkdir(path.join(fresh, 'bin'))
      await writeFile(path.join(fresh, 'bin/thing'), 'built')
    },
    ...overrides,
  }
}

const silent = () => {}

describe('cacheKey', () => {
  test('is the same for the same strings and contents, wherever the files are', async () => {
    await mkdir(path.join(cache, 'a'))
    await writeFile(path.join(cache, 'a/go.sum'), 'sums')
    await writeFile(path.join(cache, 'elsewhere'), 'sums')

    const keys = [
      await cacheKey(['-s', '-w'], [path.join(cache, 'a/go.sum')]),
      await cacheKey(['-s', '-w'], [path.join(cache, 'elsewhere')]),
    ]

    expect(keys[0]).toBe(keys[1])
  })

  test('differs when a string, a boundary between strings, or a file differs', async () => {
    await writeFile(path.join(cache, 'one'), 'sums')
    await writeFile(path.join(cache, 'two'), 'other sums')

    const keys = await Promise.all([
      cacheKey(['ab']),
      cacheKey(['a', 'b']),
      cacheKey(['ab', '']),
      cacheKey(['ab'], [path.join(cache, 'one')]),
      cacheKey(['ab'], [path.join(cache, 'two')]),
    ])

    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('ensureEntries', () => {
  test('builds a missing entry, says so, and does neither the second time', async () => {
    const lines: string[] = []

    const first = await ensureEntries(cache, [entry()], (line) => lines.push(line))
    const second = await ensureEntries(cache, [entry({ build: neverCalled })], (line) => lines.push(line))

    expect(first).toEqual([path.join(cache, 'thing-abc')])
    expect(second).toEqual(first)
    expect(await readFile(path.join(cache, 'thing-abc/bin/thing'), 'utf8')).toBe('built')
    expect(lines).toEqual([
      'building thing 1.0: 1 of 1 (about 1 second)',
      expect.stringMatching(/^built thing 1.0 in \d+ s$/),
    ])
  })

  test('builds an entry again that has lost a file', async () => {
    await ensureEntries(cache, [entry()], silent)
    await rm(path.join(cache, 'thing-abc/bin/thing'))

    await ensureEntries(cache, [entry()], silent)

    expect(await readFile(path.join(cache, 'thing-abc/bin/thing'), 'utf8')).toBe('built')
  })

  test('refuses a build that leaves a file out, and leaves nothing behind', async () => {
    const incomplete = entry({ build: async (fresh) => writeFile(path.join(fresh, 'other'), '') })

    await expect(ensureEntries(cache, [incomplete], silent)).rejects.toThrow('left out one of: bin/thing')

    expect(await readdir(cache)).toEqual(['lock'])
  })

  test('removes what a killed build left behind', async () => {
    await mkdir(path.join(cache, '.unfinished-thing-abc-1'))

    await ensureEntries(cache, [entry()], silent)

    expect((await readdir(cache)).sort()).toEqual(['lock', 'thing-abc'])
  })

  test('makes a second caller wait, say so, and build nothing', async () => {
    const building = Promise.withResolvers<void>()
    const waiting = Promise.withResolvers<string>()
    const proceed = Promise.withResolvers<void>()
    const slow = entry({
      build: async (fresh, final) => {
        building.resolve()
        await proceed.promise
        await entry().build(fresh, final)
      },
    })

    const first = ensureEntries(cache, [slow], silent)
    await building.promise
    const second = ensureEntries(cache, [entry({ build: neverCalled })], waiting.resolve)
    const said = await waiting.promise
    proceed.resolve()

    expect(said).toBe(`another process is building in ${cache}: waiting until it is done`)
    await expect(Promise.all([first, second])).resolves.toEqual([
      [path.join(cache, 'thing-abc')],
      [path.join(cache, 'thing-abc')],
    ])
  })

  test('is not held up by a builder that was killed, nor by what it left', async () => {
    const module = JSON.stringify(path.join(import.meta.dirname, 'cache.ts'))
    const builder = `
      const { ensureEntries } = await import(${module})
      const build = () => new Promise(() => setInterval(() => {}, 1000))
      const entry = { title: 'thing 1.0', duration: 'ever', directory: 'thing-abc', files: ['bin/thing'], space: 0, build }
      await ensureEntries(${JSON.stringify(cache)}, [entry], console.log)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', builder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data') // "building thing 1.0 ..."
    child.kill('SIGKILL')

    await ensureEntries(cache, [entry()], silent)

    expect((await readdir(cache)).sort()).toEqual(['lock', 'thing-abc'])
  })

  test('wants enough free disk before it builds', async () => {
    const huge = entry({ space: 1e18, build: neverCalled })

    const outcome = ensureEntries(cache, [huge], silent)

    await expect(outcome).rejects.toThrow(Prerequisite)
    await expect(outcome).rejects.toThrow(/^Building thing 1\.0 needs 1000000000\.0 GB of free disk and /)
  })
})

async function neverCalled(): Promise<void> {
  throw new Error('this must not be built')
}
