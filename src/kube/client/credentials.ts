/**
 * Who we are at this moment. Credentials rotate under a running process (tokens and certificates on disk, plugins), so
 * they are read again and again; where from is the business of service-account.ts and kubeconfig.ts.
 */
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { ConnectionConfigError } from './connection-config-error.ts'

export interface ConnectionTls extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/** The same object for as long as nothing in it changes, and so is its `tls`. */
export interface Credentials {
  /** Sent with each request: `authorization`, and whom to act as. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly tls: ConnectionTls
}

export interface CredentialSource {
  /** Throws a ConnectionConfigError. */
  credentials(): Promise<Credentials>
  /** The server did not accept these (401): the next ones are read anew, at most every 10 s. */
  reject(refused: Credentials): void
}

export interface CredentialSourceOptions {
  readonly clock: Clock
  readonly maxAgeMs: number
}

const rejectionPauseMs = 10_000

/**
 * Reads credentials when they are older than `maxAgeMs` or were rejected (`isRejected`: what a reader has cached is
 * worth nothing). While they cannot be read, because a file is just being replaced, the last ones are kept: the server
 * decides whether they are still good. Once it says no, the reason why there are no others is thrown.
 */
export function createCredentialSource(
  read: (isRejected: boolean) => Promise<Credentials>,
  { clock, maxAgeMs }: CredentialSourceOptions,
): CredentialSource {
  let reading: { readonly at: number; readonly answer: Promise<Credentials> } | undefined
  let last: Credentials | undefined
  let isRejected = false
  let rejectedAt = -Infinity

  async function readAgain(): Promise<Credentials> {
    try {
      const next = await read(isRejected)
      verify(next.tls)
      last = merged(last, next)
      isRejected = false
      return last
    } catch (error) {
      if (last && !isRejected) return last
      reading = undefined
      throw error
    }
  }

  return {
    credentials() {
      if (reading && clock.monotonic() - reading.at < maxAgeMs) return reading.answer
      reading = { at: clock.monotonic(), answer: readAgain() }
      return reading.answer
    },
    reject(refused) {
      if (refused !== last || clock.monotonic() - rejectedAt < rejectionPauseMs) return
      rejectedAt = clock.monotonic()
      isRejected = true
      reading = undefined
    },
  }
}

/** `next`, made of the objects of `last` where nothing changed. */
function merged(last: Credentials | undefined, next: Credentials): Credentials {
  if (!last) return next
  const tls = isSame(last.tls, next.tls) ? last.tls : next.tls
  return tls === last.tls && isSame(last.headers, next.headers) ? last : { ...next, tls }
}

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Node would notice at the next connection only, and a CA that is none it would not notice at all. */
function verify({ ca, cert, key }: ConnectionTls): void {
  try {
    for (const one of [ca].flat()) if (one !== undefined) certificate(one)
    createSecureContext({ ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConnectionConfigError(
      `The CA, or the client certificate with its key, cannot be used: ${reason}.`,
      error,
    )
  }
}

function certificate(pem: string | Buffer): X509Certificate {
  return new X509Certificate(pem)
}
