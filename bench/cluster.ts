/**
 * How long the test cluster takes to come up and to go, and how much memory it holds, with everything built already.
 * `make bench` runs it five times on a cluster of its own and prints a Markdown table of every run with the bars.
 * It judges nothing: a machine that does other work at the same time gives other figures.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

interface Run {
  readonly node: number
  readonly storage: number
  readonly images: number
  readonly gigabytes: number
  readonly down: number
}

const cluster = join(import.meta.dirname, '..', 'cluster', 'main.ts')
const name = 'canary-bench'
const runs = Number(process.argv[2] ?? 5)

const columns: readonly (readonly [column: keyof Run, title: string, bar: string])[] = [
  ['node', 'node Ready, s', '<= 8'],
  ['storage', 'storage ready, s', '<= 12'],
  ['images', 'images imported, s', ''],
  ['gigabytes', 'resident, GB', '<= 1.5'],
  ['down', 'down, s', '<= 1.5'],
]

const results = Array.from({ length: runs }, measure)
print(
  'run',
  columns.map(([, title, bar]) => (bar === '' ? title : `${title} (${bar})`)),
)
print(
  '---',
  columns.map(() => '---'),
)
results.forEach((run, index) =>
  print(
    String(index + 1),
    columns.map(([column]) => run[column].toFixed(2)),
  ),
)
print(
  'median',
  columns.map(([column]) => median(results.map((run) => run[column])).toFixed(2)),
)

function measure(): Run {
  const told = runCluster('up')
  const { residentBytes } = JSON.parse(runCluster('status', '--json')) as { residentBytes: number }
  const gone = runCluster('down')
  return {
    node: momentOf(told, /([\d.]+) s {2}The node is Ready/),
    storage: momentOf(told, /([\d.]+) s {2}Storage is ready/),
    images: momentOf(told, /([\d.]+) s {2}\d+ images/),
    gigabytes: residentBytes / 1e9,
    down: momentOf(gone, /is gone \(([\d.]+) s\)/),
  }
}

function runCluster(verb: string, ...more: readonly string[]): string {
  return execFileSync(process.execPath, [cluster, verb, '--name', name, ...more], { encoding: 'utf8' })
}

function momentOf(told: string, pattern: RegExp): number {
  const found = pattern.exec(told)?.[1]
  if (found === undefined) throw new Error(`the cluster command did not say ${pattern.source}`)
  return Number(found)
}

function median(figures: readonly number[]): number {
  return figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN
}

function print(first: string, cells: readonly string[]): void {
  console.log(`| ${[first, ...cells].join(' | ')} |`)
}
