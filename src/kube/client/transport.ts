/**
 * HTTP to one API server: node:https with one keep-alive agent, credentials, time limits, retries, raw JSON in and out.
 * It knows paths, not resources (rest.ts), and streams bytes, not events (watch-decoder.ts). Behind the `Transport`
 * interface, so that another protocol can take its place.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { apiError, explain, explained, isSuccess, parseBody, readText, warningsOf } from './answer.ts'
import { ApiError, ConnectionError } from './api-error.ts'
import { type Clock, sleep, systemClock } from '../clock.ts'
import type { Connection } from './connection.ts'
import { createDeadline, type Deadline } from '../deadline.ts'
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts'
import { type Method, retryDelayMs } from './retry.ts'

export type QueryValue = string | number | boolean | undefined

export interface Request {
  readonly method: Method
  /** Absolute path on the server, each segment encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly body?: unknown
  readonly contentType?: string
  /** Limit of the whole call with its retries; for a stream, until the answer begins. Default 30 s. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The resource's name in the request metrics. */
  readonly resource?: string
}

export interface Response<T> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Texts of the `Warning` headers, which the API server means for people. */
  readonly warnings: readonly string[]
  readonly body: T
}

export interface ResponseStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Ends when the server ends the answer; throws when the connection breaks. Leaving the loop closes the connection. */
  readonly chunks: AsyncIterable<Buffer>
}

export interface Transport {
  /**
   * Sends and reads the answer as JSON. Throws ApiError for a refusal, ConnectionError when no usable answer came, and
   * the signal's reason when the signal aborts.
   */
  request<T>(request: Request): Promise<Response<T>>
  /** Like `request`, but hands the body over as it arrives. */
  stream(request: Request): Promise<ResponseStream>
  readonly metrics: RequestMetrics
  /** Closes idle connections; running requests are the business of their signals. */
  close(): void
}

export interface TransportOptions {
  readonly userAgent?: string
  /** Act as this user, e.g. `system:serviceaccount:NAMESPACE:NAME`; our own user must be allowed to. */
  readonly impersonate?: string | undefined
  readonly clock?: Clock
  readonly random?: () => number
}

interface Attempt {
  reusedSocket: boolean
}

const defaultTimeoutMs = 30_000

export function createTransport(connection: Connection, options: TransportOptions = {}): Transport {
  const { clock = systemClock, random = Math.random } = options
  const secure = connection.server.protocol === 'https:'
  const agentOptions = { keepAlive: true, keepAliveMsecs: 30_000 }
  const agent = secure
    ? new https.Agent({ ...agentOptions, ...connection.tls })
    : new http.Agent(agentOptions)
  const metrics = createRequestMetrics()
  const pathPrefix = connection.server.pathname.replace(/\/$/, '')

  async function headersOf(request: Request, body: Buffer | undefined): Promise<http.OutgoingHttpHeaders> {
    const token = await connection.token()
    return {
      accept: 'application/json',
      'user-agent': options.userAgent ?? 'kube',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(options.impersonate !== undefined && { 'impersonate-user': options.impersonate }),
      ...(body && {
        'content-type': request.contentType ?? 'application/json',
        // Node states the length by itself for some methods only; not for DELETE.
        'content-length': body.length,
      }),
    }
  }

  async function exchange(request: Request, signal: AbortSignal, attempt: Attempt): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
    const headers = await headersOf(request, body)
    return new Promise((resolve, reject) => {
      const sent = (secure ? https : http).request(
        {
          agent,
          // A URL keeps the brackets of an IPv6 address, a socket does not want them.
          host: connection.server.hostname.replace(/^\[(.*)\]$/, '$1'),
          port: connection.server.port || (secure ? 443 : 80),
          method: request.method,
          path: pathPrefix + request.path + queryString(request.query),
          headers,
          signal,
        },
        resolve,
      )
      sent.on('error', (error) => {
        attempt.reusedSocket = sent.reusedSocket
        reject(error)
      })
      sent.end(body)
    })
  }

  /** Retries `once` as retry.ts says, within the deadline. */
  async function withRetries<T>(
    request: Request,
    deadline: Deadline,
    once: (attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    for (let retries = 0; ; retries++) {
      const attempt: Attempt = { reusedSocket: false }
      try {
        return await once(attempt)
      } catch (thrown) {
        const error = explain(thrown, nameOf(request), connection.server, deadline.signal)
        if (!(error instanceof ApiError)) metrics.count(request.method, labelOf(request), codeOf(error))
        const delayMs = retryDelayMs({ error, method: request.method, retries, ...attempt }, random())
        if (delayMs === undefined || delayMs >= deadline.remainingMs()) throw error
        await sleep(clock, delayMs, deadline.signal)
      }
    }
  }

  async function answer(request: Request, signal: AbortSignal, attempt: Attempt): Promise<IncomingMessage> {
    const response = await exchange(request, signal, attempt)
    metrics.count(request.method, labelOf(request), response.statusCode ?? 0)
    if (isSuccess(response)) return response
    throw apiError(response, await readText(response))
  }

  function deadlineFor(request: Request): Deadline {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    return createDeadline(clock, timeoutMs, request.signal, () => {
      return new ConnectionError(
        'Timeout',
        `${nameOf(request)}: no answer from ${connection.server.host} within ${timeoutMs} ms.`,
      )
    })
  }

  return {
    async request<T>(request: Request): Promise<Response<T>> {
      const deadline = deadlineFor(request)
      try {
        return await withRetries(request, deadline, async (attempt) => {
          const response = await answer(request, deadline.signal, attempt)
          const text = await readText(response)
          const { headers, statusCode: status = 0 } = response
          return {
            status,
            headers,
            warnings: warningsOf(response),
            body: parseBody<T>(text, nameOf(request)),
          }
        })
      } finally {
        deadline.release()
      }
    },
    async stream(request) {
      const deadline = deadlineFor(request)
      try {
        const response = await withRetries(request, deadline, (attempt) =>
          answer(request, deadline.signal, attempt),
        )
        deadline.lift()
        response.once('close', () => deadline.release())
        const chunks = explained(response, (thrown) =>
          explain(thrown, nameOf(request), connection.server, deadline.signal),
        )
        return { status: response.statusCode ?? 0, headers: response.headers, chunks }
      } catch (error) {
        deadline.release()
        throw error
      }
    },
    metrics,
    close: () => agent.destroy(),
  }
}

function queryString(query: Request['query'] = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

function labelOf(request: Request): string {
  return request.resource ?? 'other'
}

function codeOf(error: Error): string {
  return error instanceof ConnectionError ? error.code : 'Aborted'
}

function nameOf({ method, path }: Request): string {
  return `${method} ${path}`
}
