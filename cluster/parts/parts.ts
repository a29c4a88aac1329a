/**
 * All parts of a cluster of some shape, by name.
 */
import { Failure } from '../failure.ts'
import { nodeNames, realNodes } from '../nodes.ts'
import { type Shape, shapeInWords } from '../shape.ts'
import { controlPlaneParts, networkParts } from './control-plane.ts'
import { fakeNodeParts } from './fake-nodes.ts'
import { nodeParts } from './node.ts'
import type { Part } from './part.ts'
import { fakeStorageParts, storageParts } from './storage.ts'

/** Every part, in the order in which they must come up. */
export function allParts(shape: Shape): readonly Part[] {
  const [first] = realNodes(shape)
  const [name = ''] = nodeNames(shape)
  return first === undefined
    ? [...controlPlaneParts(shape), ...fakeNodeParts(shape), ...fakeStorageParts(name)]
    : [
        ...controlPlaneParts(shape),
        ...networkParts(),
        ...realNodes(shape).flatMap(nodeParts),
        ...storageParts(first),
      ]
}

/** The part with this name, or all parts of the real node with it; an unknown name fails with the list of names. */
export function partsNamed(shape: Shape, name: string): readonly Part[] {
  const node = realNodes(shape).find((candidate) => candidate.name === name)
  if (node !== undefined) return nodeParts(node)
  const part = allParts(shape).find((candidate) => candidate.name === name)
  if (part !== undefined) return [part]
  const names = allParts(shape).map((candidate) => candidate.name)
  const nodes = realNodes(shape).map((candidate) => candidate.name)
  const besides = nodes.length > 0 ? ` The name of a node stands for its parts: ${nodes.join(', ')}.` : ''
  throw new Failure(`There is no part "${name}". The parts are: ${names.join(', ')}.${besides}`)
}

/** The part with exactly this name, which must be there. */
export function partNamed(shape: Shape, name: string): Part {
  const part = allParts(shape).find((candidate) => candidate.name === name)
  if (part === undefined) throw new Error(`a cluster of ${shapeInWords(shape)} has no part ${name}`)
  return part
}

/** All parts that need this one, each after the one through which it does. */
export function followersOf(shape: Shape, part: Part): readonly Part[] {
  return allParts(shape)
    .filter(({ needs = [] }) => needs.includes(part.name))
    .flatMap((follower) => [follower, ...followersOf(shape, follower)])
}
