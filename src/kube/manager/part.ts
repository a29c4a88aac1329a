/**
 * The parts of a process, and how they run beside and upon one another: who starts before whom, who ends when another one
 * fails. What a part does is not known here.
 */
import { aborted } from '../until-aborted.ts'

/** Something that runs as long as the process does. */
export interface Part {
  /** As it is told in a sentence: "the caches", "the controller widgets". */
  readonly name: string
  /** Errors whose message says all there is to say: they are passed on as they are. */
  readonly foreseen?: readonly ErrorClass[]
  /**
   * Runs until the signal aborts, then ends in order. Calls `up` once what stands on it may start. Where it ends or
   * rejects before that signal, the process cannot go on.
   */
  run(up: () => void, signal: AbortSignal): Promise<void>
}

/** A part ended although nobody had asked it to; the message is the sentence, the cause the error, if there was one. */
export class PartFailed extends Error {
  constructor(name: string, cause?: unknown) {
    const why = cause === undefined ? 'ended by itself' : `failed: ${messageOf(cause)}`
    super(`${name} ${why}; the process cannot go on without it.`, { cause })
    this.name = 'PartFailed'
  }
}

export type ErrorClass = abstract new (...parameters: never[]) => Error

export function isOneOf(classes: readonly ErrorClass[], error: unknown): boolean {
  return classes.some((known) => error instanceof known)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Runs the parts upon one another.
 *
 * Guarantees: each is started when the one before it is up. When the signal aborts, or a part fails, no further one is
 * started, and those that run are ended one by one, the last first; each has ended before the one below it is asked to.
 * Rejects with what went wrong first.
 */
export async function runInOrder(parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const run = createRun(signal)
  const started: Started[] = []
  for (const part of parts) {
    if (run.stop.aborted) break
    const own = new AbortController()
    const up = Promise.withResolvers<void>()
    started.push({ own, ended: run.follow(part, up.resolve, own.signal) })
    await Promise.race([up.promise, aborted(run.stop)])
  }
  await aborted(run.stop)
  for (const { own, ended } of started.toReversed()) {
    own.abort(run.stop.reason)
    await ended
  }
  run.throwFailure()
}

/**
 * Runs the parts beside one another: all start at once, `up` is called when all are up, and all are asked to end at once,
 * when the signal aborts or one of them fails. Rejects with what went wrong first, when all have ended.
 */
export async function runTogether(
  parts: readonly Part[],
  up: () => void,
  signal: AbortSignal,
): Promise<void> {
  const run = createRun(signal)
  const ups = parts.map(() => Promise.withResolvers<void>())
  void Promise.all(ups.map(({ promise }) => promise)).then(up)
  await Promise.all(parts.map((part, at) => run.follow(part, () => ups[at]?.resolve(), run.stop)))
  await aborted(run.stop)
  run.throwFailure()
}

interface Started {
  readonly own: AbortController
  readonly ended: Promise<void>
}

/** What parts that live and die together share: the moment at which all have to end, and why. */
function createRun(signal: AbortSignal) {
  const failing = new AbortController()
  let failure: { readonly error: unknown } | undefined

  function fail(error: unknown): void {
    failure ??= { error }
    failing.abort(error)
  }

  return {
    stop: AbortSignal.any([signal, failing.signal]),
    /** Never rejects. */
    async follow(part: Part, up: () => void, own: AbortSignal): Promise<void> {
      try {
        await part.run(up, own)
        if (!own.aborted) fail(new PartFailed(part.name))
      } catch (error) {
        // What a stop interrupts rejects with the reason of the stop.
        if (own.aborted && error === own.reason) return
        const told = isOneOf([PartFailed, ...(part.foreseen ?? [])], error)
        fail(told ? error : new PartFailed(part.name, error))
      }
    },
    throwFailure(): void {
      if (failure) throw failure.error
    },
  }
}
