/**
 * Keeps a cache equal to the API server's state: paged list, then watch from there, again and again, whatever happens.
 * What is watched and kept is the cache's business (cache.ts).
 */
import { ApiError, ConnectionError, isGone, type StatusBody } from '../client/api-error.ts'
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import type { CacheFeed, FedCache } from './cache.ts'
import { type Clock, sleep, systemClock } from '../clock.ts'
import { type Log, silentLog } from '../log.ts'
import type { KubernetesObject } from '../object.ts'
import type { Rest } from '../client/rest.ts'
import { decodeWatch, type WatchEvent } from './watch-decoder.ts'
import { createWatchdog } from './watchdog.ts'

export interface ReflectorOptions {
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Log
  readonly backoff?: BackoffOptions
  /** A watch without a byte for so long is taken for dead; the server sends a bookmark about every minute. */
  readonly quietMs?: number
}

type Settings = Required<ReflectorOptions>

const defaults = {
  clock: systemClock,
  random: Math.random,
  log: silentLog,
  backoff: { baseMs: 800, capMs: 30_000 },
  quietMs: 180_000,
} satisfies Settings

/** Asking a server that is not there costs nobody anything, and each second longer we know nothing of its return. */
const awayCapMs = 5_000

/** A watch that lived so long worked, even if nothing happened in it. */
const healthyWatchMs = 5_000

/**
 * Runs until the signal aborts; never rejects.
 *
 * Flow: list -> watch -> (the server ends it after 5-10 min, or it breaks) watch from the last resourceVersion -> ...;
 * back to list when the server no longer has that history.
 * Guarantees: the cache only moves forward through states the server had, and gets to the current one once the server
 * answers. Attempts without progress wait ever longer (full jitter, capped), so a failing server is never hammered.
 */
export async function reflect<T extends KubernetesObject, C>(
  rest: Rest,
  cache: FedCache<T, C>,
  options: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const settings: Settings = { ...defaults, ...options }
  let position: string | undefined
  let failures = 0
  let relisted = false
  while (!signal.aborted) {
    const step: Step =
      position === undefined
        ? await list(rest, cache, settings, signal)
        : await watch({ rest, cache, settings, position, failures }, signal)
    const lostHistory = position !== undefined && step.position === undefined
    position = step.position
    if (step.outcome === 'progressed') {
      failures = 0
      relisted = false
    }
    if (step.outcome !== 'failed') continue
    if (lostHistory && !relisted) {
      // A restarted server knows no history, but it answers: the waits before it did are no reason to wait now.
      relisted = true
      continue
    }
    failures += 1
    await pause(cache.resource.plural, { failures, error: step.error }, settings, signal)
  }
}

interface Step {
  /** `listed` says nothing about health: what counts is whether the watch after it works. */
  readonly outcome: 'listed' | 'progressed' | 'failed'
  /** Where to watch from; undefined: list. */
  readonly position: string | undefined
  readonly error?: unknown
}

async function list<T extends KubernetesObject, C>(
  rest: Rest,
  { resource, scope, feed }: FedCache<T, C>,
  { log }: Settings,
  signal: AbortSignal,
): Promise<Step> {
  try {
    const { items, resourceVersion } = await rest.list(resource, { ...scope, signal }, (raw) =>
      feed.decode(raw),
    )
    feed.replace(items, resourceVersion)
    log.debug({ resource: resource.plural, count: items.length, resourceVersion }, 'listed')
    return { outcome: 'listed', position: resourceVersion }
  } catch (error) {
    return { outcome: 'failed', position: undefined, error }
  }
}

interface WatchFrom<T extends KubernetesObject, C> {
  readonly rest: Rest
  readonly cache: FedCache<T, C>
  readonly settings: Settings
  readonly position: string
  /** Before this attempt. */
  readonly failures: number
}

async function watch<T extends KubernetesObject, C>(
  from: WatchFrom<T, C>,
  signal: AbortSignal,
): Promise<Step> {
  const { cache, settings, position } = from
  const started = settings.clock.monotonic()
  let error: unknown
  try {
    await watchUntilEnd(from, signal)
  } catch (thrown) {
    error = thrown
  }
  const reached = cache.lastResourceVersion ?? position
  const worked = reached !== position || settings.clock.monotonic() - started >= healthyWatchMs
  return {
    outcome: worked ? 'progressed' : 'failed',
    position: mustRelist(error) ? undefined : reached,
    error,
  }
}

async function watchUntilEnd<T extends KubernetesObject, C>(
  { rest, cache, settings, position, failures }: WatchFrom<T, C>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, quietMs } = settings
  const timeoutSeconds = 300 + Math.floor(random() * 300)
  const watchdog = createWatchdog(clock, quietMs, signal)
  try {
    const { chunks } = await rest.watch(cache.resource, {
      ...cache.scope,
      resourceVersion: position,
      timeoutSeconds,
      signal: watchdog.signal,
    })
    if (failures > 0) {
      settings.log.info({ resource: cache.resource.plural, failures }, 'following the resource again')
    }
    await decodeWatch<T>(watchdog.guard(chunks), (event) => handle(cache.feed, event))
  } finally {
    watchdog.stop()
  }
}

function handle<T extends KubernetesObject, C>(feed: CacheFeed<T, C>, event: WatchEvent<T>): void {
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
      return
    case 'ERROR':
      throw new WatchRefused(event.object)
  }
}

/** The server ended a watch by an ERROR event, whose object is a Status. */
class WatchRefused extends ApiError {
  constructor(status: StatusBody) {
    super(status.code ?? 500, status)
    this.name = 'WatchRefused'
  }
}

/**
 * 410 comes as the answer to the watch, as an event in it, and as a Status with another code. Any other end by an event
 * and any refusal of the position itself (400, or 504 for one that lies in the server's future after a restore) is met
 * in the same way, as a list is always right. Not so a busy server: it keeps us waiting, with our position.
 */
function mustRelist(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status === 429) return false
  return isGone(error) || error instanceof WatchRefused || error.status === 400 || error.status === 504
}

function isAway(error: unknown): boolean {
  return error instanceof ConnectionError && (error.code === 'Unreachable' || error.code === 'Reset')
}

async function pause(
  resource: string,
  { failures, error }: { readonly failures: number; readonly error: unknown },
  { clock, random, log, backoff }: Settings,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
  const capMs = isAway(error) ? Math.min(backoff.capMs, awayCapMs) : backoff.capMs
  const delayMs = Math.max(retryAfterMs, backoffMs(failures, { ...backoff, capMs }, random()))
  const fields = { resource, failures, delayMs: Math.round(delayMs), err: error }
  // The first, second, fourth, eighth, ... of a row: an outage of an hour is no reason for a thousand lines.
  const level = Number.isInteger(Math.log2(failures)) ? 'warn' : 'debug'
  log[level](fields, 'cannot follow the resource; trying again')
  await sleep(clock, delayMs, signal).catch(() => undefined)
}
