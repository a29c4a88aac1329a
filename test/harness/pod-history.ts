/** Questions about what happened to the pods of a namespace, in which order. Pure, over the recorded history. */
import type { PodMoment } from './watched.ts'

/** Index of the first moment that fits, from `from` on; -1 where there is none. */
export function firstMoment(
  history: readonly PodMoment[],
  fits: (moment: PodMoment) => boolean,
  from = 0,
): number {
  const found = history.slice(from).findIndex(fits)
  return found < 0 ? -1 : found + from
}

/** The smallest number of ready pods at any moment from `from` to the end. */
export function fewestReady(history: readonly PodMoment[], from = 0): number {
  const ready = new Set<string>()
  let fewest = Infinity
  for (const [index, moment] of history.entries()) {
    if (moment.ready) ready.add(moment.uid)
    else ready.delete(moment.uid)
    // What was so when `from` was taken counts as well.
    if (index >= from - 1) fewest = Math.min(fewest, ready.size)
  }
  return fewest
}

/**
 * Two pods that ran on one claim of a replica at the same moment; empty is how it must be. Where Jobs store their backups is
 * theirs to share.
 */
export function sharedClaims(history: readonly PodMoment[]): readonly string[] {
  const running = new Map<string, PodMoment>()
  const found = new Set<string>()
  for (const moment of history) {
    if (moment.change === 'deleted' || moment.phase !== 'Running') running.delete(moment.uid)
    else running.set(moment.uid, moment)
    for (const other of running.values()) {
      const claim = other.claims.find((name) => ordinal.test(name) && moment.claims.includes(name))
      if (other.uid === moment.uid || claim === undefined || !running.has(moment.uid)) continue
      found.add(`${claim}: ${other.name} and ${moment.name}`)
    }
  }
  return [...found]
}

/** Ends the name of a replica's claim. */
const ordinal = /-\d+$/
