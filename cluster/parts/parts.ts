/**
 * All parts of a cluster by name.
 */
import { Failure } from '../failure.ts'
import { controlPlaneParts } from './control-plane.ts'
import { nodeParts } from './node.ts'
import type { Part } from './part.ts'
import { storageParts } from './storage.ts'

/** Every part, in the order in which they must come up. */
export function allParts(): readonly Part[] {
  return [...controlPlaneParts(), ...nodeParts(), ...storageParts()]
}

/** The part with this name; an unknown name fails with the list of names. */
export function partNamed(name: string): Part {
  const part = allParts().find((candidate) => candidate.name === name)
  if (part !== undefined) return part
  const names = allParts().map((candidate) => candidate.name)
  throw new Failure(`There is no part "${name}". The parts are: ${names.join(', ')}.`)
}
