/**
 * Sums the test results of all layers into the one line that CI reads. A run that failed outside any test (check,
 * a cluster that did not come up) counts as one failure, so the line never looks green when the run was not.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

const [folder = '.cache/results', status = '0'] = process.argv.slice(2)
const layers = readResults(folder)
const passed = sum(layers.map((layer) => layer.numPassedTests))
const failed = sum(layers.map((layer) => layer.numFailedTests))
const skipped = sum(layers.map((layer) => layer.numPendingTests))
const unexplained = status !== '0' && failed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed + unexplained} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)

function readResults(path: string): readonly Results[] {
  try {
    const files = readdirSync(path).filter((file) => file.endsWith('.json'))
    return files.map((file) => JSON.parse(readFileSync(join(path, file), 'utf8')) as Results)
  } catch {
    return []
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
