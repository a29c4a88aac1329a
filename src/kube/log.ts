/**
 * What this folder needs of a logger: a static message and fields. A pino logger fits; none is imported here.
 */

export type LogFields = Readonly<Record<string, unknown>>
type LogFunction = (fields: LogFields, message: string) => void

export interface Log {
  readonly debug: LogFunction
  readonly info: LogFunction
  readonly warn: LogFunction
  readonly error: LogFunction
}

function ignore(): void {}

/** Says nothing: for tests and as the default. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
