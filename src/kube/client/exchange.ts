/**
 * One HTTP request to the API server and the beginning of its answer: nothing is tried twice here, and no answer is
 * read (answer.ts).
 */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Credentials } from './credentials.ts'
import type { Request } from './transport.ts'

export interface Sending {
  readonly server: URL
  readonly agent: http.Agent
  readonly credentials: Credentials
  /** Headers of all requests; those of the credentials give way to them. */
  readonly headers: http.OutgoingHttpHeaders
  readonly signal: AbortSignal
}

/** Rejects with the error of the socket; `onReusedSocket` is called first where the connection came from the pool. */
export function exchange(
  request: Request,
  { server, agent, credentials, headers, signal }: Sending,
  onReusedSocket: () => void,
): Promise<IncomingMessage> {
  const body = request.body === undefined ? undefined : Buffer.from(goJson(request.body))
  const isSecure = server.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? https : http).request(
      {
        agent,
        // A URL keeps the brackets of an IPv6 address, a socket does not want them.
        host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: server.port || (isSecure ? 443 : 80),
        method: request.method,
        path: server.pathname.replace(/\/$/, '') + request.path + queryString(request.query),
        headers: {
          accept: request.accept ?? 'application/json',
          ...(credentials.headers as http.OutgoingHttpHeaders),
          ...headers,
          // Node states the length by itself for some methods only; not for DELETE.
          ...(body && {
            'content-type': request.contentType ?? 'application/json',
            'content-length': body.length,
          }),
        },
        signal,
      },
      resolve,
    )
    sent.on('error', (error) => {
      if (sent.reusedSocket) onReusedSocket()
      reject(error)
    })
    sent.end(body)
  })
}

/**
 * As Go's encoding/json writes it. The server keeps some values as the text that was sent (a RawExtension, as the data of a
 * ControllerRevision) and compares them byte by byte after it has encoded them itself: for a strategic merge patch, with
 * which its garbage collector takes owner references off, `&&` would not be the `\u0026\u0026` that it makes of it.
 */
function goJson(body: unknown): string {
  return JSON.stringify(body).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function queryString(query: Request['query'] = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}
