/**
 * How long the test cluster takes to come up and to go, and how much memory it holds, with everything built already.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Bench, Figures } from './bench.ts'

const command = join(import.meta.dirname, '..', 'cluster', 'main.ts')
const name = 'canary-bench-self'

export const cluster: Bench = {
  name: 'cluster',
  about:
    'The test cluster, everything built already: from `up` until it says so, its resident memory with all processes summed, and `down`.',
  place: 'machine',
  columns: {
    node: { title: 'node Ready, s', bar: 8, digits: 2 },
    storage: { title: 'storage ready, s', bar: 12, digits: 2 },
    images: { title: 'images imported, s', digits: 2 },
    gigabytes: { title: 'resident, GB', bar: 1.5, digits: 2 },
    down: { title: 'down, s', bar: 1.5, digits: 2 },
  },
  measure,
}

async function measure(): Promise<Figures> {
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
  return execFileSync(process.execPath, [command, verb, '--name', name, ...more], { encoding: 'utf8' })
}

function momentOf(told: string, pattern: RegExp): number {
  const found = pattern.exec(told)?.[1]
  if (found === undefined) throw new Error(`the cluster command did not say ${pattern.source}`)
  return Number(found)
}
