/**
 * The cache directory: entries that are built once, under a key that names everything they were made from.
 * What goes into an entry is its builder's business; here are keys, the lock, and entries that are complete
 * or not there at all. Entries that nobody asks for any more are removed by prune.ts.
 */
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, statfs, utimes } from 'node:fs/promises'
import path from 'node:path'
import { type Release, takeFileLock } from '../file-lock.ts'
import { Prerequisite } from './prerequisite.ts'

export type Report = (line: string) => void

export interface Entry {
  /** What it is, for people: "kubernetes 1.36.4". */
  readonly title: string
  /** Roughly how long building takes, for people: "5 minutes". */
  readonly duration: string
  /** Name of the entry's directory: a short name and the key. */
  readonly directory: string
  /** Files that a complete entry has; an entry without one of them is built again. */
  readonly files: readonly string[]
  /** Bytes that must be free before building. */
  readonly space: number
  /** Fills the directory `fresh`, which is renamed to `final` afterwards. */
  readonly build: (fresh: string, final: string) => Promise<void>
}

/**
 * The key of an entry: a hash over strings and the contents of source files, in that order. Paths do not
 * count, contents and boundaries do: ['ab'] and ['a', 'b'] give different keys.
 */
export async function cacheKey(strings: readonly string[], files: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256')
  const contents = await Promise.all(files.map((file) => readFile(file)))
  for (const part of [...strings.map((string) => Buffer.from(string)), ...contents]) {
    hash.update(`${part.length}\n`).update(part)
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * Makes sure that all entries are there and returns their directories in order. Missing ones are built
 * under a lock, so that of two processes at once the second waits (and says so) and builds nothing twice.
 * The modification time of an entry's directory is when it was asked for last.
 */
export async function ensureEntries(
  cache: string,
  entries: readonly Entry[],
  report: Report,
): Promise<string[]> {
  const finals = entries.map((entry) => path.join(cache, entry.directory))
  await Promise.all(finals.map(noteUse))
  if ((await missing(cache, entries)).length === 0) return finals
  await mkdir(cache, { recursive: true })
  const unlock = await lock(path.join(cache, 'lock'), () =>
    report(`another process is building in ${cache}: waiting until it is done`),
  )
  try {
    await removeUnfinished(cache)
    const todo = await missing(cache, entries)
    for (const [index, entry] of todo.entries()) {
      report(`building ${entry.title}: ${index + 1} of ${todo.length} (about ${entry.duration})`)
      await buildEntry(cache, entry, report)
    }
  } finally {
    await unlock()
  }
  return finals
}

/** Before the look at what is missing, so that an entry that was seen is not pruned an instant later. */
async function noteUse(directory: string): Promise<void> {
  const now = new Date()
  // Not there yet, or in a cache that somebody else owns: then it is not ours to prune either.
  await utimes(directory, now, now).catch(() => undefined)
}

async function missing(cache: string, entries: readonly Entry[]): Promise<Entry[]> {
  const complete = await Promise.all(
    entries.map((entry) => isComplete(path.join(cache, entry.directory), entry)),
  )
  return entries.filter((_, index) => !complete[index])
}

async function isComplete(directory: string, entry: Entry): Promise<boolean> {
  const found = await Promise.allSettled(entry.files.map((file) => access(path.join(directory, file))))
  return found.every((result) => result.status === 'fulfilled')
}

/** Begins the names of directories that are being made or removed. */
export const unfinished = '.unfinished-'

async function buildEntry(cache: string, entry: Entry, report: Report): Promise<void> {
  await requireSpace(cache, entry)
  const final = path.join(cache, entry.directory)
  const fresh = path.join(cache, `${unfinished}${entry.directory}-${process.pid}`)
  const start = Date.now()
  try {
    await mkdir(fresh, { recursive: true })
    await entry.build(fresh, final)
    if (!(await isComplete(fresh, entry))) {
      throw new Error(`building ${entry.title} left out one of: ${entry.files.join(' ')}`)
    }
    await rm(final, { recursive: true, force: true })
    await rename(fresh, final)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  report(`built ${entry.title} in ${Math.round((Date.now() - start) / 1000)} s`)
}

/** Only the holder of the lock builds, so whatever is unfinished belongs to a process that was killed. */
async function removeUnfinished(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(unfinished)) await rm(path.join(cache, name), { recursive: true, force: true })
  }
}

async function requireSpace(cache: string, entry: Entry): Promise<void> {
  const { bavail, bsize } = await statfs(cache)
  const [free, needed] = [bavail * bsize, entry.space].map((bytes) => (bytes / 1e9).toFixed(1))
  if (bavail * bsize < entry.space) {
    throw new Prerequisite(
      `Building ${entry.title} needs ${needed} GB of free disk and ${cache} has ${free} GB: make room, or choose another directory with CLUSTER_CACHE.`,
    )
  }
}

/** Waits for the lock as long as another process builds, and says so; returns the function that gives it back. */
async function lock(file: string, onWait: () => void): Promise<Release> {
  const immediately = await takeFileLock(file, 0)
  if (immediately) return immediately
  onWait()
  const later = await takeFileLock(file)
  if (!later) throw new Error(`the lock ${file} was not waited for`)
  return later
}
