/**
 * A client's TCP connection with a gate in it, through which bytes pass freely, slowly or not at all. What the bytes
 * mean is not known here.
 */
import type { Socket } from 'node:net'
import { type Duplex, duplexPair, type Readable, type Writable } from 'node:stream'
import { setTimeout as pass } from 'node:timers/promises'
import { writeTo } from './write-to.ts'

export interface Pace {
  readonly bytes: number
  readonly everyMs: number
}

export interface GatedConnection {
  /** The inner end, for a server to speak with the client. */
  readonly inner: Duplex
  /** Lets nothing pass, not even an end, until `thaw`. */
  freeze(): void
  thaw(): void
  slow(pace: Pace): void
  /** Breaks the connection at once. */
  sever(): void
  /** Breaks the connection once the client has got what was written so far. */
  severSoon(): void
  readonly isSevered: boolean
}

/** `socket` must allow half-open connections: its end is passed on as everything else, or not. */
export function createGatedConnection(socket: Socket): GatedConnection {
  const [inner, outer] = duplexPair()
  let gate = Promise.withResolvers<void>()
  let isFrozen = false
  let pace: Pace | undefined
  gate.resolve()

  async function pump(from: Readable, to: Writable): Promise<void> {
    for await (const chunk of from) {
      for (const piece of pieces(chunk as Buffer, pace?.bytes)) {
        await gate.promise
        if (pace !== undefined) await pass(pace.everyMs)
        await writeTo(to, piece)
      }
    }
    await gate.promise
    to.end()
  }

  function sever(): void {
    socket.destroy()
    outer.destroy()
    inner.destroy()
  }

  async function severOnceOpen(): Promise<void> {
    await gate.promise
    sever()
  }

  for (const end of [socket, outer, inner]) end.on('error', () => undefined)
  // What became of a frozen connection does not get through either.
  inner.once('close', () => void gate.promise.then(() => socket.destroySoon()))
  pump(socket, outer).catch(severOnceOpen)
  pump(outer, socket).catch(severOnceOpen)

  return {
    inner,
    freeze() {
      if (!isFrozen) gate = Promise.withResolvers<void>()
      isFrozen = true
    },
    thaw() {
      isFrozen = false
      gate.resolve()
    },
    slow(given) {
      pace = given
    },
    sever,
    severSoon: () => void inner.end(),
    get isSevered() {
      return inner.destroyed
    },
  }
}

function* pieces(chunk: Buffer, size = chunk.length): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += size) yield chunk.subarray(start, start + size)
}
