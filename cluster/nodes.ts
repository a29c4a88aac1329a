/**
 * The nodes of a shape: their names, and for real ones the addresses and places that follow from the number. The first
 * real node has the plain paths; what belongs to another one carries its name, as its parts do (`kubelet@n2`).
 */
import { join } from 'node:path'

import type { Shape } from './shape.ts'
import { type Cluster, INNER } from './state/state.ts'

/** A node with a kubelet and a containerd of its own. All of them live in the one box and share its network. */
export interface RealNode {
  readonly name: string
  /** Ends the names of the node's parts and files: '' for n1, '@n2' for n2. */
  readonly mark: string
  /** In the box's network; a kubelet refuses a loopback address. */
  readonly address: string
  /** Its pods get their addresses from here. */
  readonly podRange: string
  /** The kubelet's directory; the CSI sockets lie below it. */
  readonly kubeletRoot: string
  /** containerd's directory of what outlives it. */
  readonly containerdRoot: string
  /** containerd's directory of what does not, with its socket; /run is private to the box. */
  readonly containerdState: string
  /** The node's control group below that of the cluster; the kubelet adds `kubepods`. */
  readonly subgroup: string
}

/** The real nodes, n1 first; none when the nodes are fake. */
export function realNodes({ kind, nodes }: Shape): readonly RealNode[] {
  return kind === 'real' ? numbers(nodes).map(realNode) : []
}

/** Names of all nodes, n1, n2, ... or f1, f2, ... */
export function nodeNames({ kind, nodes }: Shape): readonly string[] {
  return numbers(nodes).map((number) => `${kind === 'real' ? 'n' : 'f'}${number}`)
}

/** The control group that the node's kubelet is given. */
export function nodeControlGroup(cluster: Cluster, node: RealNode): string {
  return join(cluster.controlGroup, node.subgroup)
}

function realNode(number: number): RealNode {
  const name = `n${number}`
  const mark = number === 1 ? '' : `@${name}`
  return {
    name,
    mark,
    address: `10.250.0.${number}`,
    podRange: `10.244.${number}.0/24`,
    kubeletRoot: `${INNER}/kubelet${mark}`,
    containerdRoot: `${INNER}/containerd${mark}`,
    containerdState: `/run/containerd${mark}`,
    subgroup: number === 1 ? '' : name,
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
