/**
 * Read-your-writes per reconcile key: remembers our last writes until the caches reflect them, so that nothing is
 * decided on a world older than what we did to it. Memory only: after a restart the first lists are newer than any
 * write before them.
 */
import type { Cache, OwnWrite } from '../cache/cache.ts'

export interface OwnWrites {
  /** A write of `key`'s reconcile was confirmed; `cache` is where its echo will appear. */
  wrote(key: string, cache: Cache<unknown>, write: OwnWrite): void
  /**
   * A write that its cache does not reflect yet, if there is one: do not decide now. The event which brings it enqueues
   * the key again, provided that the controller maps that object to the key.
   */
  unseen(key: string): OwnWrite | undefined
  /** The key is gone for good. */
  forget(key: string): void
}

interface Expected {
  readonly cache: Cache<unknown>
  readonly write: OwnWrite
}

export function createOwnWrites(): OwnWrites {
  const expectedByKey = new Map<string, Expected[]>()
  return {
    wrote(key, cache, write) {
      const expected = expectedByKey.get(key)
      if (expected) expected.push({ cache, write })
      else expectedByKey.set(key, [{ cache, write }])
    },
    unseen(key) {
      const left = expectedByKey.get(key)?.filter(({ cache, write }) => !cache.sawWrite(write)) ?? []
      if (left.length === 0) expectedByKey.delete(key)
      else expectedByKey.set(key, left)
      return left[0]?.write
    },
    forget: (key) => void expectedByKey.delete(key),
  }
}
