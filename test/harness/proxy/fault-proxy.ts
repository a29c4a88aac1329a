/**
 * A proxy in front of the API server with faults on demand (fault.ts), which counts all that passes. It speaks plain HTTP
 * to its clients, so that it can read along, and passes on what they say as it is, credentials included.
 */
import http, { type RequestOptions } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { createArmedFaults } from './armed-faults.ts'
import { createExchange, type Exchange } from './exchange.ts'
import type { Fault } from './fault.ts'
import { createGatedConnection, type GatedConnection } from './gated-connection.ts'
import { type Match, matches, type SeenRequest } from './seen-request.ts'

export interface FaultProxy {
  readonly url: string
  /** Everything that clients asked, in order. */
  readonly requests: readonly SeenRequest[]
  count(match: Match): number
  /** TCP connections accepted so far. */
  readonly connections: number
  /** TCP connections that are open. */
  readonly openConnections: number
  /**
   * Strikes requests that match, each once: `times` of them, by default all until it is ended. Of several faults for one
   * request the first injected goes first.
   */
  inject(fault: Fault, match?: Match, times?: number): Injected
  /** Calls back after each request, strike, answer and end; returns the function that ends this. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

export interface Injected {
  /** The requests that it struck. */
  readonly struck: readonly SeenRequest[]
  /** No more strikes; what it holds or froze goes on. */
  end(): void
}

export interface Upstream {
  readonly server: URL
  readonly tls?: https.AgentOptions
}

export async function startFaultProxy({ server, tls }: Upstream): Promise<FaultProxy> {
  const secure = server.protocol === 'https:'
  const agent = secure ? new https.Agent({ keepAlive: true, ...tls }) : new http.Agent({ keepAlive: true })
  const exchanges: Exchange[] = []
  const faults = createArmedFaults()
  const connections = new Map<object, GatedConnection>()
  const listeners = new Set<() => void>()
  let accepted = 0

  function changed(): void {
    for (const listener of listeners) listener()
  }

  function ask(options: RequestOptions): http.ClientRequest {
    const { hostname: host, port } = server
    return (secure ? https : http).request({ ...options, agent, host, port })
  }

  const spoken = http.createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    const connection = connections.get(request.socket)
    if (connection === undefined) return
    exchanges.push(createExchange({ connection, faults, ask, changed }, request, response))
    changed()
  })
  // An end is passed on like everything else, or not: the proxy never answers it by itself.
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = createGatedConnection(socket)
    accepted += 1
    connections.set(connection.inner, connection)
    connection.inner.once('close', () => {
      connections.delete(connection.inner)
      changed()
    })
    spoken.emit('connection', connection.inner)
  })
  const listening = Promise.withResolvers<void>()
  listener.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise

  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get requests() {
      return exchanges.map(({ seen }) => seen)
    },
    count: (match) => exchanges.filter(({ seen }) => matches(seen, match)).length,
    get connections() {
      return accepted
    },
    get openConnections() {
      return connections.size
    },
    inject(fault, match = {}, times = Number.POSITIVE_INFINITY) {
      const armed = faults.arm(fault, match, times)
      for (const exchange of exchanges) exchange.strikeOpen()
      return armed
    },
    onChange(callback) {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
    close() {
      const closed = Promise.withResolvers<void>()
      listener.close(() => closed.resolve())
      for (const connection of connections.values()) connection.sever()
      agent.destroy()
      return closed.promise
    },
  }
}
