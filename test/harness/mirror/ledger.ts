/**
 * What the mirror's handler has done: how often each key was handled, and which state of it was found in order.
 */

/** The resourceVersion of a source, or `gone`. */
export type SourceState = string

export interface Ledger {
  handled(key: string): void
  /** In this state there was nothing left to do for the key. */
  inOrder(key: string, state: SourceState): void
  /** The last state of each key that was found in order. */
  readonly states: ReadonlyMap<string, SourceState>
  /** How often the handler was called, for the key or in all. */
  calls(key?: string): number
  onChange(listener: () => void): () => void
}

export function createLedger(): Ledger {
  const states = new Map<string, SourceState>()
  const calls: string[] = []
  const listeners = new Set<() => void>()

  function changed(): void {
    for (const listener of listeners) listener()
  }

  return {
    handled(key) {
      calls.push(key)
      changed()
    },
    inOrder(key, state) {
      states.set(key, state)
      changed()
    },
    states,
    calls: (key) => (key === undefined ? calls.length : calls.filter((called) => called === key).length),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
