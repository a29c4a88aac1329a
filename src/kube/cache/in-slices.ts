/**
 * Lets others have their turn while a long stream is worked off: a socket hands over megabytes in one turn of the event
 * loop when they are there, and whoever decodes them would keep it for all that time.
 */
import type { Clock } from '../clock.ts'

/** Long enough to be cheap, short enough that a turn with a garbage collection in it stays below 50 ms. */
const sliceMs = 8

/** Passes the chunks on; after `sliceMs` of work on them, the event loop turns first. */
export async function* inSlices(chunks: AsyncIterable<Buffer>, clock: Clock): AsyncGenerator<Buffer> {
  let began = clock.monotonic()
  for await (const chunk of chunks) {
    yield chunk
    if (clock.monotonic() - began < sliceMs) continue
    await nextTurn()
    began = clock.monotonic()
  }
}

/** Resolves when everything else that is due has had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
