/**
 * Data in the Redis of a pod: written, read back and compared, over TCP to the pod's own address. RESP as far as SET,
 * MGET, DBSIZE and a few plain commands need it.
 */
import { connect, type Socket } from 'node:net'
import type { Pod } from './objects.ts'

export type Reply = string | number | null | readonly Reply[]

export interface Redis {
  /** Sends all commands at once and resolves with their replies, in order. Rejects at the first error reply. */
  send(...commands: readonly (readonly string[])[]): Promise<readonly Reply[]>
  close(): void
}

export const keysPerReplica = 1_000
const defaultPort = 6379

/** Writes 1,000 distinct keys, the name of the replica that they belong to in every value. */
export async function fill(pod: Pod, replica: string, port?: number): Promise<void> {
  const sets = keys(replica).map((key, index) => ['SET', key, valueOf(replica, index)])
  await withRedis(pod, (redis) => redis.send(...sets), port)
}

/** What is wrong with the replica's data in this pod, in words; empty where all keys are right and no other is there. */
export async function differences(pod: Pod, replica: string, port?: number): Promise<readonly string[]> {
  const asked = [['MGET', ...keys(replica)], ['DBSIZE']]
  const [values, size] = await withRedis(pod, (redis) => redis.send(...asked), port)
  if (!Array.isArray(values)) return [`${pod.metadata.name} gave no values`]
  const wrong = values.flatMap((value, index) =>
    value === valueOf(replica, index) ? [] : [`${replica}:${index} is ${JSON.stringify(value)}`],
  )
  if (size !== keysPerReplica)
    wrong.push(`${pod.metadata.name} has ${String(size)} keys, not ${keysPerReplica}`)
  return wrong
}

/** One command, one reply. */
export async function command(pod: Pod, ...words: readonly string[]): Promise<Reply> {
  const [reply] = await withRedis(pod, (redis) => redis.send(words))
  return reply ?? null
}

function keys(replica: string): string[] {
  return Array.from({ length: keysPerReplica }, (_, index) => `${replica}:${index}`)
}

function valueOf(replica: string, index: number): string {
  return `${replica} wrote ${index} of ${keysPerReplica}`
}

/** Several commands over one connection. */
export async function withRedis<T>(
  pod: Pod,
  work: (redis: Redis) => Promise<T>,
  port: number = defaultPort,
): Promise<T> {
  const address = pod.status?.podIP
  if (address === undefined) throw new Error(`pod ${pod.metadata.name} has no address`)
  const redis = openRedis(address, port)
  try {
    return await work(redis)
  } finally {
    redis.close()
  }
}

const answerWithinMs = 10_000

function openRedis(address: string, port: number): Redis {
  const socket = connect({ host: address, port })
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error(`Redis at ${address} does not answer`)))
  // What breaks between two commands is told to the second.
  socket.on('error', () => undefined)
  return {
    async send(...commands) {
      if (socket.destroyed) throw closed()
      const replies = readReplies(socket, commands.length)
      socket.write(commands.map(encode).join(''))
      return replies
    },
    close: () => socket.destroy(),
  }
}

function closed(): Error {
  return new Error('Redis closed the connection')
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

function readReplies(socket: Socket, count: number): Promise<readonly Reply[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Reply[]>()
  const replies: Reply[] = []
  let received = Buffer.alloc(0)
  let at = 0
  const read = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    try {
      for (let next = decode(received, at); next !== undefined; next = decode(received, at)) {
        replies.push(next.reply)
        at = next.end
        if (replies.length === count) resolve(replies)
      }
    } catch (error) {
      reject(error)
    }
  }
  const close = () => reject(closed())
  socket.on('data', read).on('error', reject).on('close', close)
  return promise.finally(() => socket.off('data', read).off('error', reject).off('close', close))
}

interface Decoded {
  readonly reply: Reply
  readonly end: number
}

/** The reply that begins at `at`, or undefined where it is not all there yet. Throws for an error reply. */
function decode(bytes: Buffer, at: number): Decoded | undefined {
  const eol = bytes.indexOf('\r\n', at)
  if (eol < 0) return undefined
  const line = bytes.toString('utf8', at + 1, eol)
  const end = eol + 2
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '+':
      return { reply: line, end }
    case ':':
      return { reply: Number(line), end }
    case '$':
      return decodeText(bytes, Number(line), end)
    case '*':
      return decodeList(bytes, Number(line), end)
    default:
      throw new Error(`Redis answers: ${line}`)
  }
}

function decodeText(bytes: Buffer, length: number, start: number): Decoded | undefined {
  if (length < 0) return { reply: null, end: start }
  const end = start + length + 2
  return bytes.length < end ? undefined : { reply: bytes.toString('utf8', start, start + length), end }
}

function decodeList(bytes: Buffer, length: number, start: number): Decoded | undefined {
  const reply: Reply[] = []
  let end = start
  for (let item = 0; item < length; item++) {
    const next = decode(bytes, end)
    if (next === undefined) return undefined
    reply.push(next.reply)
    end = next.end
  }
  return { reply, end }
}
