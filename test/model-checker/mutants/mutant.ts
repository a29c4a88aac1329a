/** One small change of the operator's source that takes a precondition, a fact or an order away. */

export interface Mutant {
  /** Says what is missing, and where; by this name a survivor is explained. */
  readonly title: string
  /** Below src/core. */
  readonly file: string
  /** The characters [from, to) of the file become `by`. */
  readonly from: number
  readonly to: number
  readonly by: string
  /** The function that is changed; undefined where it is none. */
  readonly within?: string | undefined
}

export function mutated(source: string, { from, to, by }: Mutant): string {
  return source.slice(0, from) + by + source.slice(to)
}
