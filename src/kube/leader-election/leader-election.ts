/**
 * At most one of several processes works at a time, agreed on through a Lease of coordination.k8s.io, by the rules of
 * client-go, so that both kinds of process can compete for one Lease. What the leader does is not known here.
 */
import { abortReason, type Clock, sleep, systemClock } from '../clock.ts'
import { type Log, silentLog } from '../log.ts'
import { type Meter, silentMeter } from '../meter.ts'
import { type Candidate, createCandidate } from './lease-candidate.ts'
import type { Rest } from '../client/rest.ts'

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
  readonly meter?: Meter
}

export interface Leadership {
  /** Aborts when leadership is lost (reason: LeadershipLost), or when the process stops. */
  readonly signal: AbortSignal
  /**
   * Whether we lead at this very moment, by the time since our last renewal. To be asked right before each write, as
   * fenced-rest.ts does: after a freeze of the process, code may run before the timer that aborts the signal. It may
   * become true again: where the wall clock was set forward we are in doubt until the next renewal.
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
 * `renewDeadlineMs`, or was somebody else's in between, its signal aborts; once it has ended, this rejects with
 * LeadershipLost. When the given signal aborts, or `lead` returns, the Lease is released after `lead` has ended, and this
 * resolves; errors of `lead` pass on. Of two processes never both `holds()`, also after a freeze (SIGSTOP) or a
 * suspend of the machine.
 * Assumptions: clocks of different processes may differ and be set, but run at the same speed, within the reserve
 * between `renewDeadlineMs` and `leaseDurationMs`: a foreign Lease counts as held until it has not changed for its own
 * duration by our clock. A suspend shows in the wall clock when the machine goes on, and the wall clock is not set back
 * between the last renewal and a suspend. A virtual machine that is paused without a trace in its clocks cannot know;
 * there, as for all that was sent before, the preconditions of each write have to do.
 */
export async function runWhileLeading(
  options: LeaderElectionOptions,
  lead: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock = systemClock, log = silentLog, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options
  const { random = Math.random, name, identity, meter = silentMeter } = options
  checkOptions({ ...options, renewDeadlineMs, retryPeriodMs })
  let leadership: Leadership | undefined
  const status = {
    name: 'leader_election_master_status',
    help: 'Whether this process leads.',
    labelNames: ['name'],
  }
  meter.gauge(status, () => [{ labels: { name }, value: leadership?.holds() === true ? 1 : 0 }])
  const candidate = createCandidate({ leaseDurationMs: 15_000, ...options, clock, log })

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
  leadership = {
    signal: controller.signal,
    holds: () => !controller.signal.aborted && candidate.longestSinceRenewalMs() < renewDeadlineMs,
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

/** The rules of client-go, without which two could lead or nobody could stay. */
function checkOptions(
  options: LeaderElectionOptions & { renewDeadlineMs: number; retryPeriodMs: number },
): void {
  const { identity, leaseDurationMs = 15_000, renewDeadlineMs, retryPeriodMs } = options
  if (identity === '') throw new TypeError('A candidate for leadership needs an identity.')
  if (renewDeadlineMs >= leaseDurationMs) {
    throw new TypeError(
      `renewDeadlineMs (${renewDeadlineMs}) has to be less than leaseDurationMs (${leaseDurationMs}): a leader must give up before others take over.`,
    )
  }
  if (1.2 * retryPeriodMs >= renewDeadlineMs) {
    throw new TypeError(
      `retryPeriodMs (${retryPeriodMs}) times 1.2 has to be less than renewDeadlineMs (${renewDeadlineMs}): a leader needs time for a second try.`,
    )
  }
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
    if (candidate.isOver()) {
      controller.abort(new LeadershipLost('The Lease was taken by another process or deleted; stopping.'))
    } else if (candidate.sinceRenewalMs() >= renewDeadlineMs) {
      controller.abort(
        new LeadershipLost(`The Lease was not renewed within ${renewDeadlineMs} ms; stopping.`),
      )
    }
  }
}
