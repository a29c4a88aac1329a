/**
 * Keeps a cache equal to the API server's state, whatever happens: the loop, its waits and its words. What to do next is
 * decided in course.ts, done in follow.ts and lists.ts; what is watched and kept is the cache's business (cache.ts).
 */
import { ApiError, ConnectionError, isNotFound } from '../client/api-error.ts'
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import type { FedCache } from './cache.ts'
import { type Clock, sleep, systemClock } from '../clock.ts'
import { type Course, firstCourse, nextCourse, type Outcome } from './course.ts'
import { follow } from './follow.ts'
import { compareVersions, listAll } from './lists.ts'
import { type Log, silentLog } from '../log.ts'
import { type Meter, silentMeter } from '../meter.ts'
import type { KubernetesObject } from '../object.ts'
import type { Reflection } from './reflection.ts'
import { createReflectorMetrics } from './reflector-metrics.ts'
import type { Rest } from '../client/rest.ts'
import { isUnreachable, WentBack, WriteMissing } from './why-list.ts'

export interface ReflectorOptions {
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Log
  readonly meter?: Meter
  readonly backoff?: BackoffOptions
  /**
   * A watch without a byte for so long is taken for dead, or for that of a server which is behind us. A server whose etcd
   * notifies of progress (kubeadm's does) sends a bookmark about every minute.
   */
  readonly quietMs?: number
  /** Begin with a WatchList where the server has it. Default true. */
  readonly watchList?: boolean
  /** The state with which a WatchList begins must be whole after so long; else the server is taken to have none. */
  readonly initialStateMs?: number
}

type Settings = Required<ReflectorOptions>

const defaults = {
  clock: systemClock,
  random: Math.random,
  log: silentLog,
  meter: silentMeter,
  backoff: { baseMs: 800, capMs: 30_000 },
  quietMs: 180_000,
  watchList: true,
  initialStateMs: 30_000,
} satisfies Settings

/** Asking a server that is not there costs nobody anything, and each second longer we know nothing of its return. */
const awayCapMs = 5_000

/**
 * Runs until the signal aborts; never rejects.
 *
 * Flow: everything (as the beginning of a watch: WatchList, Kubernetes 1.34 and later; else a list by pages and a watch
 * from there) -> changes -> the server ends the watch after 5-10 min, or it breaks -> changes after the last version we
 * know -> ... Back to everything when the server lost its history (410), refuses our version, was away, or is behind us,
 * or when a write of ours never came. A watch that was quiet for `quietMs` is given up; whether the server is behind us is
 * asked for before the next, as it would keep silent on that.
 * Guarantees: the cache shows only whole states that the server had, and the current one once the server answers. What
 * listeners are told adds up to what the cache shows. It never gives up. Attempts that do not work wait ever longer (full
 * jitter, capped), and one that worked for less than 5 s is not followed by another at once, but for the first relist.
 * A resource that the server does not have (404) counts as one of which there is nothing, where the cache is optional.
 * Assumptions: resourceVersions of a resource grow and are decimal (documented since Kubernetes 1.35, true long before).
 * Lists and WatchLists without a version are consistent reads.
 * Caveats: a server that went back in time (etcd restored from a backup) and was never away for us is noticed only when
 * the watch has been quiet for `quietMs`. If by then it has given as many versions again as were lost, nothing shows it,
 * and changes between are missed: restore with `etcdutl snapshot restore --bump-revision ... --mark-compacted`, which
 * Kubernetes needs for all its clients.
 */
export async function reflect<T extends KubernetesObject, C>(
  rest: Pick<Rest, 'list' | 'watch'>,
  cache: FedCache<T, C>,
  options: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const settings: Settings = { ...defaults, ...options }
  const { clock, random, quietMs, initialStateMs, meter, watchList, log } = settings
  const resource = cache.resource.plural
  const metrics = createReflectorMetrics(cache, clock, meter)
  let course = firstCourse(watchList)
  const reflection: Reflection<T, C> = {
    rest,
    cache,
    clock,
    random,
    quietMs,
    initialStateMs,
    metrics,
    show(entries, version, begun) {
      const doubtful = course.reason !== 'expired' || course.failures > 0
      cache.feed.replace(entries, version, { begun, doubtful })
      metrics.listed(course.reason)
      log.debug(
        { resource, reason: course.reason, objects: cache.size, version },
        'has the whole state of the resource',
      )
    },
    following() {
      const { failures } = course
      if (failures > 0) log.info({ resource, failures }, 'following the resource again')
    },
  }
  while (!signal.aborted) {
    const outcome = await take(course, reflection, signal)
    const before = course
    course = nextCourse(course, outcome)
    if (signal.aborted) return
    const isAbsent = cache.optional && isNotFound(outcome.error)
    if (isAbsent) cache.feed.absent()
    sayWhatChanged(resource, before, course, { error: outcome.error, log })
    if (course.waits)
      await pause(resource, { failures: course.failures, error: outcome.error, isAbsent }, settings, signal)
  }
}

function take<T extends KubernetesObject, C>(
  { step, position }: Course,
  reflection: Reflection<T, C>,
  signal: AbortSignal,
): Promise<Outcome> {
  if (step === 'list') return listAll(reflection, signal)
  if (step === 'compare' && position !== undefined) return compareVersions(reflection, position, signal)
  return follow(reflection, position, signal)
}

interface Told {
  readonly error: unknown
  readonly log: Log
}

function sayWhatChanged(resource: string, before: Course, after: Course, { error, log }: Told): void {
  if (error instanceof WentBack) log.warn({ resource, err: error }, 'the API server went back in time')
  if (error instanceof WriteMissing)
    log.warn({ resource, err: error }, 'a write of ours never came on the watch')
  if (after.streams === 'never' && before.streams !== 'never') {
    log.info({ resource, err: error }, 'the API server has no WatchList; listing by pages')
  }
}

interface Failed {
  readonly failures: number
  readonly error: unknown
  /** No failure of the server's: it has no such resource. */
  readonly isAbsent: boolean
}

async function pause(
  resource: string,
  { failures, error, isAbsent }: Failed,
  { clock, random, log, backoff }: Settings,
  signal: AbortSignal,
): Promise<void> {
  const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
  const capMs = isAway(error) ? Math.min(backoff.capMs, awayCapMs) : backoff.capMs
  const delayMs = Math.max(retryAfterMs, backoffMs(failures, { ...backoff, capMs }, random()))
  const fields = { resource, failures, delayMs: Math.round(delayMs), err: error }
  // The first, second, fourth, eighth, ... of a row: an outage of an hour is no reason for a thousand lines.
  const level = Number.isInteger(Math.log2(failures)) ? 'warn' : 'debug'
  if (isAbsent) log.debug(fields, 'the API server has no such resource; looking again')
  else log[level](fields, 'cannot follow the resource; trying again')
  await sleep(clock, delayMs, signal).catch(() => undefined)
}

function isAway(error: unknown): boolean {
  return isUnreachable(error) || (error instanceof ConnectionError && error.code === 'Reset')
}
