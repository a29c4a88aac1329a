/**
 * Which fault strikes which request: faults in the order in which they were armed, each for the requests that it matches
 * and as often as it may. What a strike does is not known here.
 */
import type { Fault, FaultKind } from './fault.ts'
import { type Match, matches, type SeenRequest } from './seen-request.ts'

export interface ArmedFault<F extends Fault = Fault> {
  readonly fault: F
  /** The requests that it struck. */
  readonly struck: SeenRequest[]
  /** Aborts when it strikes no more; what it holds or froze goes on then. */
  readonly ended: AbortSignal
}

export interface ArmedFaults {
  /** `times` strikes at most, until `end` is called. */
  arm(fault: Fault, match: Match, times: number): ArmedFault & { readonly end: () => void }
  /** The first fault of these kinds that wants the request and has not struck it yet; it counts as a strike. */
  take<K extends FaultKind>(
    request: SeenRequest,
    ...kinds: readonly K[]
  ): ArmedFault<Extract<Fault, { kind: K }>> | undefined
}

interface Armed extends ArmedFault {
  readonly match: Match
  left: number
}

export function createArmedFaults(): ArmedFaults {
  const all: Armed[] = []
  return {
    arm(fault, match, times) {
      const ending = new AbortController()
      const armed: Armed = { fault, match, struck: [], ended: ending.signal, left: times }
      all.push(armed)
      const end = () => {
        armed.left = 0
        ending.abort()
      }
      return { fault, struck: armed.struck, ended: armed.ended, end }
    },
    take<K extends FaultKind>(request: SeenRequest, ...kinds: readonly K[]) {
      const found = all.find(
        ({ fault, match, left, struck }) =>
          left > 0 &&
          kinds.some((kind) => kind === fault.kind) &&
          !struck.includes(request) &&
          matches(request, match),
      )
      if (found === undefined) return undefined
      found.left -= 1
      found.struck.push(request)
      return found as ArmedFault as ArmedFault<Extract<Fault, { kind: K }>>
    },
  }
}
