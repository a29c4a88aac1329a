/**
 * All worlds met so far, each as a short row of numbers: a part that was seen before is a number, and a world is the row
 * of its parts' numbers, found by its hash. Rows are compared whole, so no two worlds are ever taken for one. But a world
 * that differs from one of these only in that less may still go wrong, or be edited, is no new one: whatever follows from
 * it follows from that one as well. A million worlds take about 80 MB.
 */
import { type Part, type Parts, parts } from './parts.ts'
import type { Budget, World } from './world.ts'

const width = parts.length
const budgetAt = parts.indexOf('budget')

/** Rows are kept in blocks of so many, so that nothing is copied as they become more. */
const blockBits = 16
const blockMask = 2 ** blockBits - 1

export interface StateSpace {
  readonly size: number
  /** The number of this world, or of one from which all follows; `isNew` when there was none. `parent` is where it was met from. */
  add(world: World, parent: number): { readonly index: number; readonly isNew: boolean }
  worldAt(index: number): World
  parentOf(index: number): number
}

export function createStateSpace(numbers: Parts): StateSpace {
  const blocks: Uint32Array[] = []
  const parents: Uint32Array[] = []
  /** The next world that differs in its budget only, plus one. */
  const others: Uint32Array[] = []
  const allows = createAllows((number) => numbers.valueOf('budget', number) as Budget)
  let slots = new Uint32Array(2 ** 12)
  const row = new Uint32Array(width)
  /** The world that was asked for last: most of what is added shares parts with it. */
  let near: World | undefined
  const nearRow = new Uint32Array(width)
  let size = 0

  function toRow(world: World): void {
    for (let i = 0; i < width; i++) {
      const part = parts[i] as Part
      const value = world[part]
      row[i] = near?.[part] === value ? (nearRow[i] as number) : numbers.numberOf(part, value)
    }
  }

  /** Where the row stands, or is to stand, in `slots`. */
  function find(): number {
    const mask = slots.length - 1
    let slot = hashOf(row, 0) & mask
    while (slots[slot] !== 0 && !isAt((slots[slot] as number) - 1)) slot = (slot + 1) & mask
    return slot
  }

  function isAt(index: number): boolean {
    const block = blocks[index >>> blockBits] as Uint32Array
    const offset = (index & blockMask) * width
    for (let i = 0; i < width; i++) if (i !== budgetAt && block[offset + i] !== row[i]) return false
    return true
  }

  /** Among those that differ in their budgets: this very world, or else one that allows for as much. */
  function knownAmong(first: number): number | undefined {
    const budget = row[budgetAt] as number
    let more: number | undefined
    for (let at = first; at !== 0; at = others[(at - 1) >>> blockBits]?.[(at - 1) & blockMask] ?? 0) {
      const block = blocks[(at - 1) >>> blockBits] as Uint32Array
      const known = block[((at - 1) & blockMask) * width + budgetAt] as number
      if (known === budget) return at - 1
      if (more === undefined && allows(known, budget)) more = at - 1
    }
    return more
  }

  function grow(): void {
    const before = slots
    slots = new Uint32Array(before.length * 2)
    const mask = slots.length - 1
    for (const first of before) {
      if (first === 0) continue
      const block = blocks[(first - 1) >>> blockBits] as Uint32Array
      let slot = hashOf(block, ((first - 1) & blockMask) * width) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = first
    }
  }

  function append(parent: number): number {
    const position = size & blockMask
    if (position === 0) {
      blocks.push(new Uint32Array(width << blockBits))
      parents.push(new Uint32Array(1 << blockBits))
      others.push(new Uint32Array(1 << blockBits))
    }
    blocks[size >>> blockBits]?.set(row, position * width)
    set(parents, size, parent)
    return size++
  }

  return {
    get size() {
      return size
    },
    add(world, parent) {
      toRow(world)
      if (size * 2 >= slots.length) grow()
      const slot = find()
      const first = slots[slot] as number
      const known = knownAmong(first)
      if (known !== undefined) return { index: known, isNew: false }
      slots[slot] = size + 1
      const index = append(parent)
      set(others, index, first)
      return { index, isNew: true }
    },
    worldAt(index) {
      const offset = (index & blockMask) * width
      const found = blocks[index >>> blockBits]?.subarray(offset, offset + width) as Uint32Array
      const world: Partial<Record<Part, unknown>> = {}
      for (let i = 0; i < width; i++) {
        const part = parts[i] as Part
        world[part] = numbers.valueOf(part, found[i] as number)
      }
      nearRow.set(found)
      near = world as unknown as World
      return near
    },
    parentOf: (index) => parents[index >>> blockBits]?.[index & blockMask] as number,
  }
}

function set(blocks: readonly Uint32Array[], index: number, value: number): void {
  const block = blocks[index >>> blockBits] as Uint32Array
  block[index & blockMask] = value
}

/** Whether one budget, by its number, leaves at least as much of everything as the other. */
function createAllows(budgetOf: (number: number) => Budget): (one: number, other: number) => boolean {
  const known = new Map<number, boolean>()
  return (one, other) => {
    const key = one * 2 ** 20 + other
    let allows = known.get(key)
    if (allows === undefined) {
      allows = isAtLeast(budgetOf(one), budgetOf(other))
      known.set(key, allows)
    }
    return allows
  }
}

function isAtLeast({ edits, ...faults }: Budget, other: Budget): boolean {
  return (
    edits.every((count, index) => count >= (other.edits[index] ?? 0)) &&
    Object.entries(faults).every(([name, count]) => count >= other[name as keyof typeof faults])
  )
}

/** Of all but the budget. */
function hashOf(numbers: Uint32Array, offset: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < width; i++) {
    if (i === budgetAt) continue
    hash = Math.imul(hash ^ (numbers[offset + i] as number), 0x01000193)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
