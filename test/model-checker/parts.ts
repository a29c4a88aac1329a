/** The parts of worlds, each known by a number: equal parts have equal numbers, whichever object they are. */
import type { World } from './world.ts'

export const parts = [
  'resource',
  'stable',
  'canary',
  'pods',
  'claims',
  'revisions',
  'service',
  'memory',
  'frozen',
  'flight',
  'ledger',
  'budget',
] as const satisfies readonly (keyof World)[]

export type Part = (typeof parts)[number]

export interface Parts {
  numberOf(part: Part, value: unknown): number
  valueOf(part: Part, number: number): unknown
}

export function createParts(): Parts {
  const tables = Object.fromEntries(parts.map((part) => [part, createTable()])) as Record<Part, Table>
  return {
    numberOf: (part, value) => tables[part].numberOf(value),
    valueOf: (part, number) => tables[part].valueOf(number),
  }
}

interface Table {
  numberOf(value: unknown): number
  valueOf(number: number): unknown
}

/** Equal texts get one number; an object that was numbered before is known by itself. */
function createTable(): Table {
  const byText = new Map<string, number>()
  const byObject = new WeakMap<object, number>()
  const values: unknown[] = []
  return {
    numberOf(value) {
      const object = typeof value === 'object' && value !== null ? value : undefined
      const known = object && byObject.get(object)
      if (known !== undefined) return known
      const text = JSON.stringify(value) ?? ''
      let number = byText.get(text)
      if (number === undefined) {
        number = values.push(value) - 1
        byText.set(text, number)
        if (object !== undefined) byObject.set(object, number)
      }
      return number
    },
    valueOf: (number) => values[number],
  }
}
