/**
 * One watch, from its opening to its end: from a state that the cache shows, or from all there is. When to watch, and
 * what to do after its end, is decided in course.ts.
 */
import { ConnectionError } from '../client/api-error.ts'
import type { CacheFeed } from './cache.ts'
import type { Outcome } from './course.ts'
import { createDeadline } from '../deadline.ts'
import { inSlices } from './in-slices.ts'
import { createInitialState, type InitialState } from './initial-state.ts'
import type { KubernetesObject } from '../object.ts'
import type { Reflection } from './reflection.ts'
import { isOlder } from '../resource-version.ts'
import { decodeWatch, type WatchEvent } from './watch-decoder.ts'
import { createWatchdog } from './watchdog.ts'
import { InitialStateMissing, WatchRefused, WentBack } from './why-list.ts'

/**
 * Watches after `position`; without one, from all there is (WatchList). Resolves when the watch has ended, however; what
 * has come until then is in the cache, except for an initial state that was not whole.
 */
export async function follow<T extends KubernetesObject, C>(
  reflection: Reflection<T, C>,
  position: string | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  const { cache, clock } = reflection
  let worksSince: number | undefined
  let whole = position !== undefined
  let error: unknown
  try {
    await receive(reflection, position, signal, () => {
      whole = true
      worksSince = clock.monotonic()
      reflection.following()
    })
    if (!whole) error = new ConnectionError('BadAnswer', 'A watch ended before its initial state was whole.')
  } catch (thrown) {
    error = thrown
  }
  return {
    position: whole ? cache.lastResourceVersion : undefined,
    workedMs: worksSince === undefined ? 0 : clock.monotonic() - worksSince,
    error,
  }
}

/** Calls `onWhole` when the watch has opened or, if it begins with all there is, when the cache shows that. */
async function receive<T extends KubernetesObject, C>(
  reflection: Reflection<T, C>,
  position: string | undefined,
  signal: AbortSignal,
  onWhole: () => void,
): Promise<void> {
  const { rest, cache, clock, random, quietMs, initialStateMs, metrics } = reflection
  const { resource, scope, feed } = cache
  let initial: InitialState<T> | undefined =
    position === undefined ? createInitialState(reflection) : undefined
  const deadline =
    initial &&
    createDeadline(clock, initialStateMs, signal, () => {
      return new InitialStateMissing(resource.plural, `had not come to their end after ${initialStateMs} ms`)
    })
  const watchdog = createWatchdog(clock, quietMs, deadline?.signal ?? signal)
  try {
    const { chunks } = await rest.watch(resource, {
      ...scope,
      ...(position === undefined ? { sendInitialEvents: true } : { resourceVersion: position }),
      timeoutSeconds: 300 + Math.floor(random() * 300),
      signal: watchdog.signal,
    })
    if (!initial) onWhole()
    await decodeWatch<T>(inSlices(watchdog.guard(chunks), clock), (event) => {
      metrics.received(event.type)
      if (event.type === 'ERROR') throw new WatchRefused(event.object)
      if (!initial) {
        expectForward(resource.plural, event.object, cache.lastResourceVersion)
        apply(feed, event)
      } else if (initial.take(event)) {
        initial = undefined
        deadline?.lift()
        onWhole()
      }
    })
  } finally {
    watchdog.stop()
    deadline?.release()
  }
}

/** The versions of a watch only grow, as do those of its bookmarks. */
function expectForward(resource: string, { metadata }: KubernetesObject, before: string | undefined): void {
  if (before !== undefined && isOlder(metadata.resourceVersion, before)) {
    throw new WentBack(resource, metadata.resourceVersion, before)
  }
}

function apply<T extends KubernetesObject, C>(
  feed: CacheFeed<T, C>,
  event: Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>,
): void {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      feed.upsert(event.object)
      return
    case 'DELETED':
      feed.remove(event.object)
      return
    case 'BOOKMARK':
      feed.bookmark(event.object.metadata.resourceVersion)
  }
}
