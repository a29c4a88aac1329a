/**
 * `make mutants`: every mutant, what catches it or why nothing can; written to docs/explain/mutants.md. Ends with 1 where
 * one survives without a reason.
 */
import { parseArgs } from 'node:util'
import { createHunt, type Round, scenariosWith, type Verdict } from './hunt.ts'
import { allMutants } from './list.ts'
import type { Mutant } from './mutant.ts'
import { isOfNow, nameOf, readPage, type Row, rowOf, sorted, writePage } from './page.ts'

const { values } = parseArgs({
  options: {
    /** Only mutants whose title contains this, or that are called so. */
    only: { type: 'string', default: '' },
    title: { type: 'string', multiple: true, default: [] },
    /** Only those that the page does not know, or knows of a scenario that is no more; or those that it does not call caught. */
    new: { type: 'boolean', default: false },
    open: { type: 'boolean', default: false },
    scenario: { type: 'string', default: '' },
    /** Round after round: worlds of each scenario looked through / explored on from differences / in all / from starts. */
    rounds: { type: 'string', default: '800/2000/30000/100,5000/8000/200000/2000' },
    trace: { type: 'boolean', default: false },
    /** The page stays as it is. */
    dry: { type: 'boolean', default: false },
  },
})

const all = allMutants()
const titles = all.map(({ title }) => title)
const rows = new Map(readPage().map((row): [string, Row] => [row.title, row]))
const scenarios = scenariosWith(values.scenario)

function isWanted({ title }: Mutant): boolean {
  const row = rows.get(nameOf(title))
  if (values.new && row !== undefined && isOfNow(row)) return false
  if (values.open && row?.isCaught === true) return false
  return title.includes(values.only) && (values.title.length === 0 || values.title.includes(title))
}

function tell(verdict: Verdict): void {
  const row = rowOf(verdict)
  rows.set(row.title, row)
  const end = row.isCaught ? row.cells.join(' | ') : `survives, differs in ${row.cells[0]} decisions`
  process.stdout.write(`| ${row.title} | ${end} |\n`)
  if (values.trace && verdict.caught !== undefined)
    process.stdout.write(`${verdict.caught.trace.map((move) => `    ${move}`).join('\n')}\n`)
}

function save(): void {
  if (!values.dry) writePage(titles, [...rows.values()])
}

let left = all.filter(isWanted)
for (const text of values.rounds.split(',')) {
  const [surveyed = 0, beyond = 0, atMost = 0, fromStart = 0] = text.split('/').map(Number)
  const hunt = await createHunt(scenarios, { surveyed, beyond, atMost, fromStart } satisfies Round)
  process.stdout.write(`${left.length} mutants\n`)
  const survive: Mutant[] = []
  for (const mutant of left) {
    const verdict = await hunt.of(mutant)
    tell(verdict)
    save()
    if (verdict.caught === undefined) survive.push(mutant)
  }
  left = survive
}

save()
const { unjudged, untried } = sorted(titles, [...rows.values()])
const open = [...unjudged.map(({ title }) => title), ...untried]
process.stdout.write(
  `${left.length} survive. Open: ${open.length}\n${open.map((title) => `  ${title}\n`).join('')}`,
)
if (open.length > 0 && !values.dry) process.exitCode = 1
