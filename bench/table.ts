/** A bench's runs as a Markdown table: every run with the machine's load at its start, then median, least, most, and the bar. */
import type { Bench, Figures } from './bench.ts'

export interface Run {
  /** Load average over a minute when the run began. */
  readonly load: number
  readonly figures: Figures
}

export function tableOf({ columns }: Bench, runs: readonly Run[]): string {
  const shown = Object.entries(columns)
  const summary = (title: string, of: (figures: readonly number[]) => number): readonly string[] => [
    title,
    ...shown.map(([column, { digits = 1 }]) => of(figuresOf(runs, column)).toFixed(digits)),
    of(runs.map(({ load }) => load)).toFixed(1),
  ]
  return [
    ['run', ...shown.map(([, { title }]) => title), 'load'],
    ['---', ...shown.map(() => '---:'), '---:'],
    ...runs.map(({ load, figures }, index) => [
      String(index + 1),
      ...shown.map(([column, { digits = 1 }]) => figures[column]?.toFixed(digits) ?? ''),
      load.toFixed(1),
    ]),
    summary('**median**', median),
    summary('least', (figures) => Math.min(...figures)),
    summary('most', (figures) => Math.max(...figures)),
    ['**bar**', ...shown.map(([, { bar }]) => (bar === undefined ? '' : `<= ${bar}`)), ''],
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function figuresOf(runs: readonly Run[], column: string): readonly number[] {
  return runs.map(({ figures }) => figures[column] ?? Number.NaN)
}

/** Of an even number: the lower of the two in the middle, which was really seen. */
function median(figures: readonly number[]): number {
  return percentile(figures, 0.5)
}

/** The least figure that so much of all figures does not exceed. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
