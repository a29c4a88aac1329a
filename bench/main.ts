/**
 * Runs benches: `node bench/main.ts [NAME] [RUNS]`, all of them where no name is given, five runs each. Prints a table for
 * each, and writes it to bench/results/. Starts the cluster `canary-bench` where a bench needs one, and ends it; set
 * BENCH_CLUSTER to use one that runs already.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Bench, Figures } from './bench.ts'
import { benches } from './benches.ts'
import { type Run, tableOf } from './table.ts'

const clusterCommand = join(import.meta.dirname, '..', 'cluster', 'main.ts')
const results = join(import.meta.dirname, 'results')

const [name, runs = '5'] = process.argv.slice(2)
const chosen = name ? benches.filter((bench) => bench.name === name) : benches
if (chosen.length === 0) {
  process.stderr.write(
    `There is no bench ${name}; there are ${benches.map((bench) => bench.name).join(', ')}.\n`,
  )
  process.exitCode = 2
}
const running = process.env['BENCH_CLUSTER']
const clusterName = running ?? 'canary-bench'
const needsCluster = chosen.some(({ place }) => place === 'cluster')

try {
  if (needsCluster && running === undefined) runCluster('up', '--control-plane-only')
  for (const bench of chosen) report(bench, await measure(bench, Number(runs)))
} finally {
  if (needsCluster && running === undefined) runCluster('down')
}

async function measure(bench: Bench, times: number): Promise<readonly Run[]> {
  process.stderr.write(`${bench.name}: preparing\n`)
  if (bench.place === 'cluster') inCluster(bench, 'prepare')
  else await bench.prepare?.()
  const done: Run[] = []
  for (let run = 1; run <= times; run++) {
    process.stderr.write(`${bench.name}: run ${run} of ${times}\n`)
    const load = loadavg()[0] ?? Number.NaN
    const figures =
      bench.place === 'cluster' ? (JSON.parse(inCluster(bench, 'measure')) as Figures) : await bench.measure()
    done.push({ load, figures })
  }
  return done
}

function report(bench: Bench, done: readonly Run[]): void {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 16)}Z`
  const page = `# ${bench.name}\n\n${bench.about}\n\n${tableOf(bench, done)}\n\n${machine}. Load is the machine's, over a minute, when the run began.\n`
  console.log(page)
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${bench.name}.md`), page)
}

function inCluster({ name: bench }: Bench, step: 'prepare' | 'measure'): string {
  const oneRun = [process.execPath, join(import.meta.dirname, 'one-run.ts'), bench, step]
  return execFileSync(process.execPath, [clusterCommand, 'exec', '--name', clusterName, '--', ...oneRun], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function runCluster(verb: 'up' | 'down', ...more: readonly string[]): void {
  execFileSync(process.execPath, [clusterCommand, verb, '--name', clusterName, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
