/** Every decision of the operator that was met in any scenario, each once: most scenarios have most of them in common. */
import type { Plan } from '../../../src/core/decision.ts'
import type { Observation } from '../../../src/core/observation.ts'
import type { plan } from '../../../src/core/plan.ts'
import { now } from '../moments.ts'
import { Violation } from '../world.ts'
import { ranIn } from './ran.ts'

export interface Decisions {
  numberOf(observation: Observation, decided: Plan): number
  /** What a mutant of this function (of any, where undefined) decides instead; it is asked only once for each. */
  comparedWith(mutant: typeof plan, changed: string | undefined): Comparison
}

export interface Comparison {
  /** How many are known to be other ones. */
  readonly differences: number
  isOther(decision: number): boolean
  planOf(decision: number): Plan
}

interface Known {
  readonly observation: Observation
  readonly decided: Plan
  readonly words: string
  /** A bit for each function that it ran through. */
  readonly ran: Uint8Array
}

export function createDecisions(notingPlan: typeof plan): Decisions {
  const numbers = new Map<string, number>()
  const known: Known[] = []
  const functions: string[] = []

  function bitsOf(names: ReadonlySet<string>): Uint8Array {
    const bits = new Uint8Array(128)
    for (const name of names) {
      const found = functions.indexOf(name)
      const index = found === -1 ? functions.push(name) - 1 : found
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
    }
    return bits
  }

  return {
    numberOf(observation, decided) {
      const text = JSON.stringify(observation)
      const before = numbers.get(text)
      if (before !== undefined) return before
      const ran = bitsOf(ranIn(() => outcomeOf(notingPlan, observation)))
      const number = known.push({ observation, decided, words: wordsOf(decided), ran }) - 1
      numbers.set(text, number)
      return number
    },
    comparedWith(mutant, changed) {
      const others: { readonly plan: Plan | Violation; readonly isOther: boolean }[] = []
      let differences = 0

      function compare({ observation, decided, words, ran }: Known) {
        const index = changed === undefined ? -1 : functions.indexOf(changed)
        const isAsked = changed === undefined || ((ran[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
        if (!isAsked) return { plan: decided, isOther: false }
        const other = outcomeOf(mutant, observation)
        const isOther = other instanceof Violation || wordsOf(other) !== words
        if (isOther) differences++
        return { plan: other, isOther }
      }
      function other(number: number) {
        return (others[number] ??= compare(known[number] as Known))
      }

      return {
        get differences() {
          return differences
        },
        isOther: (number) => other(number).isOther,
        planOf(number) {
          const { plan: decided } = other(number)
          if (decided instanceof Violation) throw decided
          return decided
        },
      }
    },
  }
}

export function outcomeOf(mutant: typeof plan, observation: Observation): Plan | Violation {
  try {
    return mutant(observation, now)
  } catch (error) {
    return new Violation(`plan throws: ${String(error)}`)
  }
}

/** What makes a difference to what happens next. */
function wordsOf({ next, reason, status, wakeAt }: Plan): string {
  return JSON.stringify([next, reason.code, status?.waiting?.for, wakeAt !== undefined])
}
