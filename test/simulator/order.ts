/** Orders of events, one for each seed: the same seed picks the same moves again. */
import type { Order } from './play.ts'

/** Every move that is possible is as likely as any other. */
export function shuffled(seed: number): Order {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  return (count) => {
    // Mulberry32: short, and good enough to tell orders apart.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count
  }
}
