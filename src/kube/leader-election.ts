/**
 * At most one of several processes works at a time, agreed on through a Lease of coordination.k8s.io, by the rules of
 * client-go, so that both kinds of process can compete for one Lease. What the leader does is not known here.
 */
import { isAlreadyExists, isConflict } from './api-error.ts'
import { abortReason, type Clock, sleep, systemClock } from './clock.ts'
import { createDeadline } from './deadline.ts'
import { type Log, silentLog } from './log.ts'
import { type Lease, leases, type LeaseSpec } from './lease.ts'
import { microTime } from './micro-time.ts'
import type { Rest } from './rest.ts'

export interface LeaderElectionOptions {
  readonly rest: Pick<Rest, 'getIfExists' | 'create' | 'replace'>
  readonly namespace: string
  /** The Lease's name. */
  readonly name: string
  /** Who we are; another one for each process, also after a restart. */
  readonly identity: string
  /** How long a silent leader keeps the others out. Default 15 s. */
  readonly leaseDurationMs?: number
  /** How long a leader goes on while it cannot renew. Default 10 s; less than leaseDurationMs. */
  readonly renewDeadlineMs?: number
  /** Between two tries. Default 2 s. */
  readonly retryPeriodMs?: number
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Log
}

export interface Leadership {
  /** Aborts when leadership is lost (reason: LeadershipLost), or when the process stops. */
  readonly signal: AbortSignal
  /**
   * Whether we lead at this very moment, by the time since our last renewal. Ask right before each write: after a
   * freeze of the process, code may run before the timer that aborts the signal.
   */
  holds(): boolean
}

/** Another process may lead by now; the only safe thing is to stop. */
export class LeadershipLost extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'LeadershipLost'
  }
}

/**
 * Waits to become the leader, runs `lead`, and keeps the Lease renewed meanwhile.
 *
 * Guarantees: `lead` is called at most once, only while we hold the Lease. When the Lease could not be renewed for
 * `renewDeadlineMs`, its signal aborts; once it has ended, this rejects with LeadershipLost. When the given signal
 * aborts, or `lead` returns, the Lease is released after `lead` has ended, and this resolves; errors of `lead` pass on.
 * Assumptions: clocks of different processes may differ, but run at the same speed: a foreign Lease counts as held
 * until it has not changed for its own duration by our clock.
 */
export async function runWhileLeading(
  options: LeaderElectionOptions,
  lead: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock = systemClock, log = silentLog, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options
  const { random = Math.random, name, identity } = options
  const candidate = createCandidate(options, clock, log)

  while (!signal.aborted && !(await candidate.tryToHold(signal, renewDeadlineMs))) {
    await sleep(clock, retryPeriodMs * (1 + 1.2 * random()), signal).catch(() => undefined)
  }
  if (signal.aborted) {
    await candidate.release(renewDeadlineMs)
    return
  }

  log.info({ lease: name, identity }, 'leading')
  const controller = new AbortController()
  function onStop(): void {
    controller.abort(abortReason(signal))
  }
  signal.addEventListener('abort', onStop, { once: true })
  const leadership: Leadership = {
    signal: controller.signal,
    holds: () => !controller.signal.aborted && candidate.sinceRenewalMs() < renewDeadlineMs,
  }
  const renewal = keepRenewed(candidate, { clock, renewDeadlineMs, retryPeriodMs }, controller)
  try {
    await lead(leadership)
  } finally {
    signal.removeEventListener('abort', onStop)
    const lost = isLost(controller.signal)
    controller.abort(new Error('leading has ended'))
    await renewal
    if (!lost) await candidate.release(renewDeadlineMs)
  }
  if (isLost(controller.signal)) throw abortReason(controller.signal)
}

function isLost(signal: AbortSignal): boolean {
  return signal.reason instanceof LeadershipLost
}

interface Renewal {
  readonly clock: Clock
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
}

