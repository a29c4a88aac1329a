/**
 * `build`: everything that a cluster is made of, into the cache, before anybody waits for it. `up` does the same where
 * it has to; this verb lets the minutes of a first build be spent on purpose. What is out of use leaves the cache.
 */
import { ensureImages } from '../images/images.ts'
import { ensurePrograms, type Programs } from '../programs/programs.ts'
import { pruneCache } from '../programs/prune.ts'
import type { Report } from '../reporter.ts'
import { cacheDirectory, knownRecords } from '../state/state.ts'

export interface Built {
  readonly programs: Programs
  readonly images: readonly string[]
}

/** Builds what the cache lacks, and tells where it is. Needs Go, packages and room; `Prerequisite` says which is missing. */
export async function build(report: Report): Promise<Built> {
  const cache = cacheDirectory()
  const programs = await ensurePrograms({ cache, report })
  const images = await ensureImages({ cache, programs, report })
  const inUse = knownRecords().flatMap(({ programs: { path }, images: archives }) => [path, ...archives])
  await pruneCache({ cache, inUse, now: new Date(), report })
  return { programs, images }
}
