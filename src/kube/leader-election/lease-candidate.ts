/**
 * One contender for a Lease: what it last saw of it, by its own clock, and the writes that take, keep and give it back.
 * When to try is decided elsewhere (leader-election.ts).
 */
import { isAlreadyExists, isConflict } from '../client/api-error.ts'
import type { Clock } from '../clock.ts'
import { createDeadline } from '../deadline.ts'
import { type Lease, leases, type LeaseSpec } from './lease.ts'
import type { Log } from '../log.ts'
import { microTime } from '../micro-time.ts'
import type { Rest } from '../client/rest.ts'
import { untilAborted } from '../until-aborted.ts'

export interface CandidateOptions {
  readonly rest: Pick<Rest, 'getIfExists' | 'create' | 'replace'>
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly leaseDurationMs: number
  readonly clock: Clock
  readonly log: Log
}

export interface Candidate {
  /**
   * One try to acquire or, from the first success on, to renew, within `limitMs`. False when another holds it or the
   * server did not let us. Only an unbroken term is renewed: see `isOver`.
   */
  tryToHold(signal: AbortSignal, limitMs: number): Promise<boolean>
  /** Lets the others have it at once. Failing is no harm: the Lease runs out. */
  release(limitMs: number): Promise<void>
  /** How old the last renewal is, by the clock that timers run by. */
  sinceRenewalMs(): number
  /**
   * How old the last renewal is at most: by the clock that saw more time pass. The monotonic clock stands still while the
   * machine is suspended; the wall clock shows it afterwards, but may be set.
   */
  longestSinceRenewalMs(): number
  /** The Lease is not any more the one that we acquired: it has passed through other hands, or was deleted. */
  isOver(): boolean
}

interface Observed {
  readonly lease: Lease
  /** Our clock, when the Lease was first seen in this state. */
  readonly at: number
}

const never = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY }

export function createCandidate(options: CandidateOptions): Candidate {
  const { rest, namespace, name, identity, leaseDurationMs, clock, log } = options
  let observed: Observed | undefined
  let renewed = never
  /** Who comes by the Lease again after others starts over, as a new process. */
  let term: 'before' | 'running' | 'over' = 'before'
  /** Tries in a row that failed. */
  let failures = 0

  function observe(lease: Lease): Observed {
    if (observed?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      const holder = lease.spec.holderIdentity
      if (observed?.lease.spec.holderIdentity !== holder) {
        log.info({ lease: name, holder }, holder ? 'the Lease has a holder' : 'the Lease is free')
      }
      observed = { lease, at: clock.monotonic() }
    }
    return observed
  }

  /** Told the first, second, fourth, eighth, ... time in a row: a right that is missing for hours is no reason for a flood. */
  function failed(error: unknown): void {
    failures += 1
    const level = Number.isInteger(Math.log2(failures)) ? 'warn' : 'debug'
    log[level]({ lease: name, failures, err: error }, 'cannot acquire or renew the Lease; trying again')
  }

  function isOurs({ spec }: Lease): boolean {
    return spec.holderIdentity === identity
  }

  function isHeldByOther({ lease, at }: Observed): boolean {
    const durationMs = (lease.spec.leaseDurationSeconds ?? 0) * 1000
    return Boolean(lease.spec.holderIdentity) && !isOurs(lease) && clock.monotonic() - at < durationMs
  }

  function claim(previous?: Lease): LeaseSpec {
    const now = microTime(clock.now())
    const keep = previous !== undefined && isOurs(previous)
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.round(leaseDurationMs / 1000)),
      renewTime: now,
      acquireTime: (keep ? previous.spec.acquireTime : undefined) ?? now,
      leaseTransitions: (previous?.spec.leaseTransitions ?? 0) + (previous && !keep ? 1 : 0),
    }
  }

  async function hold(signal: AbortSignal): Promise<boolean> {
    // Before the request: the others count from the moment the server stored it, which is later.
    const startedAt = { monotonic: clock.monotonic(), wall: clock.now() }
    const renewable = observed && isOurs(observed.lease) ? observed.lease : undefined
    const known = renewable ?? (await rest.getIfExists(leases, { namespace, name }, { signal }))
    if (term !== 'before' && (known === undefined || !isOurs(known))) {
      term = 'over'
      return false
    }
    if (known && isHeldByOther(observe(known))) return false
    observe(await write(known, signal))
    term = 'running'
    renewed = startedAt
    return true
  }

  async function write(known: Lease | undefined, signal: AbortSignal): Promise<Lease> {
    if (!known) {
      const manifest = { metadata: { namespace, name }, spec: claim() }
      const { object } = await rest.create<Lease, typeof manifest>(leases, manifest, { signal })
      return object
    }
    const spec = { ...known.spec, ...claim(known) }
    const { object } = await rest.replace(leases, { ...known, spec }, { signal })
    return object
  }

  /** Reads the Lease first: our last write may have been stored unheard, as the stop cut off its answer. */
  async function giveAway(signal: AbortSignal): Promise<void> {
    const lease = await rest.getIfExists(leases, { namespace, name }, { signal })
    if (!lease || !isOurs(lease)) return
    const now = microTime(clock.now())
    const spec = {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: now,
      acquireTime: now,
    }
    await rest.replace(leases, { ...lease, spec }, { signal })
  }

  async function within<T>(
    limitMs: number,
    signal: AbortSignal | undefined,
    work: (s: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = createDeadline(clock, limitMs, signal, () => new Error(`no answer within ${limitMs} ms`))
    try {
      // A request that ignores its signal must not keep us from losing what we cannot renew.
      return await untilAborted(work(deadline.signal), deadline.signal)
    } finally {
      deadline.release()
    }
  }

  return {
    async tryToHold(signal, limitMs) {
      try {
        const held = await within(limitMs, signal, hold)
        if (failures > 0) log.info({ lease: name, failures }, 'the Lease can be read and written again')
        failures = 0
        return held
      } catch (error) {
        // What we knew may be outdated, or our own write may have been stored unheard: look again next time.
        if (observed && isOurs(observed.lease)) observed = undefined
        const expected = signal.aborted || isConflict(error) || isAlreadyExists(error)
        if (!expected) failed(error)
        return false
      }
    },
    async release(limitMs) {
      renewed = never
      try {
        await within(limitMs, undefined, giveAway)
      } catch (error) {
        log.warn({ lease: name, err: error }, 'the Lease could not be released; it runs out by itself')
      }
    },
    sinceRenewalMs: () => clock.monotonic() - renewed.monotonic,
    longestSinceRenewalMs: () => Math.max(clock.monotonic() - renewed.monotonic, clock.now() - renewed.wall),
    isOver: () => term === 'over',
  }
}