/** Renews until the controller's signal aborts, and aborts it when no renewal succeeds in time. */
async function keepRenewed(
  candidate: Candidate,
  settings: Renewal,
  controller: AbortController,
): Promise<void> {
  const { clock, renewDeadlineMs, retryPeriodMs } = settings
  while (!controller.signal.aborted) {
    const restMs = Math.min(retryPeriodMs, renewDeadlineMs - candidate.sinceRenewalMs())
    await sleep(clock, Math.max(0, restMs), controller.signal).catch(() => undefined)
    if (controller.signal.aborted) return
    const leftMs = renewDeadlineMs - candidate.sinceRenewalMs()
    // Half of the deadline at most, so that one request which hangs leaves time for another.
    const limitMs = Math.min(leftMs, renewDeadlineMs / 2)
    const held = leftMs > 0 && (await candidate.tryToHold(controller.signal, limitMs))
    if (held || controller.signal.aborted) continue
    if (candidate.sinceRenewalMs() >= renewDeadlineMs || candidate.isHeldByAnother()) {
      controller.abort(
        new LeadershipLost(`The Lease was not renewed within ${renewDeadlineMs} ms; stopping.`),
      )
    }
  }
}

interface Candidate {
  /** One try to acquire or renew, within `limitMs`. False when another holds it or the server did not let us. */
  tryToHold(signal: AbortSignal, limitMs: number): Promise<boolean>
  /** Lets the others have it at once. Failing is no harm: the Lease runs out. */
  release(limitMs: number): Promise<void>
  sinceRenewalMs(): number
  isHeldByAnother(): boolean
}

interface Observed {
  readonly lease: Lease
  /** Our clock, when the Lease was first seen in this state. */
  readonly at: number
}

function createCandidate(options: LeaderElectionOptions, clock: Clock, log: Log): Candidate {
  const { rest, namespace, name, identity, leaseDurationMs = 15_000 } = options
  let observed: Observed | undefined
  let renewedAt = Number.NEGATIVE_INFINITY

  function observe(lease: Lease): Observed {
    if (observed?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      const holder = lease.spec.holderIdentity
      if (observed?.lease.spec.holderIdentity !== holder)
        log.info({ lease: name, holder }, 'the Lease has a holder')
      observed = { lease, at: clock.monotonic() }
    }
    return observed
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
    const startedAt = clock.monotonic()
    const renewable = observed && isOurs(observed.lease) ? observed.lease : undefined
    const known = renewable ?? (await rest.getIfExists(leases, { namespace, name }, { signal }))
    if (!known) {
      const { object } = await rest.create(
        leases,
        { metadata: { namespace, name }, spec: claim() },
        { signal },
      )
      observe(object)
    } else {
      if (isHeldByOther(observe(known))) return false
      const { object } = await rest.replace(
        leases,
        { ...known, spec: { ...known.spec, ...claim(known) } },
        { signal },
      )
      observe(object)
    }
    renewedAt = startedAt
    return true
  }

  async function within<T>(
    limitMs: number,
    signal: AbortSignal | undefined,
    work: (s: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = createDeadline(clock, limitMs, signal, () => new Error(`no answer within ${limitMs} ms`))
    try {
      return await work(deadline.signal)
    } finally {
      deadline.release()
    }
  }

  return {
    async tryToHold(signal, limitMs) {
      try {
        return await within(limitMs, signal, hold)
      } catch (error) {
        // What we knew may be outdated, or our own write may have been stored unheard: look again next time.
        if (observed && isOurs(observed.lease)) observed = undefined
        const expected = signal.aborted || isConflict(error) || isAlreadyExists(error)
        if (!expected)
          log.warn({ lease: name, err: error }, 'cannot acquire or renew the Lease; trying again')
        return false
      }
    },
    async release(limitMs) {
      if (!observed || !isOurs(observed.lease)) return
      const now = microTime(clock.now())
      const { lease } = observed
      const spec = {
        ...lease.spec,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: now,
        acquireTime: now,
      }
      renewedAt = Number.NEGATIVE_INFINITY
      try {
        await within(limitMs, undefined, (signal) => rest.replace(leases, { ...lease, spec }, { signal }))
      } catch (error) {
        log.warn({ lease: name, err: error }, 'the Lease could not be released; it runs out by itself')
      }
    },
    sinceRenewalMs: () => clock.monotonic() - renewedAt,
    isHeldByAnother: () => observed !== undefined && isHeldByOther(observed),
  }
}
