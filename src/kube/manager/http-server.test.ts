import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Address } from './address.ts'
import { checksPage } from './checks.ts'
import { CannotListen, httpServerPart, type Pages } from './http-server.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const pages: Pages = {
  '/text': () => ({ status: 200, text: 'words' }),
  '/echo': (query) => ({ status: 200, contentType: 'text/special', text: query.get('say') ?? '' }),
  '/broken': () => {
    throw new Error('no text today')
  },
}

async function serve(served: Pages = pages): Promise<{ readonly url: string; readonly port: number }> {
  const stop = new AbortController()
  const { promise: listening, resolve } = Promise.withResolvers<Address>()
  const up = Promise.withResolvers<void>()
  const ended = httpServerPart({ host: '127.0.0.1', port: 0 }, served, resolve).run(up.resolve, stop.signal)
  stops.push(() => {
    stop.abort()
    return ended
  })
  const { port } = await listening
  await up.promise
  return { url: `http://127.0.0.1:${port}`, port }
}

describe('the server', () => {
  it.each([
    ['GET', '/text', 200, 'words'],
    ['HEAD', '/text', 200, ''],
    ['GET', '/echo?say=hello', 200, 'hello'],
    ['GET', '/other', 404, '404 not found; there are /text, /echo, /broken\n'],
    ['GET', '/toString', 404, '404 not found; there are /text, /echo, /broken\n'],
    ['POST', '/text', 405, '405 only GET is answered here\n'],
    ['GET', '/broken', 500, '500 no text today\n'],
  ])('answers %s %s with %i', async (method, path, status, text) => {
    const { url } = await serve()
    const response = await fetch(url + path, { method })
    expect([response.status, await response.text()]).toEqual([status, text])
  })

  it('says what kind of text it is', async () => {
    const { url } = await serve()
    const types = await Promise.all(
      ['/text', '/echo'].map(async (path) => (await fetch(url + path)).headers.get('content-type')),
    )
    expect(types).toEqual(['text/plain; charset=utf-8', 'text/special'])
  })

  it('answers one request of a connection after the other, and cuts off who asks for many at once', async () => {
    let made = 0
    const { url, port } = await serve({
      '/page': async () => {
        made += 1
        await new Promise(setImmediate)
        return { status: 200, text: 'page' }
      },
    })
    const greedy = connect(port, '127.0.0.1')
    greedy.on('error', () => undefined)
    greedy.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200))
    await once(greedy, 'close')
    expect(made).toBe(1)
    expect(await (await fetch(`${url}/page`)).text()).toBe('page')
    expect(await (await fetch(`${url}/page`)).text()).toBe('page')
  })

  it('ends at once, whoever is still connected', async () => {
    const { port } = await serve()
    const idle = connect(port, '127.0.0.1')
    await once(idle, 'connect')
    idle.write('GET /text HTTP/1.1\r\n')
    const closed = new Promise((resolve) => idle.once('close', resolve))
    idle.on('error', () => undefined)
    await stops.pop()?.()
    await closed
  })

  it('says in one sentence that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { readonly port: number }
    const part = httpServerPart({ host: '127.0.0.1', port }, pages, () => undefined)
    const running = part.run(() => undefined, new AbortController().signal)
    const sentence = `The address 127.0.0.1:${port} is in use already; give another one, or end what listens there.`
    await expect(running).rejects.toThrow(new CannotListen(sentence))
    other.close()
  })

  it('says in one sentence that the address is not ours', async () => {
    const part = httpServerPart({ host: '192.0.2.1', port: 0 }, pages, () => undefined)
    const running = part.run(() => undefined, new AbortController().signal)
    await expect(running).rejects.toThrow(CannotListen)
  })
})

describe('checks', () => {
  const good = { name: 'ping', trouble: () => undefined }
  const bad = { name: 'caches', trouble: () => 'pods not listed yet' }

  it.each([
    ['nothing but ok', [good], '', 200, 'ok'],
    ['each check when asked', [good], '?verbose', 200, '[+]ping ok\nreadyz check passed\n'],
    ['a value is as good as none', [good], '?verbose=true', 200, '[+]ping ok\nreadyz check passed\n'],
    [
      'each check when one fails',
      [good, bad],
      '',
      503,
      '[+]ping ok\n[-]caches failed: pods not listed yet\nreadyz check failed\n',
    ],
  ])('tell %s', async (_, checks, query, status, text) => {
    const { url } = await serve({ '/readyz': checksPage('readyz', checks) })
    const response = await fetch(`${url}/readyz${query}`)
    expect([response.status, await response.text()]).toEqual([status, text])
  })
})
