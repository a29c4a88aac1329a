/**
 * What a bench is. Each has a file of its own; benches.ts lists them, main.ts runs them, table.ts prints what they found.
 * Benches find figures and judge nothing: a machine that does other work gives other figures. What must always be so
 * (counts, not times) is asserted in tests instead.
 */

export interface Column {
  readonly title: string
  /** What the figure should not exceed. */
  readonly bar?: number
  readonly digits?: number
}

/** One run: a number for each column. */
export type Figures = Readonly<Record<string, number>>

export interface Bench {
  /** For `make bench NAME=...`. */
  readonly name: string
  /** What is measured and how, for the reader of the table. */
  readonly about: string
  /**
   * `machine`: runs in the runner's own process. `cluster`: each run is a new process in the network of a test cluster,
   * KUBECONFIG set. `node`: the same, and that cluster has a node, so that pods run.
   */
  readonly place: 'machine' | 'cluster' | 'node'
  readonly columns: Readonly<Record<string, Column>>
  /** Once before the runs, in the same place. Finds its work done where it is. */
  readonly prepare?: () => Promise<void>
  readonly measure: () => Promise<Figures>
}
