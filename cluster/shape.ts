/**
 * What a cluster is made of below its control plane: real nodes that run containers, or fake nodes whose pods are only
 * told to run. Chosen at `up`, kept in the record, and asked for by everything that differs between the two.
 */
import { Failure } from './failure.ts'

/** The kind of a cluster's nodes and how many there are. */
export interface Shape {
  readonly kind: 'real' | 'fake'
  readonly nodes: number
}

/** What `up` makes unless told otherwise. */
export const ONE_REAL_NODE: Shape = { kind: 'real', nodes: 1 }

/** Each real node costs some 300 MB, and their pod ranges and addresses are numbered with one digit. */
const MOST_REAL_NODES = 9
/** Fake nodes cost next to nothing; their heartbeats are the limit. */
const MOST_FAKE_NODES = 1000

/** The options of `up` that choose a shape, as they were given. */
export interface ShapeOptions {
  readonly controlPlaneOnly: boolean
  readonly nodes: string | undefined
  readonly fakeNodes: string | undefined
}

/** The shape that was asked for; options that contradict each other, and numbers out of range, are refused. */
export function shapeFrom({ controlPlaneOnly, nodes, fakeNodes }: ShapeOptions): Shape {
  if (controlPlaneOnly) {
    if (nodes !== undefined)
      throw new Failure('--nodes is for real nodes: with --control-plane-only say --fake-nodes N.')
    return { kind: 'fake', nodes: count('--fake-nodes', fakeNodes, MOST_FAKE_NODES) }
  }
  if (fakeNodes !== undefined) throw new Failure('--fake-nodes needs --control-plane-only beside it.')
  return { kind: 'real', nodes: count('--nodes', nodes, MOST_REAL_NODES) }
}

function count(option: string, text: string | undefined, most: number): number {
  const number = Number(text ?? 1)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new Failure(`${option} takes a number from 1 to ${most}, not "${text}".`)
}

/** True when two shapes are the same. */
export function isSameShape(one: Shape, other: Shape): boolean {
  return one.kind === other.kind && one.nodes === other.nodes
}

/** "one real node", "2 real nodes", "a control plane with 3 fake nodes". */
export function shapeInWords({ kind, nodes }: Shape): string {
  const number = nodes === 1 ? `one ${kind} node` : `${nodes} ${kind} nodes`
  return kind === 'fake' ? `a control plane with ${number}` : number
}
