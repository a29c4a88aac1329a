import { createHash, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionConfigError } from './connection-config-error.ts'
import { type Credentials, createCredentialSource, type CredentialSource } from './credentials.ts'
import { refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { createSelfSignedCertificate } from '../testing/self-signed-certificate.ts'
import { createTransport, type Transport } from './transport.ts'

const get = { method: 'GET', path: '/api/v1/namespaces/a/pods/x' } as const

let clock: ManualClock
let given: (isRejected: boolean) => Credentials
let reads: boolean[]
let source: CredentialSource
beforeEach(() => {
  clock = createManualClock()
  reads = []
  given = () => token('first')
  source = createCredentialSource(
    async (isRejected) => {
      reads.push(isRejected)
      return given(isRejected)
    },
    { clock, maxAgeMs: 1_000 },
  )
})

function token(word: string): Credentials {
  return { headers: { authorization: `Bearer ${word}` }, tls: {} }
}

describe('a credential source', () => {
  it('reads again after a while, and gives the same object while nothing changed', async () => {
    const first = await source.credentials()
    await clock.advance(999)
    await source.credentials()
    expect(reads).toHaveLength(1)

    await clock.advance(1)

    expect(await source.credentials()).toBe(first)
    expect(reads).toEqual([false, false])
    given = () => token('second')
    await clock.advance(1_000)
    expect(await source.credentials()).toMatchObject(token('second'))
    expect((await source.credentials()).tls).toBe(first.tls)
  })

  it('keeps the last ones while they cannot be read, until the server does not accept them', async () => {
    const first = await source.credentials()
    given = () => {
      throw new ConnectionConfigError('gone')
    }
    await clock.advance(1_000)
    expect(await source.credentials()).toBe(first)

    source.reject(first)

    await expect(source.credentials()).rejects.toThrow('gone')
    given = () => token('second')
    expect(await source.credentials()).toMatchObject(token('second'))
  })

  it('reads rejected ones anew, but at most every 10 s', async () => {
    const first = await source.credentials()
    source.reject(first)
    await source.credentials()
    source.reject(first)
    await source.credentials()
    expect(reads).toEqual([false, true])

    await clock.advance(10_000)
    source.reject(first)
    await source.credentials()

    expect(reads).toEqual([false, true, true])
  })

  it.each([
    ['a CA that is none', { ca: 'garbage' }],
    ['a certificate that is none', { cert: 'garbage', key: 'garbage' }],
    [
      'a certificate with the key of another',
      { cert: createSelfSignedCertificate().cert, key: createSelfSignedCertificate().key },
    ],
  ])('refuses %s', async (_title, tls) => {
    given = () => ({ headers: {}, tls })

    await expect(source.credentials()).rejects.toThrow(
      /^The CA, or the client certificate with its key, cannot be used/,
    )
  })
})

describe('a transport', () => {
  let server: FakeApiServer
  let transport: Transport
  beforeEach(async () => {
    server = await startFakeApiServer({ tls: { ...createSelfSignedCertificate(), requestCert: true } })
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    transport = createTransport({ ...server.connection, ...source })
  })
  afterEach(async () => {
    transport.close()
    await server.kill()
  })

  async function withClientCertificate() {
    const { tls } = await server.connection.credentials()
    const pair = createSelfSignedCertificate()
    given = () => ({ headers: {}, tls: { ...tls, ...pair } })
    const fingerprint = createHash('sha256').update(new X509Certificate(pair.cert).raw).digest('hex')
    return fingerprint.toUpperCase().match(/../g)?.join(':')
  }

  it('goes on with a new client certificate when it was replaced, on a new connection', async () => {
    const first = await withClientCertificate()
    await transport.request(get)
    await transport.request(get)
    const second = await withClientCertificate()
    await clock.advance(1_000)

    await transport.request(get)
    await transport.request(get)

    expect(server.requests.map(({ clientCertificate }) => clientCertificate)).toEqual([
      first,
      first,
      second,
      second,
    ])
    expect(server.connections).toBe(2)
    await server.openConnections(1)
  })

  it('lets a running request of the old certificate end, and its connection then', async () => {
    await withClientCertificate()
    const { chunks } = await transport.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: true } })
    await withClientCertificate()
    await clock.advance(1_000)
    await transport.request(get)
    expect(server.connections).toBe(2)

    server.sendToWatches('still here')
    server.closeWatches('end')

    const received: string[] = []
    for await (const chunk of chunks) received.push(chunk.toString())
    expect(received.join('')).toContain('still here')
    await server.openConnections(1)
  })

  it('ends running requests of the old certificate, too, when it is closed', async () => {
    await withClientCertificate()
    const { chunks } = await transport.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: true } })
    await withClientCertificate()
    await clock.advance(1_000)
    await transport.request(get)

    transport.close()

    async function readAll(): Promise<void> {
      for await (const _ of chunks);
    }
    await expect(readAll()).rejects.toMatchObject({ code: 'Reset' })
    await server.openConnections(0)
  })

  it('sends a request again with new credentials after a 401, a write too', async () => {
    const { tls } = await server.connection.credentials()
    given = (isRejected) => ({ ...token(isRejected ? 'new' : 'old'), tls })
    server.intercept(({ headers }, response) => {
      if (headers.authorization === 'Bearer new') return false
      refuse(response, 401, 'Unauthorized', 'Unauthorized')
      return true
    })

    await transport.request({ ...get, method: 'PATCH', body: {} })

    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
  })

  it('reports a 401 when there are no other credentials', async () => {
    const { tls } = await server.connection.credentials()
    given = () => ({ ...token('old'), tls })
    server.intercept((_request, response) => {
      refuse(response, 401, 'Unauthorized', 'Unauthorized')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({ status: 401 })

    expect(server.requests).toHaveLength(1)
  })

  it('says why there are no credentials instead of a bare 401', async () => {
    const { tls } = await server.connection.credentials()
    given = (isRejected) => {
      if (isRejected) throw new ConnectionConfigError('The plugin failed.')
      return { ...token('old'), tls }
    }
    server.intercept((_request, response) => {
      refuse(response, 401, 'Unauthorized', 'Unauthorized')
      return true
    })

    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'NoCredentials',
      message: expect.stringContaining('The plugin failed.'),
    })
  })

  it('does not wait for credentials beyond its time limit', async () => {
    const endless = { ...server.connection, credentials: () => new Promise<never>(() => undefined) }
    const waiting = createTransport(endless, { clock })

    const answer = waiting.request({ ...get, timeoutMs: 5_000 }).catch((thrown: unknown) => thrown)
    await clock.advance(5_000)

    expect(await answer).toMatchObject({ code: 'Timeout' })
  })
})
