import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../../src/kube/testing/self-signed-certificate.ts'
import { condition } from '../condition.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { isWritten } from './seen-request.ts'

const maps = '/api/v1/namespaces/n/configmaps'
const watchOfMaps = `${maps}?watch=true&resourceVersion=7`

let server: https.Server
let proxy: FaultProxy
let agent: http.Agent
/** What the server was asked, with what it was told. */
let heard: string[]
let watches: http.ServerResponse[]

beforeEach(async () => {
  heard = []
  watches = []
  server = https.createServer(createSelfSignedCertificate(), (request, response) => {
    void text(request).then((body) => {
      heard.push(`${request.method} ${request.url} ${body}`.trim())
      if (request.url?.includes('watch=true') === true) {
        watches.push(response)
        response.once('close', () => watches.splice(watches.indexOf(response), 1))
        response.flushHeaders()
        return
      }
      response.writeHead(request.url?.includes('refused') === true ? 409 : 200).end('{"items":[]}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
  proxy = await startFaultProxy({ server: url, tls: { rejectUnauthorized: false } })
  agent = new http.Agent({ keepAlive: true })
})
afterEach(async () => {
  agent.destroy()
  await proxy.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function send(method: string, path: string, body?: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  http
    .request(proxy.url + path, { method, agent }, resolve)
    .once('error', reject)
    .end(body)
  return promise
}

async function ask(method: string, path: string, body?: string): Promise<string> {
  const answer = await send(method, path, body)
  return `${answer.statusCode} ${await text(answer)}`
}

/** An open watch, and all that came on it. */
async function openWatch(path = watchOfMaps) {
  const answer = await send('GET', path)
  const watch = { text: '', end: undefined as string | undefined }
  answer.on('data', (chunk) => (watch.text += String(chunk)))
  answer.once('end', () => (watch.end ??= 'ended'))
  answer.once('error', ({ message }) => (watch.end ??= message))
  const [came, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  answer.once('data', () => came.resolve())
  answer.once('close', () => closed.resolve())
  return { watch, came: came.promise, closed: closed.promise }
}

const until = (what: string, find: () => boolean) => condition(what, find, [proxy.onChange])

describe('what passes', () => {
  it('is told by verb, resource, selector and position', async () => {
    await ask('GET', `${maps}?labelSelector=${encodeURIComponent('a=b')}`)
    await ask('GET', `${maps}/x`)
    await openWatch()
    await openWatch(`${maps}?watch=true&sendInitialEvents=true`)
    await ask('PUT', '/apis/apps/v1/namespaces/n/statefulsets/s/status', '{}')
    await ask('POST', '/api/v1/namespaces', '{}')
    await ask('GET', '/version')
    const told = proxy.requests.map(({ verb, resource, namespace, name, labelSelector, position }) =>
      [verb, resource, namespace, name, labelSelector, position].filter(Boolean).join(' '),
    )
    expect(told).toEqual([
      'list configmaps n a=b',
      'get configmaps n x',
      'watch configmaps n 7',
      'watchList configmaps n',
      'replace statefulsets/status n s',
      'create namespaces',
      'other',
    ])
    expect(proxy.count({ resource: 'configmaps' })).toBe(4)
    expect(proxy.count({ resource: 'configmaps', verb: ['watch', 'watchList'] })).toBe(2)
  })

  it('reaches both sides unchanged', async () => {
    expect(await ask('PUT', `${maps}/x?dryRun=All`, '{"a":1}')).toBe('200 {"items":[]}')
    expect(heard).toEqual([`PUT ${maps}/x?dryRun=All {"a":1}`])
  })

  it('is a write where the server has changed something that others hang on', async () => {
    await ask('GET', maps)
    await ask('POST', `${maps}?dryRun=All`)
    await ask('PATCH', '/apis/coordination.k8s.io/v1/namespaces/n/leases/l')
    await ask('POST', '/apis/events.k8s.io/v1/namespaces/n/events')
    await ask('PATCH', `${maps}/refused`)
    await ask('POST', maps)
    await ask('DELETE', `${maps}/b`)
    const writes = proxy.requests.filter(isWritten)
    expect(writes.map(({ verb, url }) => `${verb} ${url}`)).toEqual([`create ${maps}`, `delete ${maps}/b`])
  })

  it('lets the server know when the client of a watch is gone', async () => {
    await openWatch()
    agent.destroy()
    await until('the watch is over', () => proxy.requests[0]?.isOver === true)
    expect(proxy.openConnections).toBe(0)
  })
})

describe('faults of a request', () => {
  it('answers by itself as often as asked for, and only where it matches', async () => {
    const headers = { 'retry-after': '7' }
    const fault = proxy.inject({ kind: 'answer', status: 429, headers }, { verb: 'list' }, 2)
    const first = await send('GET', maps)
    expect(first.headers['retry-after']).toBe('7')
    first.resume()
    expect(await ask('GET', `${maps}/x`)).toMatch(/^200/)
    expect(await ask('GET', maps)).toMatch(/^429/)
    expect(await ask('GET', maps)).toMatch(/^200/)
    expect(heard).toHaveLength(2)
    expect(fault.struck.map(({ status }) => status)).toEqual([429, 429])
  })

  it('keeps a write until it lets go, also when its client is gone by then', async () => {
    const hold = proxy.inject({ kind: 'hold' }, { verb: 'replace' })
    const sent = http.request(`${proxy.url}${maps}/x`, { method: 'PUT', agent }).end('{}')
    await until('it is held', () => hold.struck.length === 1)
    expect(await ask('GET', maps)).toMatch(/^200/)
    sent.once('error', () => undefined).destroy()
    await until('its client is gone', () => hold.struck[0]?.isOver === true)
    expect(heard).toEqual([`GET ${maps}`])
    hold.end()
    await until('the server has answered', () => hold.struck[0]?.serverStatus === 200)
    expect(heard).toEqual([`GET ${maps}`, `PUT ${maps}/x {}`])
    expect(hold.struck[0]?.status).toBe(200)
  })

  it('asks the server for another position', async () => {
    proxy.inject({ kind: 'rewrite', query: { resourceVersion: '1' } }, { verb: 'watch' }, 1)
    await openWatch()
    await openWatch()
    expect(heard).toEqual([`GET ${maps}?watch=true&resourceVersion=1`, `GET ${watchOfMaps}`])
  })
})

describe('faults of an answer', () => {
  it('is lost after the server has carried the request out', async () => {
    let heardAtStrike: string[] = []
    const strike = async () => void (heardAtStrike = [...heard])
    proxy.inject({ kind: 'loseAnswer', strike }, { verb: 'patch' }, 1)
    await expect(ask('PATCH', `${maps}/x`)).rejects.toThrow(/hang up|ECONNRESET/)
    expect(heardAtStrike).toEqual([`PATCH ${maps}/x`])
    expect(await ask('PATCH', `${maps}/x`)).toMatch(/^200/)
  })

  it('is lost after the second write that the server carried out, whatever else was asked', async () => {
    const written = () => proxy.requests.filter(isWritten).length
    proxy.inject({ kind: 'loseAnswer' }, (request) => isWritten(request) && written() === 2)
    expect(await ask('POST', maps)).toMatch(/^200/)
    expect(await ask('POST', `${maps}?dryRun=All`)).toMatch(/^200/)
    expect(await ask('PATCH', `${maps}/refused`)).toMatch(/^409/)
    expect(await ask('GET', maps)).toMatch(/^200/)
    await expect(ask('PATCH', `${maps}/x`)).rejects.toThrow(/hang up|ECONNRESET/)
    expect(await ask('PATCH', `${maps}/x`)).toMatch(/^200/)
  })

  it('breaks in the middle of a line', async () => {
    const { watch, came, closed } = await openWatch()
    watches[0]?.write('{"n":1}\n')
    await came
    proxy.inject({ kind: 'cutInLine' }, { verb: 'watch' }, 1)
    watches[0]?.write('{"n":22}\n{"n":3}\n')
    await closed
    expect(watch).toEqual({ text: '{"n":1}\n{"n"', end: 'aborted' })
  })

  it('goes on with an ERROR event and ends: between lines at once, in a line after it', async () => {
    const status = { code: 410, reason: 'Expired' }
    const one = await openWatch()
    const other = await openWatch()
    watches[1]?.write('{"n"')
    await other.came
    proxy.inject({ kind: 'errorEvent', status }, { verb: 'watch' }, 2)
    await one.closed
    watches.at(-1)?.write(':1}\n{"n":2}\n')
    await other.closed
    const error = '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
    expect([one.watch, other.watch]).toEqual([
      { text: error, end: 'ended' },
      { text: `{"n":1}\n${error}`, end: 'ended' },
    ])
  })
})

describe('faults of a connection', () => {
  it('breaks what is open and what comes, before the server hears of it', async () => {
    const { watch, closed } = await openWatch()
    const fault = proxy.inject({ kind: 'reset' })
    await closed
    expect(watch.end).toBe('aborted')
    await expect(ask('GET', maps)).rejects.toThrow(/hang up|ECONNRESET/)
    fault.end()
    expect(await ask('GET', maps)).toMatch(/^200/)
    expect(heard).toEqual([`GET ${watchOfMaps}`, `GET ${maps}`])
  })

  it('goes half-open: no byte and no end passes, on established connections only', async () => {
    const { watch, came, closed } = await openWatch()
    const fault = proxy.inject({ kind: 'halfOpen' }, { verb: 'watch' }, 1)
    watches[0]?.end('{"n":1}\n')
    expect(await ask('GET', maps)).toMatch(/^200/)
    await until('the server has ended the watch', () => proxy.requests[0]?.isOver === true)
    expect(watch).toEqual({ text: '', end: undefined })
    fault.end()
    await Promise.all([came, closed])
    expect(watch).toEqual({ text: '{"n":1}\n', end: 'ended' })
  })

  it('hides from the server that the client is gone', async () => {
    await openWatch()
    const fault = proxy.inject({ kind: 'halfOpen' }, { verb: 'watch' }, 1)
    agent.destroy()
    expect(await ask('GET', maps)).toMatch(/^200/)
    expect(proxy.requests[0]?.isOver).toBe(false)
    fault.end()
    await until('the server hears of it', () => proxy.requests[0]?.isOver === true)
  })

  it('lets a few bytes pass at a time', async () => {
    const chunks: string[] = []
    proxy.inject({ kind: 'slow', bytes: 10, everyMs: 1 }, { verb: 'watch' })
    const answer = await send('GET', watchOfMaps)
    answer.on('data', (chunk) => chunks.push(String(chunk)))
    const line = `${'x'.repeat(99)}\n`
    watches[0]?.end(line)
    await once(answer, 'end')
    expect(chunks.join('')).toBe(line)
    expect(chunks.length).toBeGreaterThan(5)
  })
})
