/**
 * Reading what came back over HTTP: texts, JSON, refusals, warnings, and the sentence for a connection that failed.
 * Nothing is sent here (transport.ts).
 */
import type { IncomingMessage } from 'node:http'
import { ApiError, ConnectionError, type StatusBody } from './api-error.ts'
import { abortReason } from '../clock.ts'
import { ConnectionConfigError } from './connection-config-error.ts'
import { parseJson } from '../json.ts'

export function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300
}

/** The bytes of the answer; what breaks it off is thrown as `why` explains it. */
export async function* explained(
  response: IncomingMessage,
  why: (thrown: unknown) => Error,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer
  } catch (error) {
    throw why(error)
  }
}

export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Throws a ConnectionError if the text is no JSON. */
export function parseBody<T>(text: string, what: string): T {
  try {
    return parseJson(text)
  } catch (error) {
    throw new ConnectionError('BadAnswer', `${what}: the answer is not JSON: ${text.slice(0, 200)}`, error)
  }
}

/** A refusal usually carries a Status object; a proxy in between, or an overloaded server, sends plain text. */
export function apiError(response: IncomingMessage, text: string): ApiError {
  const status = response.statusCode ?? 0
  return new ApiError(status, parseStatus(text), retryAfterMs(response))
}

/**
 * Seconds, or a date. A date is compared with the server's own `Date`, so that our clock does not matter; without that
 * it says nothing.
 */
function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const told = headers['retry-after']?.trim()
  if (!told) return undefined
  const ms = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.parse(headers.date ?? '')
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

function parseStatus(text: string): StatusBody {
  try {
    const parsed = parseJson<StatusBody | null>(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // Plain text is the message itself.
  }
  return text.trim() === '' ? {} : { message: text.trim().slice(0, 1000) }
}

/** The form is `299 - "text"`, with backslash escapes inside the quotes. */
export function warningsOf(response: IncomingMessage): string[] {
  const warnings: string[] = []
  for (const header of response.headersDistinct['warning'] ?? []) {
    for (const match of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
      warnings.push((match[1] ?? '').replaceAll(/\\(.)/g, '$1'))
    }
  }
  return warnings
}

/** Why no answer came. The signal's reason goes before what its abort did to the connection. */
export function explain(thrown: unknown, what: string, server: URL, signal: AbortSignal): Error {
  if (signal.aborted) return abortReason(signal)
  if (thrown instanceof ApiError || thrown instanceof ConnectionError) return thrown
  if (thrown instanceof ConnectionConfigError) {
    return new ConnectionError('NoCredentials', `${what}: nothing was sent. ${thrown.message}`, thrown)
  }
  const error = thrown as NodeJS.ErrnoException
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    return new ConnectionError(
      'Reset',
      `${what}: ${server.host} closed the connection (${error.message}).`,
      error,
    )
  }
  // Node's advice, to trust what the machine trusts, is for browsers' servers: a cluster has a CA of its own.
  const reason = error.message.replace(
    /; if the root CA is installed locally.*/s,
    ' (by the CA that we were given)',
  )
  return new ConnectionError('Unreachable', `${what}: ${server.host} cannot be reached: ${reason}.`, error)
}
