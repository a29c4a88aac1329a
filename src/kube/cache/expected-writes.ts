/**
 * Read-your-writes: which of our writes a cache does not reflect yet. What the cache holds is its own business (cache.ts);
 * who must wait is that of the control loop.
 *
 * Flow: a write is confirmed -> it is expected, with the number of lists that had begun by then -> a list, an event or a
 * bookmark comes -> the write is looked for.
 * Guarantees: a write is seen at the latest with the first list that began after its confirmation. Such a list is a
 * consistent read, so it holds the write, or what became of it, whatever the numbers say: after a restore of etcd the
 * write's resourceVersion can lie in the server's future for hours, and an object that we deleted be back for good.
 * Assumptions: writes are expected once confirmed, not before; lists are consistent (no `resourceVersion` is sent).
 */
import type { CacheEntry } from './cache.ts'
import type { Labels } from './label-selector.ts'
import { type Log, silentLog } from '../log.ts'
import { isAtLeast, isOlder } from '../resource-version.ts'

/** A write of ours, as the server confirmed it. */
export interface OwnWrite {
  readonly key: string
  readonly uid?: string | undefined
  /**
   * From the answer to the write. For a delete that is answered without the object, of the object that was deleted:
   * without it, a cache that has not even heard of the object yet would be taken to know of its end.
   */
  readonly resourceVersion?: string | undefined
  readonly deleted?: boolean
  /** Of the object as it was written; undefined: not known. */
  readonly labels?: Labels | undefined
}

/**
 * Whether a cache reflects a write. `so far`: its selector leaves the object out, and it shows none, as it should; but
 * it may still get to hear of the object from before the write, and is behind then until it hears of the end of that.
 */
export type Seen = 'no' | 'so far' | 'for good'

export interface ExpectedWrites {
  expect(write: OwnWrite, onSeen: () => void): () => Seen
  /** A list begins now: every write expected so far will be in it. Returns its number. */
  beginList(): number
  /** The cache shows that list now. */
  showsList(number: number): void
  /** The cache shows something new. */
  look(): void
  /** There are writes that the cache does not reflect. */
  isWaiting(): boolean
}

/** What is asked of the cache. */
export interface Shown {
  readonly synced: boolean
  readonly lastResourceVersion: string | undefined
  readonly entryOf: (key: string) => CacheEntry<unknown> | undefined
  /** An object with these labels is certainly none of the cache's. */
  readonly leavesOut: (labels: Labels) => boolean
}

interface Expected {
  readonly write: OwnWrite
  readonly listsBegun: number
  readonly onSeen: () => void
  wasSeen: boolean
}

export function createExpectedWrites(shown: Shown, log: Log = silentLog): ExpectedWrites {
  const pending = new Set<Expected>()
  let listsBegun = 0
  let listShown = 0

  function seen(expected: Expected): Seen {
    if (!pending.has(expected) || listShown > expected.listsBegun) return 'for good'
    return seenIn(shown, expected.write)
  }

  function look(expected: Expected): void {
    const { wasSeen } = expected
    const now = seen(expected)
    expected.wasSeen = now !== 'no'
    if (now === 'for good') pending.delete(expected)
    if (expected.wasSeen && !wasSeen) tell(expected)
  }

  function tell({ write, onSeen }: Expected): void {
    try {
      onSeen()
    } catch (error) {
      log.error({ err: error, key: write.key }, 'who waited for a write threw when it was seen')
    }
  }

  return {
    expect(write, onSeen) {
      const now = seenIn(shown, write)
      const expected = { write, listsBegun, onSeen, wasSeen: now !== 'no' }
      if (now !== 'for good') pending.add(expected)
      return () => seen(expected)
    },
    beginList() {
      listsBegun += 1
      return listsBegun
    },
    showsList(number) {
      listShown = number
    },
    look() {
      for (const expected of pending) look(expected)
    },
    isWaiting: () => [...pending].some((expected) => seen(expected) === 'no'),
  }
}

/** By what the cache holds alone, without regard to when lists began. */
function seenIn({ synced, lastResourceVersion, entryOf, leavesOut }: Shown, write: OwnWrite): Seen {
  if (!synced) return 'no'
  const { key, resourceVersion, labels } = write
  const entry = entryOf(key)
  if (entry) return isNew(entry, write) ? 'for good' : 'no'
  if (resourceVersion === undefined) return 'for good'
  if (lastResourceVersion !== undefined && isAtLeast(lastResourceVersion, resourceVersion)) return 'for good'
  return labels && leavesOut(labels) ? 'so far' : 'no'
}

/**
 * Whether an object that is there shows the write. Where it is older, that the cache as a whole is past the write's
 * number proves nothing: a server that went back in time gives numbers a second time.
 */
function isNew(entry: CacheEntry<unknown>, { uid, resourceVersion, deleted = false }: OwnWrite): boolean {
  if (!deleted) return resourceVersion === undefined || isAtLeast(entry.resourceVersion, resourceVersion)
  // Not yet the one that was deleted, or it before its deletion, or even its predecessor.
  if (resourceVersion !== undefined && isOlder(entry.resourceVersion, resourceVersion)) return false
  return entry.deleting || (uid !== undefined && entry.uid !== uid)
}
