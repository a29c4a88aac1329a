/**
 * A program around a manager, seen from outside: signals in, one sentence and an exit status out.
 *
 * Status: 0 after a stop in order, 2 where it cannot start as it was called, 1 where it cannot go on.
 */
import { ConnectionConfigError } from '../client/connection-config-error.ts'
import { LeadershipLost } from '../leader-election/leader-election.ts'
import { CannotListen } from './http-server.ts'
import { type ErrorClass, isOneOf, PartFailed } from './part.ts'

/** What of `process` is needed here. */
export interface ProgramHost {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown
  readonly stderr: { write(text: string): unknown }
  exit(status: number): void
}

export interface ProgramOptions {
  /** Errors that mean: called in a wrong way. Their message is all that is told, and the status is 2. */
  readonly cannotStart?: readonly ErrorClass[]
  readonly host?: ProgramHost
}

/**
 * Runs `run` until it ends, and then ends the process, whatever is left over in it. The first SIGTERM or SIGINT aborts
 * the signal; a second one ends the process at once.
 */
export async function runProgram(
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
  { cannotStart = [], host = process }: ProgramOptions = {},
): Promise<void> {
  const stop = new AbortController()

  function die(status: number, words: string): void {
    host.stderr.write(`${name}: ${words}\n`)
    host.exit(status)
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    host.on(signal, () => {
      if (stop.signal.aborted)
        die(1, `ended at once by a second signal (${signal}); what was running is left half done.`)
      else stop.abort(new Error(`stopping by ${signal}`))
    })
  }
  // Node's own words begin with the line of source that threw: of a minified program that is the whole of it.
  host.on('uncaughtException', (error) => die(1, wordsOf(error)))
  try {
    await run(stop.signal)
  } catch (error) {
    const mistakes = [...cannotStart, ConnectionConfigError, CannotListen]
    die(isOneOf(mistakes, error) ? 2 : 1, wordsOf(error, mistakes))
    return
  }
  host.exit(0)
}

/** What people can act on is one sentence; anything else is a bug, and is told with its stack. */
function wordsOf(error: unknown, mistakes: readonly ErrorClass[] = []): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen = isOneOf([...mistakes, LeadershipLost, PartFailed], error)
  return foreseen ? error.message : (error.stack ?? error.message)
}
