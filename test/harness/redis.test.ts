import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Pod } from './objects.ts'
import { command, differences, fill } from './redis.ts'

/** An address that no other program of this machine listens on. */
const address = '127.77.0.1'
const pod = { metadata: { name: 'redis-stable-0' }, status: { podIP: address } } as Pod
let server: Server | undefined

afterEach(() => new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve))))

/** A store that speaks enough RESP; it answers byte by byte where `slowly`, so that replies arrive cut anywhere. */
async function fakeRedis(store: Map<string, string>, slowly = false): Promise<void> {
  server = createServer((socket) => {
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString()
      for (;;) {
        const request = takeRequest(received)
        if (request === undefined) return
        received = received.slice(request.length)
        write(socket, answer(store, request.words), slowly)
      }
    })
  })
  await new Promise<void>((resolve) => server?.listen(6379, address, resolve))
}

function takeRequest(
  text: string,
): { readonly words: readonly string[]; readonly length: number } | undefined {
  const [head = ''] = text.split('\r\n', 1)
  const count = Number(head.slice(1))
  const lines = text.split('\r\n').slice(0, 1 + 2 * count)
  const length = lines.join('\r\n').length + 2
  if (text === '' || lines.length < 1 + 2 * count || text.length < length) return undefined
  return { words: lines.filter((_, index) => index > 0 && index % 2 === 0), length }
}

function answer(store: Map<string, string>, [name = '', ...words]: readonly string[]): string {
  const bulk = (value: string | undefined) =>
    value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`
  switch (name) {
    case 'SET':
      store.set(words[0] ?? '', words[1] ?? '')
      return '+OK\r\n'
    case 'MGET':
      return `*${words.length}\r\n${words.map((key) => bulk(store.get(key))).join('')}`
    case 'DBSIZE':
      return `:${store.size}\r\n`
    default:
      return '-ERR unknown command\r\n'
  }
}

function write(socket: Socket, text: string, slowly: boolean): void {
  if (slowly) for (const character of text.match(/.{1,7}/gs) ?? []) socket.write(character)
  else socket.write(text)
}

describe('data in Redis', () => {
  it('is found right where all of it is there', async () => {
    await fakeRedis(new Map(), true)
    await fill(pod, 'redis-stable-0')
    expect(await differences(pod, 'redis-stable-0')).toEqual([])
  })
  it("is found wrong where it is another replica's", async () => {
    await fakeRedis(new Map())
    await fill(pod, 'redis-stable-1')
    expect(await differences(pod, 'redis-stable-0')).toHaveLength(1_000)
  })
  it('is found wrong where one key is lost, changed or too many', async () => {
    const store = new Map<string, string>()
    await fakeRedis(store)
    await fill(pod, 'redis-stable-0')
    store.delete('redis-stable-0:7')
    expect(await differences(pod, 'redis-stable-0')).toEqual([
      'redis-stable-0:7 is null',
      'redis-stable-0 has 999 keys, not 1000',
    ])
    store.set('redis-stable-0:7', 'something else')
    expect(await differences(pod, 'redis-stable-0')).toEqual(['redis-stable-0:7 is "something else"'])
    await fill(pod, 'redis-stable-0')
    store.set('stray', '')
    expect(await differences(pod, 'redis-stable-0')).toEqual(['redis-stable-0 has 1001 keys, not 1000'])
  })
  it('fails with the words of Redis', async () => {
    await fakeRedis(new Map())
    await expect(command(pod, 'NONSENSE')).rejects.toThrow('Redis answers: ERR unknown command')
  })
})
