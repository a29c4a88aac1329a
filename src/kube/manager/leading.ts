/**
 * The part of a manager that works: its controllers, while we lead, and how they end. After a stop they drain, still as
 * the leader; the Lease is given back when nothing works any more.
 */
import type { Rest } from '../client/rest.ts'
import { abortReason, type Clock } from '../clock.ts'
import type { Controller } from '../control-loop/controller.ts'
import type { EventRecorder } from '../events/event-recorder.ts'
import { fencedRest } from '../leader-election/fenced-rest.ts'
import { type Leadership, LeadershipLost, runWhileLeading } from '../leader-election/leader-election.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../meter.ts'
import { type Part, runTogether } from './part.ts'

export interface LeadingOptions {
  readonly rest: Rest
  readonly leaseRest: Pick<Rest, 'getIfExists' | 'create' | 'replace'>
  readonly lease: { readonly namespace: string; readonly name: string } | undefined
  readonly identity: string
  readonly events: Pick<EventRecorder, 'idle'>
  /** From a stop to the abort of running reconciles. */
  readonly graceMs: number
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

export interface Leading {
  readonly part: Part
  /** Writes only while `mayWrite`. */
  readonly rest: Rest
  add(name: string, controller: Pick<Controller, 'run'>): void
  readonly mayWrite: () => boolean
}

export function leadingPart(options: LeadingOptions): Leading {
  const { rest, leaseRest, lease, identity, events, graceMs, clock, log, meter } = options
  const tools = { clock, log, meter }
  const controllers: { readonly name: string; readonly controller: Pick<Controller, 'run'> }[] = []
  let work: { readonly leadership: Leadership; readonly cut: AbortSignal } | undefined

  function mayWrite(): boolean {
    return work !== undefined && work.leadership.holds() && !work.cut.aborted
  }

  /** A stop begins the drain; lost leadership, or the end of the grace, aborts what is running. */
  async function lead(leadership: Leadership, stop: AbortSignal): Promise<void> {
    const overdue = new AbortController()
    const cut = AbortSignal.any([leadership.signal, overdue.signal])
    const drain = AbortSignal.any([leadership.signal, stop])
    const grace = createGrace(clock, graceMs, () => {
      log.warn({ graceMs }, 'reconciles were still running at the end of the grace; they are aborted')
      overdue.abort(new Error(`still running ${graceMs} ms after the stop`))
    })
    work = { leadership, cut }
    try {
      const parts = controllers.map(({ name, controller }) => partOf(name, controller, { cut, grace }))
      await runTogether(parts, ignore, drain)
    } finally {
      grace.cancel()
      work = undefined
      await events.idle()
    }
  }

  return {
    rest: fencedRest(rest, mayWrite),
    add: (name, controller) => void controllers.push({ name, controller }),
    mayWrite,
    part: {
      name: 'The leader election',
      foreseen: [LeadershipLost],
      async run(up, stop) {
        up()
        if (stop.aborted) return
        if (lease === undefined) {
          await lead(alone, stop)
          return
        }
        // Only while we wait for the Lease does a stop end the election; later the end of the work does.
        const waiting = new AbortController()
        let leads = false
        stop.addEventListener('abort', () => leads || waiting.abort(abortReason(stop)), { once: true })
        await runWhileLeading(
          { ...tools, rest: leaseRest, ...lease, identity },
          (leadership) => {
            leads = true
            return lead(leadership, stop)
          },
          waiting.signal,
        )
      },
    },
  }
}

/** Without a Lease nobody takes turns with us. */
const alone: Leadership = { signal: new AbortController().signal, holds: () => true }

function ignore(): void {}

interface Ending {
  readonly cut: AbortSignal
  readonly grace: Grace
}

/** It drains when the process stops, and when another controller fails. */
function partOf(name: string, controller: Pick<Controller, 'run'>, { cut, grace }: Ending): Part {
  return {
    name: `The controller ${name}`,
    run(up, drain) {
      up()
      drain.addEventListener('abort', grace.begin, { once: true })
      return controller.run(cut, drain)
    },
  }
}

interface Grace {
  /** Once, however often it is called. */
  readonly begin: () => void
  readonly cancel: () => void
}

function createGrace(clock: Clock, ms: number, onEnd: () => void): Grace {
  let cancel: (() => void) | undefined
  return {
    begin() {
      cancel ??= clock.setTimeout(onEnd, ms)
    },
    cancel: () => cancel?.(),
  }
}
