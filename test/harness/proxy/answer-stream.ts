/**
 * An answer on its way to the client, line by line where it matters: a watch is one JSON object per line, and faults of
 * a stream strike in the middle of one or between two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StreamFault } from './fault.ts'
import { writeTo } from './write-to.ts'

export interface AnswerStream {
  /** Strikes at the next line, or between two lines. */
  strike(fault: StreamFault): void
}

const newline = 0x0a

export interface StreamEnds {
  /** Breaks the client's connection once it has got what was written: for faults, and where the server's broke. */
  readonly breakOff: () => void
  /** So many more lines were passed on. */
  readonly passed: (lines: number) => void
}

/** Passes the answer on to its end. */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  { breakOff, passed }: StreamEnds,
): AnswerStream {
  let pending: StreamFault | undefined
  let isBetweenLines = true

  async function pass(): Promise<void> {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (response.writableEnded || (await isEndedIn(chunk))) return
      isBetweenLines = chunk.at(-1) === newline
      await writeTo(response, chunk)
      passed(chunk.reduce((lines, byte) => lines + Number(byte === newline), 0))
    }
    response.end()
  }

  /** Whether the pending fault ended the answer within this chunk. */
  async function isEndedIn(chunk: Buffer): Promise<boolean> {
    if (pending === undefined) return false
    const end = chunk.indexOf(newline)
    if (pending.kind === 'cutInLine') {
      const line = end < 0 ? chunk.length : end
      await writeTo(response, chunk.subarray(0, Math.ceil(line / 2)))
      breakOff()
      return true
    }
    if (end < 0) return false
    await writeTo(response, chunk.subarray(0, end + 1))
    endByError(pending)
    return true
  }

  function endByError({ status }: Extract<StreamFault, { kind: 'errorEvent' }>): void {
    response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', ...status } })}\n`)
  }

  // Leaving the loop early destroys the server's answer too.
  pass().catch(breakOff)
  return {
    strike(fault) {
      if (fault.kind === 'errorEvent' && isBetweenLines) endByError(fault)
      else pending = fault
    },
  }
}
