/**
 * The longest time for which the event loop did nothing else, by two measures that know nothing of each other: Node's
 * histogram of its delay, and a timer of ours that should fire every millisecond.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Stalls {
  /** By Node's histogram, ms. */
  readonly delayMs: number
  /** The longest pause between two beats of our timer, less the millisecond it should take. */
  readonly gapMs: number
}

/** Starts watching; the returned function ends it and tells the worst. */
export function watchEventLoop(): () => Stalls {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  let gapMs = 0
  let last = performance.now()
  const timer = setInterval(beat, 1)

  function beat(): void {
    const now = performance.now()
    gapMs = Math.max(gapMs, now - last - 1)
    last = now
  }

  histogram.enable()
  return () => {
    beat()
    clearInterval(timer)
    histogram.disable()
    return { delayMs: histogram.max / 1e6, gapMs }
  }
}
