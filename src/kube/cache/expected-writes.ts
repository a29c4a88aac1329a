/**
 * Read-your-writes: which of our writes a cache does not reflect yet. What it means to reflect one is asked of the cache
 * (cache.ts); who must wait for it is the business of the control loop.
 *
 * Flow: a write is confirmed -> it is expected, with the number of lists that had begun by then -> a list, an event or a
 * bookmark comes -> the write is looked for.
 * Guarantees: a write is seen at the latest with the first list that began after its confirmation. Such a list is a
 * consistent read, so it holds the write, or what became of it, whatever the numbers say: after a restore of etcd the
 * write's resourceVersion can lie in the server's future for hours, and an object that we deleted be back for good.
 * Assumptions: writes are expected once confirmed, not before; lists are consistent (no `resourceVersion` is sent).
 */
import { type Log, silentLog } from '../log.ts'

/** A write of ours, as the server confirmed it. */
export interface OwnWrite {
  readonly key: string
  readonly uid?: string | undefined
  /**
   * From the answer to the write. For a delete, of the object that was deleted: without it, a cache that has not even
   * heard of the object yet would be taken to know of its end.
   */
  readonly resourceVersion?: string | undefined
  readonly deleted?: boolean
}

export interface ExpectedWrites {
  expect(write: OwnWrite, onSeen: () => void): () => boolean
  /** A list begins now: every write expected so far will be in it. Returns its number. */
  beginList(): number
  /** The cache shows that list now. */
  showsList(number: number): void
  /** The cache shows something new. */
  look(): void
  /** There are writes that the cache does not reflect yet. */
  isWaiting(): boolean
}

interface Expected {
  readonly write: OwnWrite
  readonly listsBegun: number
  readonly onSeen: () => void
}

/** `reflects` says whether the cache reflects a write by what it holds, without regard to when lists began. */
export function createExpectedWrites(
  reflects: (write: OwnWrite) => boolean,
  log: Log = silentLog,
): ExpectedWrites {
  const pending = new Set<Expected>()
  let listsBegun = 0
  let listShown = 0

  function isSeen(expected: Expected): boolean {
    return listShown > expected.listsBegun || reflects(expected.write)
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
      const expected = { write, listsBegun, onSeen }
      if (isSeen(expected)) return () => true
      pending.add(expected)
      return () => !pending.has(expected)
    },
    beginList() {
      listsBegun += 1
      return listsBegun
    },
    showsList(number) {
      listShown = number
    },
    look() {
      for (const expected of pending) {
        if (!isSeen(expected)) continue
        pending.delete(expected)
        tell(expected)
      }
    },
    isWaiting: () => pending.size > 0,
  }
}
