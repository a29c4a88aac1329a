/**
 * Removing entries of the cache that nobody has asked for in a long time: versions that no checkout names any more. Age
 * decides, as several checkouts with different versions may share a cache, and a running cluster's entries stay.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { takeFileLock } from '../file-lock.ts'
import { type Report, unfinished } from './cache.ts'

/** A branch that rests longer than this pays with a new build. */
const unusedDays = 7

/** Our entries end in a key; whatever else lies in the directory is not ours. */
const entryName = /^[a-z0-9][a-z0-9.-]*-[0-9a-f]{16}$/

export interface PruneOptions {
  readonly cache: string
  /** Paths in the cache, or lists of them joined by colons, that running clusters stand on. */
  readonly inUse: readonly string[]
  readonly now: Date
  readonly report: Report
}

/** Removes what was not used for a week; does nothing while somebody builds. Says what it removed. */
export async function pruneCache({ cache, inUse, now, report }: PruneOptions): Promise<void> {
  const stale = await staleEntries(cache, inUse, now)
  if (stale.length === 0) return
  const release = await takeFileLock(path.join(cache, 'lock'), 0)
  if (release === undefined) return
  try {
    // Looked at again: who held the lock a moment ago may have taken one of them into use.
    for (const name of await staleEntries(cache, inUse, now)) {
      const leaving = path.join(cache, `${unfinished}${name}`)
      await rename(path.join(cache, name), leaving)
      await rm(leaving, { recursive: true, force: true })
      report(`removed ${name} from the cache: nobody asked for it in ${unusedDays} days`)
    }
  } finally {
    await release()
  }
}

async function staleEntries(cache: string, inUse: readonly string[], now: Date): Promise<readonly string[]> {
  const oldest = now.getTime() - unusedDays * 24 * 3_600_000
  const names = (await readdir(cache)).filter((name) => entryName.test(name))
  const ages = await Promise.all(names.map((name) => stat(path.join(cache, name)).catch(() => undefined)))
  return names.filter(
    (name, index) =>
      (ages[index]?.mtimeMs ?? Infinity) < oldest &&
      !inUse.some((places) => places.includes(path.join(cache, name))),
  )
}
