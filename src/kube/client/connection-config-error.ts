/** The one error of finding the API server and our credentials for it. */

/** The configuration cannot be used; the message is one sentence that says what to change. */
export class ConnectionConfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ConnectionConfigError'
  }
}
