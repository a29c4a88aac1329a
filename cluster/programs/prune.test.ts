import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { takeFileLock } from '../file-lock.ts'
import { ensureEntries, type Entry } from './cache.ts'
import { pruneCache } from './prune.ts'

const NOW = new Date()
const WEEK_MS = 7 * 24 * 3_600_000
const MINUTE_MS = 60_000
const OLD = 'thing-0123456789abcdef'
const FRESH = 'thing-fedcba9876543210'

let cache: string

beforeEach(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'prune-test-'))
  await put(OLD, WEEK_MS + MINUTE_MS)
  await put(FRESH, WEEK_MS - MINUTE_MS)
})

afterEach(async () => {
  await rm(cache, { recursive: true })
})

/** An entry that was used last so many milliseconds ago. */
async function put(name: string, ageMs: number): Promise<void> {
  const used = new Date(NOW.getTime() - ageMs)
  await mkdir(path.join(cache, name, 'bin'), { recursive: true })
  await writeFile(path.join(cache, name, 'bin/thing'), 'built')
  await utimes(path.join(cache, name), used, used)
}

async function prune(inUse: readonly string[] = []): Promise<readonly string[]> {
  const said: string[] = []
  await pruneCache({ cache, inUse, now: NOW, report: (line) => said.push(line) })
  return said
}

async function entries(): Promise<readonly string[]> {
  return (await readdir(cache)).filter((name) => name !== 'lock').sort()
}

describe('pruneCache', () => {
  test('removes an entry that nobody asked for in a week, and says so', async () => {
    expect(await prune()).toEqual([`removed ${OLD} from the cache: nobody asked for it in 7 days`])
    expect(await entries()).toEqual([FRESH])
  })

  test('leaves one that a running cluster stands on', async () => {
    expect(await prune([`/elsewhere/bin:${path.join(cache, OLD)}/bin`])).toEqual([])
    expect(await entries()).toEqual([OLD, FRESH])
  })

  test('leaves what does not look like an entry', async () => {
    await put('notes', 100 * WEEK_MS)
    await prune()

    expect(await entries()).toEqual(['notes', FRESH])
  })

  test('leaves everything while somebody builds', async () => {
    const release = await takeFileLock(path.join(cache, 'lock'), 0)
    const said = await prune()
    await release?.()

    expect(said).toEqual([])
    expect(await entries()).toEqual([OLD, FRESH])
  })

  test('leaves an old entry that has just been asked for again', async () => {
    const build = () => Promise.reject(new Error('this must not be built'))
    const entry: Entry = { title: '', duration: '', directory: OLD, files: ['bin/thing'], space: 0, build }
    await ensureEntries(cache, [entry], () => undefined)

    expect(await prune()).toEqual([])
    expect(await entries()).toEqual([OLD, FRESH])
  })
})
