/**
 * `make check-model`: every scenario to its end, and the tables of docs/explain/model-checking.md, which --write puts into the
 * page. Ends with 1 where a promise is broken, after its shortest trace, or a condition of the source is one-sided without
 * a reason. With --results FILE the same as JSON, for a test.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Explored, Results } from './page.ts'
import { reasonFor } from './one-sided.ts'
import { watchConditions } from './watch-conditions.ts'

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '10000000' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    results: { type: 'string' },
  },
})

// Before anything of the operator is loaded: its conditions are counted.
const conditionsSeen = watchConditions()
const { explore } = await import('./explore.ts')
const { scenarios } = await import('./scenarios.ts')
const { conditionTable, restTable, scenarioHead, scenarioRow, withSection } = await import('./page.ts')

const explored: Explored[] = []
process.stdout.write(scenarioHead)
for (const scenario of scenarios.filter(({ title }) => title.includes(values.only))) {
  const started = performance.now()
  const found = explore(scenario, { states: Number(values.states) })
  const one: Explored = { scenario, found, seconds: (performance.now() - started) / 1000 }
  explored.push(one)
  process.stdout.write(scenarioRow(one))
  if (found.broken === undefined) continue
  process.exitCode = 1
  const lines = found.broken.trace.map((move, index) => `${String(index + 1).padStart(4)}. ${move}\n`)
  process.stdout.write(`\nBroken: ${found.broken.promise}\n${lines.join('')}\n`)
}

const worlds = explored.reduce((sum, { found }) => sum + found.states, 0)
const complete = explored.filter(({ found }) => found.complete).length
const met = [...new Set(explored.flatMap(({ found }) => [...found.met]))].toSorted()
const total = `${worlds.toLocaleString('en')} worlds in ${explored.length} scenarios, ${complete} of them explored to their end.`
const rests = restTable(explored)
const conditions = conditionsSeen()
const oneSided = conditionTable(conditions)
process.stdout.write(`\n${total}\n\n${rests}\n${oneSided}\nMet: ${met.join(', ')}.\n`)

if (conditions.some(({ held, failed, title }) => !(held && failed) && reasonFor(title) === undefined))
  process.exitCode = 1

if (values.results !== undefined) {
  const results: Results = {
    scenarios: explored.map(({ scenario: { title }, found: { states, broken } }) => ({
      title,
      states,
      broken: broken?.trace ?? [],
    })),
    met,
    conditions,
  }
  writeFileSync(values.results, JSON.stringify(results))
}

if (values.write) {
  const path = join(import.meta.dirname, '../../docs/explain/model-checking.md')
  const rows = explored.map((one) => scenarioRow(one)).join('')
  let page = readFileSync(path, 'utf8')
  page = withSection(page, 'scenarios', `${total}\n\n${scenarioHead}${rows}`)
  page = withSection(page, 'rests', rests)
  page = withSection(page, 'conditions', `${oneSided}\nMet: ${met.join(', ')}.\n`)
  writeFileSync(path, page)
}
