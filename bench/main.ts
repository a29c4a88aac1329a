/**
 * Runs benches: `node bench/main.ts [NAME] [RUNS]`, all of them where no name is given, five runs each. Prints a table for
 * each, and writes it to bench/results/. Starts the cluster `canary-bench`, or `canary-bench-node`, where a bench needs one, and
 * ends it; set BENCH_CLUSTER to use one that runs already.
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
/** By where a bench runs: the cluster, and how that is started. */
const clusters = {
  cluster: { name: running ?? 'canary-bench', options: ['--control-plane-only'] },
  node: { name: running ?? 'canary-bench-node', options: [] },
} as const
type Place = keyof typeof clusters

for (const place of ['machine', ...(Object.keys(clusters) as Place[])] as const) {
  const here = chosen.filter((bench) => bench.place === place)
  if (here.length > 0) await inPlace(place, here)
}

async function inPlace(place: Bench['place'], here: readonly Bench[]): Promise<void> {
  const isOurs = place !== 'machine' && running === undefined
  try {
    if (isOurs) runCluster(place, 'up')
    for (const bench of here) report(bench, await measure(bench, Number(runs)))
  } finally {
    if (isOurs) runCluster(place, 'down')
  }
}

async function measure(bench: Bench, times: number): Promise<readonly Run[]> {
  process.stderr.write(`${bench.name}: preparing\n`)
  if (bench.place === 'machine') await bench.prepare?.()
  else inCluster(bench, bench.place, 'prepare')
  const done: Run[] = []
  for (let run = 1; run <= times; run++) {
    process.stderr.write(`${bench.name}: run ${run} of ${times}\n`)
    const load = loadavg()[0] ?? Number.NaN
    const figures =
      bench.place === 'machine'
        ? await bench.measure()
        : (JSON.parse(inCluster(bench, bench.place, 'measure')) as Figures)
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

function inCluster({ name: bench }: Bench, place: Place, step: 'prepare' | 'measure'): string {
  const oneRun = [process.execPath, join(import.meta.dirname, 'one-run.ts'), bench, step]
  return execFileSync(
    process.execPath,
    [clusterCommand, 'exec', '--name', clusters[place].name, '--', ...oneRun],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
}

function runCluster(place: Place, verb: 'up' | 'down'): void {
  const { name: cluster, options } = clusters[place]
  execFileSync(
    process.execPath,
    [clusterCommand, verb, '--name', cluster, ...(verb === 'up' ? options : [])],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}
