/**
 * The ways in which a request can fail, and the questions callers ask about a failure. The API server's answer is an
 * `ApiError`; no (whole) answer is a `ConnectionError`, after which the request may or may not have been carried out.
 */

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** The JSON body of a refusal, as far as we read it. */
export interface StatusBody {
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: StatusDetails
}

/** The API server refused. `reason` is its machine-readable word (`NotFound`, `Conflict`, ...), `message` its sentence. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  readonly details: StatusDetails | undefined
  readonly retryAfterMs: number | undefined

  constructor(status: number, body: StatusBody, retryAfterMs?: number) {
    super(body.message ?? `the API server answered ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.reason = body.reason ?? 'Unknown'
    this.details = body.details
    this.retryAfterMs = retryAfterMs
  }
}

/** `NoCredentials`: there were some, and renewing them failed; nothing was sent. */
export type ConnectionErrorCode = 'Timeout' | 'Unreachable' | 'Reset' | 'BadAnswer' | 'NoCredentials'

/** No usable answer came. Writes may have been carried out: look before repeating one. */
export class ConnectionError extends Error {
  readonly code: ConnectionErrorCode

  constructor(code: ConnectionErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ConnectionError'
    this.code = code
  }
}

/** The object, its namespace, or the whole resource does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

/** The server no longer has the history that was asked for: list again. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')
  )
}

/** An object of that name exists already. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'AlreadyExists'
}

/**
 * The object is not what the writer thought: a stale resourceVersion, a precondition that does not hold, or a JSON
 * patch that does not fit (see `isUnfitPatch`). Reading again and deciding anew is the answer. A field that somebody
 * else manages (`fieldConflicts`) is no such conflict: looking again does not change it.
 */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (isUnfitPatch(error)) return true
  return error.reason === 'Conflict' && fieldConflicts(error).length === 0
}

export interface FieldConflict {
  /** E.g. `.spec.replicas`. */
  readonly field: string
  /** Who manages it, e.g. `kubectl-edit`; the server's whole sentence where it names nobody. */
  readonly manager: string
}

/** What stands against a server-side apply without `force`: fields that others manage. Otherwise empty. */
export function fieldConflicts(error: unknown): readonly FieldConflict[] {
  if (!(error instanceof ApiError) || error.status !== 409) return []
  const causes = error.details?.causes ?? []
  return causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ field = '', message = '' }) => ({
      field,
      manager: /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1]?.slice(1, -1) ?? message,
    }))
}

/**
 * A JSON patch did not fit: its `test` failed, or a path is not there. The server does not say which (422 `Invalid`
 * without any cause, while a refused field always names one), so a patch that can never fit looks like a conflict too:
 * do not repeat it quietly for ever on an object that has not changed.
 */
export function isUnfitPatch(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return error.status === 422 && error.reason === 'Invalid' && !error.details?.causes?.length
}

/** The server refused the content: a schema, a validation rule, an immutable field. */
export function isInvalid(error: unknown): boolean {
  return error instanceof ApiError && !isUnfitPatch(error) && (error.status === 422 || error.status === 400)
}

/** Not allowed: RBAC, an admission policy, a quota. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403
}

/** Worth trying again later without any change: the server was away, busy or failing. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true
  return error instanceof ApiError && (error.status === 429 || error.status >= 500)
}
