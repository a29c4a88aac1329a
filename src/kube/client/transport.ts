/**
 * HTTP to one API server: node:https with one keep-alive agent, credentials, time limits, retries, raw JSON in and out.
 * It knows paths, not resources (rest.ts), and streams bytes, not events (watch-decoder.ts). Behind the `Transport`
 * interface, so that another protocol can take its place.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type AgentPool, createAgentPool } from './agent-pool.ts'
import { apiError, explain, explained, isSuccess, parseBody, readText, warningsOf } from './answer.ts'
import { ApiError, ConnectionError } from './api-error.ts'
import { type Clock, sleep, systemClock } from '../clock.ts'
import type { Connection } from './connection.ts'
import type { Credentials } from './credentials.ts'
import { createDeadline, type Deadline } from '../deadline.ts'
import { exchange } from './exchange.ts'
import { type Meter, silentMeter } from '../meter.ts'
import { createRateLimit, type RateLimit, type RateLimitOptions } from './rate-limit.ts'
import { createRequestMetrics } from './request-metrics.ts'
import { type Method, retryDelayMs } from './retry.ts'
import { untilAborted } from '../until-aborted.ts'

export type QueryValue = string | number | boolean | undefined

export interface Request {
  readonly method: Method
  /** Absolute path on the server, each segment encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly body?: unknown
  readonly contentType?: string
  /** Default `application/json`. */
  readonly accept?: string
  /** Limit of the whole call with its waits and retries; for a stream, until the answer begins. Default 30 s. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The resource's name in the request metrics. */
  readonly resource?: string
  /**
   * Called right before each attempt goes to the socket, repeated ones included: after token, rate limit and back-off,
   * with nothing awaited in between. What it throws ends the call as it is.
   */
  readonly beforeSend?: (() => void) | undefined
  /** The caller has a back-off of its own: where the server names no time, a failure is reported at once. */
  readonly selfPaced?: boolean
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
  /** The same connections without the rate limit: for leader election, which must not queue behind our own work. */
  readonly unlimited: Transport
  /** Ends all connections, those of running requests too. */
  close(): void
}

export interface TransportOptions {
  readonly userAgent?: string
  /** Act as this user, e.g. `system:serviceaccount:NAMESPACE:NAME`; our own user must be allowed to. */
  readonly impersonate?: string | undefined
  /** Waiting for it counts against a request's time limit. Off by default. */
  readonly rateLimit?: RateLimitOptions | undefined
  readonly clock?: Clock
  readonly random?: () => number
  readonly meter?: Meter
}

/** What is known of an attempt when it fails. */
interface Attempt {
  reusedSocket: boolean
  credentials?: Credentials
  /** `beforeSend` threw. */
  isForbidden?: boolean
}

const defaultTimeoutMs = 30_000

/**
 * Flow: rate limit -> credentials -> `beforeSend` -> one attempt -> (a failure that may be repeated) -> a wait -> again.
 *
 * Guarantees: one time limit and one signal for all of it. Requests one after another share one connection. POST and PATCH
 * are sent again only after an answer that says that nothing was done (429, 401); PUT and DELETE also when a pooled
 * connection was found closed, which their preconditions make harmless; reads also when the server fails.
 * Caveats: each answer of `request` is held and parsed as a whole; lists stay in pages for that (rest.ts).
 */
export function createTransport(connection: Connection, options: TransportOptions = {}): Transport {
  const { clock = systemClock, rateLimit } = options
  const agents = createAgentPool(connection)
  const unlimited = createLimited(connection, agents, options)
  if (!rateLimit) return unlimited
  const limited = createLimited(connection, agents, options, createRateLimit(rateLimit, clock))
  return { ...limited, unlimited }
}

