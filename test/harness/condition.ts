/**
 * Waiting for a condition: looked at after every change that somebody tells of, never by the clock. What was awaited in
 * vain is said.
 */

/** Calls the listener back after each change; returns the function that ends this. */
export type Changing = (listener: () => void) => () => void

export interface ConditionOptions {
  /** Seconds; 60 where left out. */
  readonly within?: number
  /** Ends the wait at once, with its reason. */
  readonly hopeless?: AbortSignal
}

/**
 * Resolves with what `find` returns as soon as that is neither undefined nor false. Rejects after the time, with `what`,
 * which is asked only then where it is a function.
 */
export async function condition<T>(
  what: string | (() => string),
  find: () => T | undefined | false,
  changing: readonly Changing[],
  { within = 60, hopeless }: ConditionOptions = {},
): Promise<T> {
  const started = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const look = () => {
    try {
      const found = find()
      if (found !== undefined && found !== false) resolve(found)
    } catch (error) {
      reject(error)
    }
  }
  const fail = (why: string) => reject(new Error(`${typeof what === 'string' ? what : what()}: ${why}`))
  const timer = setTimeout(() => fail(`not so within ${within} s`), within * 1000)
  const onHopeless = () => fail(`given up, because ${String(hopeless?.reason)}`)
  const ends = changing.map((listen) => listen(look))
  hopeless?.addEventListener('abort', onHopeless, { once: true })
  if (hopeless?.aborted === true) onHopeless()
  look()
  try {
    const found = await promise
    trace(typeof what === 'string' ? what : what(), started)
    return found
  } finally {
    clearTimeout(timer)
    for (const end of ends) end()
    hopeless?.removeEventListener('abort', onHopeless)
  }
}

/** CLUSTER_TEST_TRACE=1 shows where a test spends its time. */
function trace(what: string, started: number): void {
  if (process.env['CLUSTER_TEST_TRACE'] === undefined) return
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${seconds.padStart(6)} s  ${what}\n`)
}
