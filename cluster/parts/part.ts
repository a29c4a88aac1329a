/**
 * What a part of the cluster is: a named process with a fixed command line and a way to tell that it answers. The
 * lists of parts are in control-plane.ts, node.ts and storage.ts; starting and ending them is in launch.ts.
 */

/** How to tell, from outside of the box, that a part answers. */
export type Answer =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'api' }
  | { readonly kind: 'relay' }
  | { readonly kind: 'node' }

/** One process of the cluster. */
export interface Part {
  readonly name: string
  /** Program and arguments, with paths as the box sees them. */
  readonly command: readonly string[]
  readonly answers: Answer
  /** Parts that need this one: some of them end by themselves when it is away for long. */
  readonly followers?: readonly string[]
}
