/**
 * All worlds met so far, each as a short row of numbers: a part that was seen before is a number, and a world is the row
 * of its parts' numbers, kept in one flat array and found by its hash. Rows are compared whole, so no two worlds are
 * ever taken for one. A million worlds take about 80 MB.
 */
import { type Parts, parts } from './parts.ts'
import type { World } from './world.ts'

const width = parts.length

export interface StateSpace {
  readonly size: number
  /** The number of this world; `isNew` when it was met for the first time. `parent` is where it was met from. */
  add(world: World, parent: number): { readonly index: number; readonly isNew: boolean }
  worldAt(index: number): World
  parentOf(index: number): number
}

export function createStateSpace(limit: number, numbers: Parts): StateSpace {
  const rows = new Uint32Array(limit * width)
  const parents = new Uint32Array(limit)
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(limit * 2)))
  const mask = slots.length - 1
  const row = new Uint32Array(width)
  let size = 0

  function find(): number {
    let hash = 0x811c9dc5
    for (let i = 0; i < width; i++) {
      hash = Math.imul(hash ^ (row[i] as number), 0x01000193)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    let slot = (hash ^ (hash >>> 13)) & mask
    while (slots[slot] !== 0 && !isAt((slots[slot] as number) - 1)) slot = (slot + 1) & mask
    return slot
  }

  function isAt(index: number): boolean {
    const offset = index * width
    for (let i = 0; i < width; i++) if (rows[offset + i] !== row[i]) return false
    return true
  }

  return {
    get size() {
      return size
    },
    add(world, parent) {
      parts.forEach((part, i) => (row[i] = numbers.numberOf(part, world[part])))
      const slot = find()
      const known = slots[slot] as number
      if (known !== 0) return { index: known - 1, isNew: false }
      if (size === limit) throw new Error(`more than ${limit} worlds`)
      rows.set(row, size * width)
      parents[size] = parent
      slots[slot] = size + 1
      return { index: size++, isNew: true }
    },
    worldAt(index) {
      const offset = index * width
      return Object.fromEntries(
        parts.map((part, i) => [part, numbers.valueOf(part, rows[offset + i] as number)]),
      ) as unknown as World
    },
    parentOf: (index) => parents[index] as number,
  }
}