function createLimited(
  connection: Connection,
  agents: AgentPool,
  options: TransportOptions,
  limit?: RateLimit,
): Transport {
  const { clock = systemClock, random = Math.random, impersonate, userAgent = 'kube' } = options
  const { server } = connection
  const metrics = createRequestMetrics(options.meter ?? silentMeter)
  const headers = { 'user-agent': userAgent, ...(impersonate && { 'impersonate-user': impersonate }) }

  /** One attempt, up to the beginning of a good answer. */
  async function attemptOnce(
    request: Request,
    signal: AbortSignal,
    attempt: Attempt,
  ): Promise<IncomingMessage> {
    if (limit) {
      const asked = clock.monotonic()
      await limit.take(signal)
      metrics.waitedForRateLimit(request.method, clock.monotonic() - asked)
    }
    const credentials = await untilAborted(connection.credentials(), signal)
    attempt.credentials = credentials
    const agent = agents.agentFor(credentials.tls)
    askBefore(request, attempt)
    const sent = clock.monotonic()
    const response = await exchange(request, { server, agent, credentials, headers, signal }, () => {
      attempt.reusedSocket = true
    })
    metrics.took(request.method, clock.monotonic() - sent)
    metrics.answered(request.method, labelOf(request), response.statusCode ?? 0)
    if (isSuccess(response)) return response
    throw apiError(response, await readText(response))
  }

  function explainFor(request: Request, signal: AbortSignal, thrown: unknown): Error {
    return explain(thrown, nameOf(request), server, signal)
  }

  /**
   * Whether there are other credentials than those that the server did not accept. What it answers with 401 it has not
   * looked at, so any request may go again.
   */
  async function hasNewCredentials(error: Error, refused: Credentials | undefined, signal: AbortSignal) {
    if (!refused || !(error instanceof ApiError) || error.status !== 401) return false
    connection.reject(refused)
    try {
      return (await untilAborted(connection.credentials(), signal)) !== refused
    } catch (thrown) {
      throw explain(thrown, 'Renewing the credentials', server, signal)
    }
  }

  /** Repeats `once` as retry.ts says, and after a 401 once with new credentials, within the deadline. */
  async function withRetries<T>(
    request: Request,
    deadline: Deadline,
    once: (attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    const { method, selfPaced = false } = request
    const { signal } = deadline
    let wasRenewed = false
    for (let retries = 0; ; retries++) {
      const attempt: Attempt = { reusedSocket: false }
      try {
        return await once(attempt)
      } catch (thrown) {
        if (attempt.isForbidden) throw thrown
        const error = explainFor(request, signal, thrown)
        if (!(error instanceof ApiError)) metrics.answered(method, labelOf(request), codeOf(error))
        const isRenewed: boolean =
          !wasRenewed && (await hasNewCredentials(error, attempt.credentials, signal))
        wasRenewed ||= isRenewed
        const { reusedSocket } = attempt
        const failed = { error, method, retries, reusedSocket, selfPaced }
        const delayMs = isRenewed ? 0 : retryDelayMs(failed, random())
        if (delayMs === undefined || delayMs >= deadline.remainingMs()) throw error
        metrics.repeated(method, codeOf(error))
        await sleep(clock, delayMs, signal)
      }
    }
  }

  function deadlineFor(request: Request): Deadline {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    return createDeadline(clock, timeoutMs, request.signal, () => {
      return new ConnectionError(
        'Timeout',
        `${nameOf(request)}: no answer from ${server.host} within ${timeoutMs} ms.`,
      )
    })
  }

  const transport: Transport = {
    async request<T>(request: Request): Promise<Response<T>> {
      const deadline = deadlineFor(request)
      try {
        return await withRetries(request, deadline, async (attempt) => {
          const response = await attemptOnce(request, deadline.signal, attempt)
          const text = await readText(response)
          return {
            status: response.statusCode ?? 0,
            headers: response.headers,
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
      const { signal } = deadline
      try {
        const response = await withRetries(request, deadline, (attempt) =>
          attemptOnce(request, signal, attempt),
        )
        deadline.lift()
        response.once('close', () => deadline.release())
        const chunks = explained(response, (thrown) => explainFor(request, signal, thrown))
        return { status: response.statusCode ?? 0, headers: response.headers, chunks }
      } catch (error) {
        deadline.release()
        throw error
      }
    },
    get unlimited() {
      return transport
    },
    close: () => agents.close(),
  }
  return transport
}

function askBefore({ beforeSend }: Request, attempt: Attempt): void {
  attempt.isForbidden = true
  beforeSend?.()
  attempt.isForbidden = false
}

function labelOf(request: Request): string {
  return request.resource ?? 'other'
}

function codeOf(error: Error): string {
  if (error instanceof ApiError) return String(error.status)
  return error instanceof ConnectionError ? error.code : 'Aborted'
}

function nameOf({ method, path }: Request): string {
  return `${method} ${path}`
}
