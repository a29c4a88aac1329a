/**
 * A server for the few pages of a process (probes, metrics): GET of a path that is known, in plain text. On node:http
 * alone, because a framework on web Requests costs an idle process 13 MB.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Address, formatAddress } from './address.ts'
import { aborted } from '../until-aborted.ts'
import type { Part } from './part.ts'

export interface Page {
  readonly status: number
  readonly contentType?: string
  readonly text: string
}

/** Makes a page; `query` is that of the request. It may throw: that is a 500. */
export type PageSource = (query: URLSearchParams) => Page | Promise<Page>

export type Pages = Readonly<Record<string, PageSource>>

/** The address cannot be listened on; the message says what to do. */
export class CannotListen extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'CannotListen'
  }
}

const plainText = 'text/plain; charset=utf-8'

/** The part is up when it listens. `onListening` hears the real port where any free one was asked for. */
export function httpServerPart(address: Address, pages: Pages, onListening: (real: Address) => void): Part {
  return {
    name: `The server on ${formatAddress(address)}`,
    foreseen: [CannotListen],
    async run(up, signal) {
      const server = createServer(oneByOne((request, response) => void answer(pages, request, response)))
      // Slow readers of a page of text hold nobody up: an idle connection is closed, a half-sent request given up.
      server.requestTimeout = 10_000
      server.maxConnections = maxConnections
      const failed = new Promise<never>((_, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(address, error)))
      })
      const listening = new Promise<void>((resolve) => {
        server.listen(
          { port: address.port, ...(address.host !== undefined && { host: address.host }) },
          resolve,
        )
      })
      await Promise.race([listening, failed])
      const bound = server.address()
      onListening({
        ...address,
        port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
      })
      up()
      await Promise.race([aborted(signal), failed])
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** More than any scraper and kubelet need; what comes beyond is turned away at once. */
const maxConnections = 256

type Answerer = (request: IncomingMessage, response: ServerResponse) => void

/**
 * One request at a time for each connection. Who asks again before it has its answer (pipelining, which no scraper does)
 * is cut off: thousands of pages asked for in one packet kept a leader from renewing its Lease.
 */
function oneByOne(respond: Answerer): Answerer {
  const busy = new WeakSet<object>()
  return (request, response) => {
    const { socket } = request
    if (busy.has(socket)) {
      socket.destroy()
      return
    }
    busy.add(socket)
    response.once('close', () => busy.delete(socket))
    respond(request, response)
  }
}

function cannotListen(address: Address, error: NodeJS.ErrnoException): Error {
  const text = formatAddress(address)
  switch (error.code) {
    case 'EADDRINUSE':
      return new CannotListen(
        `The address ${text} is in use already; give another one, or end what listens there.`,
        error,
      )
    case 'EACCES':
      return new CannotListen(
        `The address ${text} may not be listened on by this user; give a port from 1024 on.`,
        error,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotListen(
        `The address ${text} is none of this machine; give one that is, or only a port.`,
        error,
      )
    default:
      return error
  }
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, text, contentType = plainText } = await pageFor(pages, request)
  const body = Buffer.from(text)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function pageFor(pages: Pages, { method, url = '/' }: IncomingMessage): Promise<Page> {
  const [path = '/', query] = url.split('?', 2)
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (page === undefined)
    return { status: 404, text: `404 not found; there are ${Object.keys(pages).join(', ')}\n` }
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: '405 only GET is answered here\n' }
  try {
    return await page(new URLSearchParams(query))
  } catch (error) {
    return { status: 500, text: `500 ${error instanceof Error ? error.message : String(error)}\n` }
  }
}
