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

/** Resolves with what `find` returns as soon as that is neither undefined nor false. Rejects after the time. */
export async function condition<T>(
  what: string,
  find: () => T | undefined | false,
  changing: readonly Changing[],
  { within = 60, hopeless }: ConditionOptions = {},
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const look = () => {
    try {
      const found = find()
      if (found !== undefined && found !== false) resolve(found)
    } catch (error) {
      reject(error)
    }
  }
  const fail = (why: string) => reject(new Error(why))
  const timer = setTimeout(() => fail(`${what}: not so within ${within} s`), within * 1000)
  const onHopeless = () => fail(`${what}: given up, because ${String(hopeless?.reason)}`)
  const ends = changing.map((listen) => listen(look))
  hopeless?.addEventListener('abort', onHopeless, { once: true })
  if (hopeless?.aborted === true) onHopeless()
  look()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    for (const end of ends) end()
    hopeless?.removeEventListener('abort', onHopeless)
  }
}
