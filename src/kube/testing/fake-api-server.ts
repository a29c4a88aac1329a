/**
 * A small API server on loopback for tests: list with pages, watch with bookmarks, get, create, replace, merge patch,
 * delete, and every kind of failure on request. It validates nothing; the real cluster is for that.
 */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection } from '../client/connection.ts'
import type { Credentials } from '../client/credentials.ts'
import { answerList, answerObject, refuse } from './fake-answers.ts'
import { createFakeStore, type FakeStore, type StoredEvent } from './fake-store.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** SHA-256 fingerprint of the client's certificate, where TLS asked for one and there was one. */
  readonly clientCertificate?: string | undefined
}

/** Answers the request itself and returns true, or leaves it to the server. */
export type Interceptor = (request: SeenRequest, response: ServerResponse) => boolean

export interface FakeApiServer {
  readonly store: FakeStore
  readonly connection: Connection
  readonly requests: readonly SeenRequest[]
  /** TCP connections accepted so far. */
  readonly connections: number
  /** Resolves when so many of them are open. */
  openConnections(count: number): Promise<void>
  /** Asked before each answer; the newest first. Returns the function that removes it. */
  intercept(interceptor: Interceptor): () => void
  /** Resolves with the next request (from now on) that fits. */
  nextRequest(fits: (request: SeenRequest) => boolean): Promise<SeenRequest>
  /** Sends raw text on all open watches. */
  sendToWatches(text: string): void
  /** Sends each open watch a bookmark with the current version. */
  bookmark(): void
  /** `end`: as the server does at the watch's time-out; `destroy`: as a lost connection. */
  closeWatches(how: 'end' | 'destroy'): void
  readonly openWatches: number
  /** Kills the server: all connections break, the port is closed. State stays. */
  kill(): Promise<void>
  /** Comes back on the same port. */
  restart(): Promise<void>
}

export interface FakeApiServerOptions {
  /** Serve TLS with this key and certificate, and ask for a client's where `requestCert` is set. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly requestCert?: boolean }
}

export interface Target {
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

interface OpenWatch {
  readonly response: ServerResponse
  readonly target: Target
}

export async function startFakeApiServer({ tls }: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const store = createFakeStore()
  const requests: SeenRequest[] = []
  const interceptors: Interceptor[] = []
  const waiting = new Set<(request: SeenRequest) => void>()
  const watches = new Set<OpenWatch>()
  const sockets = new Set<Socket>()
  const credentials: Credentials = {
    headers: { authorization: 'Bearer fake-token' },
    tls: tls ? { ca: tls.cert } : {},
  }
  let connections = 0
  let port = 0
  let server = await listen()

  store.onEvent((event) => {
    for (const { response, target } of watches) if (concerns(event, target)) response.write(lineOf(event))
  })

  async function listen(): Promise<http.Server> {
    const started = tls ? https.createServer({ ...tls, rejectUnauthorized: false }) : http.createServer()
    started.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void serve(request, response),
    )
    started.on('connection', (socket: Socket) => {
      connections += 1
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    started.listen(port, '127.0.0.1')
    await once(started, 'listening')
    port = (started.address() as AddressInfo).port
    return started
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake')
    const { method = 'GET', headers } = incoming
    const request: SeenRequest = {
      method,
      path: pathname,
      query: searchParams,
      headers,
      body: await textOf(incoming),
      clientCertificate: tls && (incoming.socket as TLSSocket).getPeerCertificate().fingerprint256,
    }
    requests.push(request)
    for (const listener of waiting) listener(request)
    if (interceptors.some((interceptor) => interceptor(request, response))) return
    const target = targetOf(pathname)
    if (searchParams.get('watch') === 'true') openWatch(request, target, response)
    else if (method === 'GET' && !target.name) answerList(store, request, target, response)
    else answerObject(store, request, target, response)
  }

  function openWatch({ query }: SeenRequest, target: Target, response: ServerResponse): void {
    const withInitialState = query.get('sendInitialEvents') === 'true'
    const from = Number(query.get('resourceVersion'))
    if (!withInitialState && from < store.compactedUpTo) {
      refuse(response, 410, 'Expired', 'too old resource version')
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (withInitialState) response.write(initialState(store, target))
    else for (const event of store.since(from)) if (concerns(event, target)) response.write(lineOf(event))
    const watch = { response, target }
    watches.add(watch)
    response.once('close', () => watches.delete(watch))
  }

  return {
    store,
    get connection() {
      return {
        server: new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`),
        credentials: async () => credentials,
        reject() {},
      }
    },
    requests,
    get connections() {
      return connections
    },
    openConnections: async (count) => {
      while (sockets.size !== count) await new Promise((resolve) => setImmediate(resolve))
    },
    intercept(interceptor) {
      interceptors.unshift(interceptor)
      return () => void interceptors.splice(interceptors.indexOf(interceptor), 1)
    },
    nextRequest: (fits) =>
      new Promise((resolve) => {
        function listener(request: SeenRequest): void {
          if (!fits(request)) return
          waiting.delete(listener)
          resolve(request)
        }
        waiting.add(listener)
      }),
    sendToWatches(text) {
      for (const { response } of watches) response.write(text)
    },
    bookmark() {
      const object = { metadata: { resourceVersion: String(store.version) } }
      for (const { response } of watches) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    },
    closeWatches(how) {
      for (const watch of watches) {
        watches.delete(watch)
        if (how === 'end') watch.response.end()
        else watch.response.destroy()
      }
    },
    get openWatches() {
      return watches.size
    },
    async kill() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async restart() {
      server = await listen()
    },
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** `/api/v1/namespaces/NS/pods/NAME`: the resource is `v1/pods`, in other groups `apps/v1/statefulsets`. */
function targetOf(path: string): Target {
  const [api, ...rest] = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent)
  const version = rest.splice(0, api === 'api' ? 1 : 2).join('/')
  const namespaced = rest[0] === 'namespaces' && rest.length > 2
  const namespace = namespaced ? rest.splice(0, 2)[1] : undefined
  const [plural, name] = rest
  return {
    resource: `${version}/${plural}`,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  }
}

function concerns({ resource, object }: StoredEvent, target: Target): boolean {
  if (resource !== target.resource) return false
  return target.namespace === undefined || object.metadata.namespace === target.namespace
}

/** All there is, as events, and the bookmark that says so. */
function initialState(store: FakeStore, { resource, namespace }: Target): string {
  const lines = store.list(resource, namespace).map((object) => lineOf({ type: 'ADDED', object }))
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const end = { metadata: { resourceVersion: String(store.version), annotations } }
  return `${lines.join('')}${JSON.stringify({ type: 'BOOKMARK', object: end })}\n`
}

function lineOf({ type, object }: Pick<StoredEvent, 'type' | 'object'>): string {
  return `${JSON.stringify({ type, object })}\n`
}
