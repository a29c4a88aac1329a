/**
 * Read-your-writes per reconcile key: hands out a Rest that remembers what it wrote for a key until the caches reflect
 * it, so that nothing is decided on a world older than what we did to it. Memory only: after a restart the first lists
 * are newer than any write before them.
 */
import type { Cache, OwnWrite, Seen } from '../cache/cache.ts'
import type { Rest } from '../client/rest.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type KubernetesObject, keyOf, type ObjectRef } from '../object.ts'
import type { Resource } from '../resource.ts'

export interface OwnWritesOptions {
  readonly rest: Rest
  /** Where the echoes of writes appear. Writes to other resources are not waited for. */
  readonly caches: readonly Cache<unknown>[]
  /** The last write of the key that was not seen is seen now. */
  readonly onSeen: (key: string) => void
  readonly clock: Clock
  readonly log: Log
  /** In logs. */
  readonly name: string
}

export interface OwnWrites {
  /** A Rest whose confirmed writes count as writes of `key`. */
  restFor(key: string): Rest
  /** Whether some cache does not reflect yet what was written for the key: do not decide now. */
  isBehind(key: string): boolean
  /** Ends the watch over echoes that are overdue. */
  stop(): void
}

interface Expected {
  readonly cache: Cache<unknown>
  readonly write: OwnWrite
  readonly seen: () => Seen
  readonly since: number
}

/** An echo takes milliseconds. After this the log says what is missing, and again as long as it is. */
const overdueMs = 30_000

/**
 * Guarantees: from the moment in which the answer to a write arrives until the caches of its resource reflect it,
 * `isBehind` is true. There is no time limit after which it gives up: waiting decides nothing, so it is safe, and it
 * ends, because a watch that is dead is noticed and the list after it counts as the echo of all that was written before.
 * An object that the label selector of a cache leaves out is waited for there only while the cache shows it as it was.
 * Caveats: a write whose answer did not arrive is not known to have happened, so it is not waited for. Its successor
 * may be decided on an older state, and then has to fail by its own preconditions.
 */
export function createOwnWrites(options: OwnWritesOptions): OwnWrites {
  const { rest, caches, onSeen, clock, log, name } = options
  const expectedByKey = new Map<string, readonly Expected[]>()
  let cancelTimer: (() => void) | undefined

  function unseen(key: string): readonly Expected[] {
    const left = expectedByKey.get(key)?.filter(({ seen }) => seen() !== 'for good') ?? []
    if (left.length === 0) expectedByKey.delete(key)
    else expectedByKey.set(key, left)
    if (expectedByKey.size === 0) stop()
    return left.filter(({ seen }) => seen() === 'no')
  }

  function wrote(key: string, of: Resource, write: OwnWrite): void {
    for (const cache of caches) {
      if (!isWithin(cache, of, write)) continue
      const seen = cache.expectWrite(write, () => {
        if (unseen(key).length === 0) onSeen(key)
      })
      const expected = { cache, write, seen, since: clock.monotonic() }
      expectedByKey.set(key, [...(expectedByKey.get(key) ?? []), expected])
    }
    cancelTimer ??= clock.setTimeout(lookForOverdue, overdueMs)
    unseen(key)
  }

  function lookForOverdue(): void {
    cancelTimer = clock.setTimeout(lookForOverdue, overdueMs)
    for (const key of expectedByKey.keys()) {
      for (const expected of unseen(key)) tellIfOverdue(key, expected)
    }
  }

  function tellIfOverdue(key: string, { cache, write, since }: Expected): void {
    const sinceMs = Math.round(clock.monotonic() - since)
    if (sinceMs < overdueMs) return
    const { resource, lastResourceVersion } = cache
    const fields = { controller: name, key, resource: resource.plural, write, lastResourceVersion, sinceMs }
    log.warn(fields, 'a write of ours is not in the cache yet; nothing is decided for this key until it is')
  }

  function stop(): void {
    cancelTimer?.()
    cancelTimer = undefined
  }

  return {
    restFor: (key) => recordingRest(rest, (of, write) => wrote(key, of, write)),
    isBehind: (key) => expectedByKey.has(key) && unseen(key).length > 0,
    stop,
  }
}

function isWithin({ resource, scope }: Cache<unknown>, of: Resource, { key }: OwnWrite): boolean {
  if (resource.group !== of.group || resource.plural !== of.plural) return false
  return scope.namespace === undefined || key.startsWith(`${scope.namespace}/`)
}

type Wrote = (of: Resource, write: OwnWrite) => void

/** Passes everything on, and tells of each write that the server confirmed; a dry run is none. */
function recordingRest(rest: Rest, wrote: Wrote): Rest {
  function tell(of: Resource, object: KubernetesObject, options?: { readonly dryRun?: boolean }): void {
    // An eviction, for one, is answered with a mere Status: what it does is somebody else's write.
    if (options?.dryRun === true || object.metadata?.resourceVersion === undefined) return
    const { uid, resourceVersion, labels = {} } = object.metadata
    // A Scale has the version of what it scales, but not its labels.
    const isWhole = object.kind === undefined || object.kind === of.kind
    wrote(of, { key: keyOf(object), uid, resourceVersion, labels: isWhole ? labels : undefined })
  }

  return {
    ...rest,
    async create(of, manifest, options) {
      const written = await rest.create(of, manifest, options)
      tell(of, written.object, options)
      return written
    },
    async replace(of, object, options) {
      const written = await rest.replace(of, object, options)
      tell(of, written.object, options)
      return written
    },
    async patch(of, ref, patch, options) {
      const written = await rest.patch(of, ref, patch, options)
      tell(of, written.object, options)
      return written
    },
    async delete(of, ref: ObjectRef, options) {
      const deleted = await rest.delete(of, ref, options)
      // Of what goes at once most resources tell no version: then that of the precondition, which is older, but not wrong.
      const last = deleted.object?.metadata
      const { uid = deleted.uid, resourceVersion } = last ?? options ?? {}
      const labels = last && (last.labels ?? {})
      if (options?.dryRun !== true)
        wrote(of, { key: keyOf(ref), uid, resourceVersion, labels, deleted: true })
      return deleted
    },
  }
}
