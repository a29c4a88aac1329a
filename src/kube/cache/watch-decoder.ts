/**
 * From the bytes of a watch to its events: one JSON object per line, lines cut anywhere by the network.
 */
import { ConnectionError, type StatusBody } from '../client/api-error.ts'
import { parseJson } from '../json.ts'
import type { KubernetesObject } from '../object.ts'

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Of its object only metadata.resourceVersion counts. */
  | { readonly type: 'BOOKMARK'; readonly object: KubernetesObject }
  | { readonly type: 'ERROR'; readonly object: StatusBody }

const newline = 0x0a

/**
 * Calls `onEvent` for each whole line, synchronously and in order, until the stream ends. Throws what the stream
 * throws, and a ConnectionError for a line that is no JSON or was cut off by the end.
 */
export async function decodeWatch<T>(
  chunks: AsyncIterable<Buffer>,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> {
  let partial: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end)
      emit(partial.length === 0 ? tail : Buffer.concat([...partial, tail]), onEvent)
      partial = []
      start = end + 1
    }
    if (start < chunk.length) partial.push(chunk.subarray(start))
  }
  if (partial.length > 0) throw new ConnectionError('BadAnswer', 'A watch ended in the middle of an event.')
}

function emit<T>(line: Buffer, onEvent: (event: WatchEvent<T>) => void): void {
  if (line.length === 0) return
  onEvent(parseLine(line.toString('utf8')))
}

function parseLine<T>(line: string): WatchEvent<T> {
  try {
    return parseJson(line)
  } catch (error) {
    throw new ConnectionError(
      'BadAnswer',
      `A watch sent a line that is not JSON: ${line.slice(0, 200)}`,
      error,
    )
  }
}
