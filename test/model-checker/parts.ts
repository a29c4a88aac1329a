/** The parts of worlds, each known by a number: equal parts have equal numbers, whichever object they are. */
import type { World } from './world.ts'

export const parts = [
  'resource',
  'stable',
  'canary',
  'pods',
  'claims',
  'storage',
  'jobs',
  'revisions',
  'around',
  'memory',
  'frozen',
  'flights',
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
  const byObject = new Map<unknown, number>()
  const values: unknown[] = []
  let items: Table | undefined

  /** Of a list most items are known already, so that they need not be written out again. */
  function textOf(value: unknown): string {
    if (!Array.isArray(value) || typeof value[0] !== 'object') return JSON.stringify(value) ?? ''
    items ??= createTable()
    let text = ''
    for (const item of value) text += `${items.numberOf(item)},`
    return text
  }

  return {
    numberOf(value) {
      const known = byObject.get(value)
      if (known !== undefined) return known
      const text = textOf(value)
      let number = byText.get(text)
      if (number === undefined) {
        number = values.push(value) - 1
        byText.set(text, number)
        byObject.set(value, number)
      }
      return number
    },
    valueOf: (number) => values[number],
  }
}
