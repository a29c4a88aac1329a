/**
 * `make check-model`: every scenario to the end (or to a bound that memory sets), and the table for the docs. Ends with
 * 1 where a promise is broken, after its shortest trace.
 */
import { parseArgs } from 'node:util'
import { explore, type Exploration } from './explore.ts'
import { scenarios } from './scenarios.ts'

const { values } = parseArgs({
  options: { states: { type: 'string', default: '4000000' }, only: { type: 'string' } },
})

function rowOf(title: string, { states, complete, rests }: Exploration, seconds: number): string {
  const classes = [...rests].toSorted(([, one], [, other]) => other - one).map(([name]) => name)
  const size = `${states.toLocaleString('en')}${complete ? '' : ' (capped)'}`
  return `| ${title} | ${size} | ${seconds.toFixed(0)} | ${classes.join(', ')} |`
}

const met = new Set<string>()
let total = 0
process.stdout.write('| scenario | worlds | s | comes to rest as |\n|---|---|---|---|\n')
for (const scenario of scenarios) {
  if (values.only !== undefined && !scenario.title.includes(values.only)) continue
  const started = performance.now()
  const found = explore(scenario, { states: Number(values.states) })
  total += found.states
  for (const what of found.met) met.add(what)
  process.stdout.write(`${rowOf(scenario.title, found, (performance.now() - started) / 1000)}\n`)
  if (found.broken === undefined) continue
  process.exitCode = 1
  const lines = found.broken.trace.map((move, index) => `${String(index + 1).padStart(4)}. ${move}\n`)
  process.stdout.write(`\nBroken: ${found.broken.promise}\n${lines.join('')}\n`)
}
process.stdout.write(`\n${total.toLocaleString('en')} worlds. Met: ${[...met].toSorted().join(', ')}.\n`)
