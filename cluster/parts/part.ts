/**
 * What a part of the cluster is: a named process with a fixed command line and a way to tell that it answers. The
 * lists of parts are in control-plane.ts, node.ts, storage.ts and fake-nodes.ts; starting and ending them is in launch.ts.
 */

/** How to tell, from outside of the box, that a part answers. */
export type Answer =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'socket' | 'runtime'; readonly path: string }
  | { readonly kind: 'api' }
  | { readonly kind: 'relay' }
  /** It listens (at this address, where another part has the same port), and the nodes that it speaks for are Ready. */
  | {
      readonly kind: 'nodes'
      readonly port: number
      readonly address?: string
      readonly nodes: readonly string[]
    }

/** One process of the cluster. */
export interface Part {
  readonly name: string
  /** Program and arguments, with paths as the box sees them. */
  readonly command: readonly string[]
  readonly answers: Answer
  /** Parts that this one cannot be without for long: it may end by itself when one of them is away. */
  readonly needs?: readonly string[]
}
