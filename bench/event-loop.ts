/**
 * The longest time for which the event loop did nothing else, by measures that know nothing of each other: Node's histogram
 * of its delay, and a timer of ours that should fire every millisecond. The thread's own CPU time between two beats is told
 * too: on a busy machine the others are mostly the time for which somebody else had the core.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Stalls {
  /** By Node's histogram, ms. */
  readonly delayMs: number
  /** The longest pause between two beats of our timer, less the millisecond it should take. */
  readonly gapMs: number
  /** The most that the thread itself computed between two beats, ms. */
  readonly busyMs: number
}

/** Starts watching; the returned function ends it and tells the worst. */
export function watchEventLoop(): () => Stalls {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  let [gapMs, busyMs] = [0, 0]
  let last = performance.now()
  let lastCpu = process.threadCpuUsage()
  const timer = setInterval(beat, 1)

  function beat(): void {
    const now = performance.now()
    gapMs = Math.max(gapMs, now - last - 1)
    last = now
    const { user, system } = process.threadCpuUsage(lastCpu)
    busyMs = Math.max(busyMs, (user + system) / 1_000)
    lastCpu = process.threadCpuUsage()
  }

  histogram.enable()
  return () => {
    beat()
    clearInterval(timer)
    histogram.disable()
    return { delayMs: histogram.max / 1e6, gapMs, busyMs }
  }
}
