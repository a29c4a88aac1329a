/**
 * A `Log` (log.ts) that writes one line of JSON per call to stdout, for programs that run in a pod: the container runtime
 * collects it. Lines are written before the call returns, so that the last words of a process are not lost.
 */
import type { Log, LogFields } from './log.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface JsonLogOptions {
  /** Lines of a lower level are not written. Default `info`. */
  readonly level?: LogLevel
  readonly write?: (line: string) => void
  readonly now?: () => Date
}

const ascending: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Errors among the fields are written with their message, stack, code and cause; what is no JSON as its text. */
export function createJsonLog(options: JsonLogOptions = {}): Log {
  const { level: lowest = 'info', write = stdoutWriter() } = options
  const { now = () => new Date() } = options

  function at(level: LogLevel): Log[LogLevel] {
    if (ascending.indexOf(level) < ascending.indexOf(lowest)) return () => undefined
    return (fields, message) => {
      const line = { level, time: now().toISOString(), ...fields, msg: message }
      write(`${inJson(line)}\n`)
    }
  }

  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A disk that is full or a reader that is gone costs lines, never the work: nobody is left to tell of it. */
function stdoutWriter(): (line: string) => void {
  process.stdout.on('error', () => undefined)
  // Pipes and files are written synchronously by Node on Linux.
  return (line) => void process.stdout.write(line)
}

function inJson(line: LogFields): string {
  try {
    return JSON.stringify(line, asJson())
  } catch (error) {
    const { level, time, msg } = line
    return JSON.stringify({ level, time, msg, unwritten: String(error) })
  }
}

/** A replacer: errors become objects, cycles end, and what JSON has no word for becomes its text. */
function asJson(): (this: unknown, key: string, value: unknown) => unknown {
  /** The way from the root to the value at hand: as it was, and as it is written. */
  const path: { readonly was: unknown; readonly written: unknown }[] = []
  return function (_key, value) {
    while (path.length > 0 && path.at(-1)?.written !== this) path.pop()
    if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
      return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (path.some(({ was }) => was === value)) return '(circular)'
    const written = value instanceof Error ? fieldsOf(value) : value
    path.push({ was: value, written })
    return written
  }
}

/** What an error says; its other fields may hold anything, also what nobody wants in a log. */
function fieldsOf(error: Error): LogFields {
  const { name, message, stack, cause } = error
  const { code, status, reason } = error as { code?: unknown; status?: unknown; reason?: unknown }
  return { type: name, message, code, status, reason, stack, cause }
}
