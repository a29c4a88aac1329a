/**
 * A tiny proxy in front of the API server that counts a client's writes and strikes right after the n-th of them was
 * carried out, before the client hears of it. Reads, dry runs, Leases and Events do not count: nothing hangs on them.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ConnectionTls } from '../../src/kube/client/credentials.ts'

export interface CuttingProxy {
  readonly url: string
  /** The writes that the API server has carried out, as `PATCH /path`. */
  readonly writes: readonly string[]
  /** Calls `strike` once, after the n-th write from the start. */
  cutAfter(n: number, strike: () => Promise<void>): void
  close(): Promise<void>
}

export async function startCuttingProxy(server: URL, tls: ConnectionTls): Promise<CuttingProxy> {
  const agent = new https.Agent({ keepAlive: true, ...tls })
  const writes: string[] = []
  let cut: { readonly n: number; readonly strike: () => Promise<void> } | undefined

  async function hear(request: IncomingMessage, answer: IncomingMessage): Promise<boolean> {
    if (!isWrite(request) || !isSuccess(answer)) return false
    writes.push(`${request.method} ${request.url}`)
    if (cut === undefined || writes.length !== cut.n) return false
    await cut.strike()
    return true
  }

  function forward(request: IncomingMessage, response: ServerResponse): void {
    const outgoing = https.request(
      {
        agent,
        host: server.hostname,
        port: server.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
      },
      (answer) => {
        void hear(request, answer).then((isCut) => {
          if (isCut) {
            answer.destroy()
            response.destroy()
            return
          }
          response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
          // A watch has nothing to say at first, yet its client must know that it began.
          response.flushHeaders()
          answer.pipe(response)
        })
      },
    )
    outgoing.once('error', () => response.destroy())
    response.once('close', () => outgoing.destroy())
    request.pipe(outgoing)
  }

  const proxy = http.createServer(forward)
  const listening = Promise.withResolvers<void>()
  proxy.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    writes,
    cutAfter(n, strike) {
      cut = { n, strike }
    },
    close() {
      const closed = Promise.withResolvers<void>()
      proxy.close(() => closed.resolve())
      proxy.closeAllConnections()
      agent.destroy()
      return closed.promise
    },
  }
}

function isWrite({ method, url = '' }: IncomingMessage): boolean {
  if (method === 'GET' || url.includes('dryRun=')) return false
  return !/\/(leases|events)(\/|\?|$)/.test(url)
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300
}
