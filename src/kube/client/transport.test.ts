import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiError, ConnectionError } from './api-error.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { answerJson, refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createSelfSignedCertificate } from '../testing/self-signed-certificate.ts'
import { createRecordingMeter, type RecordingMeter } from '../testing/recording-meter.ts'
import { createTransport, type Transport } from './transport.ts'

let server: FakeApiServer
let transport: Transport
let meter: RecordingMeter
const total = 'rest_client_requests_total'
beforeEach(async () => {
  server = await startFakeApiServer()
  meter = createRecordingMeter()
  transport = createTransport(server.connection, {
    userAgent: 'test/1',
    impersonate: 'system:serviceaccount:a:b',
    meter,
  })
})
afterEach(async () => {
  transport.close()
  await server.kill()
})

const get = { method: 'GET', path: '/api/v1/namespaces/a/pods/x' } as const

describe('request', () => {
  it('sends who we are, and hands over body, status and warnings', async () => {
    server.intercept((_request, response) => {
      response.setHeader('warning', ['299 - "first \\"quoted\\", with comma"', '299 - "second"'])
      answerJson(response, 201, { unknownField: 1 })
      return true
    })

    const response = await transport.request({
      ...get,
      method: 'POST',
      body: { a: 1 },
      query: { dryRun: 'All', x: undefined },
    })

    const [seen] = server.requests
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer fake-token',
      'user-agent': 'test/1',
      'impersonate-user': 'system:serviceaccount:a:b',
      'content-type': 'application/json',
    })
    expect(seen?.body).toBe('{"a":1}')
    expect(seen?.query.toString()).toBe('dryRun=All')
    expect(response).toMatchObject({ status: 201, body: { unknownField: 1 } })
    expect(response.warnings).toEqual(['first "quoted", with comma', 'second'])
  })

  it('writes JSON as the server does when it compares what it was sent byte by byte', async () => {
    const separators = '\u2028\u2029'
    server.intercept((_request, response) => {
      answerJson(response, 201, {})
      return true
    })
    await transport.request({ ...get, method: 'POST', body: { a: `<b> && ${separators}é😀` } })
    const sent = server.requests.at(-1)?.body ?? ''
    expect(sent).toBe(String.raw`{"a":"\u003cb\u003e \u0026\u0026 \u2028\u2029é😀"}`)
    expect(JSON.parse(sent)).toEqual({ a: `<b> && ${separators}é😀` })
  })

  it('uses one connection for 1,000 requests one after another, over TLS with a CA of its own', async () => {
    const secure = await startFakeApiServer({ tls: createSelfSignedCertificate() })
    const overTls = createTransport(secure.connection)
    secure.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })

    for (let i = 0; i < 1_000; i++) await overTls.request(get)

    expect(secure.requests).toHaveLength(1_000)
    expect(secure.connections).toBe(1)
    overTls.close()
    await secure.kill()
  })

  it('refuses a server that the CA does not vouch for', async () => {
    const secure = await startFakeApiServer({ tls: createSelfSignedCertificate() })
    const other = createSelfSignedCertificate()
    const credentials = { headers: {}, tls: { ca: other.cert } }
    const distrusting = createTransport({ ...secure.connection, credentials: async () => credentials })

    await expect(distrusting.request(get)).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/self-signed certificate \(by the CA that we were given\)\.$/),
    })

    await secure.kill()
  })

  it('throws the refusal with its reason and sentence', async () => {
    const error = await transport.request(get).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 404, reason: 'NotFound', message: '"x" not found' })
  })

  it('makes a message of a refusal in plain text', async () => {
    server.intercept((_request, response) => {
      response.writeHead(502).end('bad gateway\n')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({ status: 502, message: 'bad gateway' })
  })

  it('calls an answer that is no JSON a bad answer', async () => {
    server.intercept((_request, response) => {
      response.writeHead(200).end('<html>')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({ code: 'BadAnswer' })
  })

  it('keeps the path prefix of the server address', async () => {
    const behindProxy = createTransport({
      ...server.connection,
      server: new URL('/k8s/c1/', server.connection.server),
    })
    server.intercept((_request, response) => {
      answerJson(response, 200, {})
      return true
    })

    await behindProxy.request(get)

    expect(server.requests[0]?.path).toBe('/k8s/c1/api/v1/namespaces/a/pods/x')
    behindProxy.close()
  })

  it('counts requests by method, resource and answer', async () => {
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    await transport.request({ ...get, resource: 'pods' })
    await transport.request({ ...get, resource: 'pods' })
    await transport.request({ ...get, path: '/api/v1/nodes/n', resource: 'nodes' }).catch(() => undefined)

    expect(meter.count(total, { method: 'GET', resource: 'pods', code: '200' })).toBe(2)
    expect(meter.count(total, { method: 'GET', resource: 'nodes', code: '404' })).toBe(1)
    expect(meter.count(total)).toBe(3)
    expect(meter.observed('rest_client_request_duration_seconds', { verb: 'GET' })).toHaveLength(3)
  })
})

describe('failures on the way', () => {
  it('sends a read again when the server had closed the pooled connection', async () => {
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    await transport.request(get)
    let broken = 0
    server.intercept((_request, response) => {
      if (broken++ > 0) return false
      response.destroy()
      return true
    })

    await transport.request(get)

    expect(broken).toBe(2)
    expect(meter.count(total, { method: 'GET', resource: 'other', code: 'Reset' })).toBe(1)
    expect(meter.count('rest_client_request_retries_total', { verb: 'GET', code: 'Reset' })).toBe(1)
  })

  it('reports the same for a create, which may have been carried out', async () => {
    await transport.request(get).catch(() => undefined)
    server.intercept((_request, response) => {
      response.destroy()
      return true
    })

    await expect(transport.request({ ...get, method: 'POST', body: {} })).rejects.toMatchObject({
      code: 'Reset',
    })
    expect(server.requests).toHaveLength(2)
  })

  it('waits as long as a busy server says', async () => {
    const clock = createManualClock()
    const patient = createTransport(server.connection, { clock, random: () => 0 })
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    const refusals = ['1', '2']
    server.intercept((_request, response) => {
      const seconds = refusals.shift()
      if (seconds === undefined) return false
      response.setHeader('retry-after', seconds)
      refuse(response, 429, 'TooManyRequests', 'slow down')
      return true
    })

    const answer = patient.request(get)
    await timerOf(clock, 1000)
    await clock.advance(1000)
    await timerOf(clock, 2000)
    await clock.advance(2000)

    expect(await answer).toMatchObject({ status: 200 })
    expect(server.requests).toHaveLength(3)
    patient.close()
  })

  it('reads a date in Retry-After by the clock of the server', async () => {
    server.intercept((_request, response) => {
      response.setHeader('date', 'Wed, 21 Oct 2015 07:28:00 GMT')
      response.setHeader('retry-after', 'Wed, 21 Oct 2015 07:29:00 GMT')
      refuse(response, 503, 'ServiceUnavailable', 'later')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({ status: 503, retryAfterMs: 60_000 })
  })

  it('repeats a read that a failing server answers, with a back-off of its own', async () => {
    const quick = createTransport(server.connection, { random: () => 0, meter })
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    let failed = 0
    server.intercept((_request, response) => {
      if (failed++ >= 3) return false
      refuse(response, 500, 'InternalError', 'boom')
      return true
    })

    await expect(quick.request({ ...get, method: 'PATCH', body: {} })).rejects.toMatchObject({ status: 500 })
    await expect(quick.request({ ...get, selfPaced: true })).rejects.toMatchObject({ status: 500 })
    expect(await quick.request(get)).toMatchObject({ status: 200 })
    expect(meter.count('rest_client_request_retries_total')).toBe(1)
    quick.close()
  })

  it('asks before each attempt whether it may still be sent, and hands on what that throws', async () => {
    const clock = createManualClock()
    const fenced = createTransport(server.connection, { clock, random: () => 0, meter })
    const lost = new Error('not the leader any more')
    let asked = 0
    server.intercept((_request, response) => {
      response.setHeader('retry-after', '1')
      refuse(response, 429, 'TooManyRequests', 'slow down')
      return true
    })

    const answer = fenced.request({
      ...get,
      method: 'PUT',
      body: {},
      beforeSend() {
        if (++asked === 2) throw lost
      },
    })
    const thrown = answer.catch((error: unknown) => error)
    await timerOf(clock, 1000)
    await clock.advance(1000)

    expect(await thrown).toBe(lost)
    expect(server.requests).toHaveLength(1)
    expect(meter.count(total)).toBe(1)
    fenced.close()
  })

  it('reports a busy server at once when the wait would exceed the time limit', async () => {
    server.intercept((_request, response) => {
      response.setHeader('retry-after', '60')
      refuse(response, 429, 'TooManyRequests', 'slow down')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({ status: 429, retryAfterMs: 60_000 })
  })

  it('gives up on a server that does not answer in time', async () => {
    const clock = createManualClock()
    const timed = createTransport(server.connection, { clock })
    server.intercept(() => true)

    const asked = server.nextRequest(() => true)
    const answer = timed.request({ ...get, timeoutMs: 5_000 }).catch((thrown: unknown) => thrown)
    await asked
    await clock.advance(5_000)

    expect(await answer).toBeInstanceOf(ConnectionError)
    expect(await answer).toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('within 5000 ms'),
    })
    timed.close()
  })

  it('ends with the reason of the signal', async () => {
    const controller = new AbortController()
    server.intercept(() => true)

    const asked = server.nextRequest(() => true)
    const answer = transport.request({ ...get, signal: controller.signal }).catch((thrown: unknown) => thrown)
    await asked
    controller.abort(new Error('stopping'))

    expect(await answer).toMatchObject({ message: 'stopping' })
  })

  it('says that nobody listens', async () => {
    await server.kill()

    await expect(transport.request(get)).rejects.toMatchObject({ code: 'Unreachable' })
    await server.restart()
  })
})

describe('stream', () => {
  it('hands over bytes as they come, and throws when the connection breaks', async () => {
    const received: string[] = []
    const { chunks } = await transport.stream({
      method: 'GET',
      path: '/api/v1/pods',
      query: { watch: true, resourceVersion: '1' },
    })

    server.sendToWatches('one')
    async function read(): Promise<void> {
      for await (const chunk of chunks) {
        received.push(chunk.toString())
        server.closeWatches('destroy')
      }
    }

    await expect(read()).rejects.toMatchObject({ code: 'Reset' })
    expect(received).toEqual(['one'])
  })

  it('has a time limit for the beginning of the answer only', async () => {
    const clock = createManualClock()
    const timed = createTransport(server.connection, { clock })
    const request = {
      method: 'GET',
      path: '/api/v1/pods',
      query: { watch: true, resourceVersion: '1' },
    } as const
    const { chunks } = await timed.stream({ ...request, timeoutMs: 5_000 })

    await clock.advance(60_000)
    server.sendToWatches('late')

    for await (const chunk of chunks) {
      expect(chunk.toString()).toBe('late')
      break
    }
    expect.assertions(1)
  })

  it('throws the refusal instead of a stream', async () => {
    server.store.compact()

    const opened = transport.stream({
      method: 'GET',
      path: '/api/v1/pods',
      query: { watch: true, resourceVersion: '1' },
    })

    await expect(opened).rejects.toMatchObject({ status: 410, reason: 'Expired' })
  })
})

/** Resolves when the clock has a timer of exactly `ms`: the transport waits for that long. */
async function timerOf(clock: ReturnType<typeof createManualClock>, ms: number): Promise<void> {
  while (!clock.timers.includes(ms)) await new Promise((resolve) => setImmediate(resolve))
}
