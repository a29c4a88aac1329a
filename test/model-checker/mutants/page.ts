/**
 * docs/explain/mutants.md: what is known of each mutant. The page is the memory, too: a run that tries only some of them
 * leaves the rows of the others as they are, and drops those of mutants that are no more.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scenarios } from '../scenarios.ts'
import type { Verdict } from './hunt.ts'
import { elsewhere } from './list.ts'
import { reasonFor } from './survivors.ts'

export interface Row {
  readonly title: string
  /** Of one that is caught: the broken promise, the scenario and the number of moves; else in how many decisions it differs. */
  readonly cells: readonly string[]
  readonly isCaught: boolean
}

export const place = join(import.meta.dirname, '../../../docs/explain/mutants.md')
const columns = { caught: 3, open: 1 }

/** As a cell: long ones are cut, and a pipe would end it. */
export function nameOf(title: string): string {
  const short = title.length <= 150 ? title : `${title.slice(0, 149)}…`
  return `\`${short.replaceAll('|', '\\|').replaceAll('`', "'")}\``
}

export function rowOf({ mutant, caught, differs }: Verdict): Row {
  const title = nameOf(mutant.title)
  if (caught === undefined) return { title, cells: [String(differs)], isCaught: false }
  const moves = caught.trace.filter((line) => !line.startsWith('=>')).length
  const cells = [caught.promise.replaceAll('|', '\\|').slice(0, 120), caught.scenario, String(moves)]
  return { title, cells, isCaught: true }
}

export function readPage(): readonly Row[] {
  const rows = readFileSync(place, 'utf8').matchAll(/^\| (`(?:[^`\\]|\\.)*`) \| (.*) \|$/gm)
  return [...rows].map(([, title = '', rest = '']) => {
    const cells = rest.split(' | ')
    const isCaught = cells.length === columns.caught
    return { title, cells: isCaught ? cells : cells.slice(0, columns.open), isCaught }
  })
}

/** What caught it is a scenario still. */
export function isOfNow({ isCaught, cells: [, scenario] }: Row): boolean {
  return !isCaught || scenarios.some(({ title }) => title === scenario)
}

/** `titles` are those of all mutants, in the order of the page. */
export function writePage(titles: readonly string[], rows: readonly Row[]): void {
  writeFileSync(place, pageOf(titles, rows))
}

export function pageOf(titles: readonly string[], rows: readonly Row[]): string {
  const { caught, explained, unjudged, untried } = sorted(titles, rows)
  return `# Preconditions taken away, one by one

A precondition that nothing needs is clutter, and one that something needs must not fall away unnoticed. So the model checker
([every order of events, explored](model-checking.md)) is run against the operator with one of them missing. The list is made from the
source itself: every operand of a chain of checks (\`a(facts) ?? b(facts)\`), every conjunct, disjunct and guard of \`src/core\`'s rules, moves,
preconditions and facts, each pair of neighbours in the list of rules; and by hand each field of the record, and patches that are split.

${titles.length} mutants: ${caught.length} are caught, each by a promise that it breaks; ${explained.length} are not, each for a reason; ${unjudged.length} are not, and nobody
has said yet why; ${untried.length} were not tried yet.

Written by \`make mutants\`. The operator as it is walks through each scenario; every decision that the mutant makes otherwise is noted, and
the mutant is explored from those worlds on. After a change of the source \`node test/model-checker/mutants/main.ts --new\` tries only the
mutants that this page does not know, or knows of a scenario that is no more, and \`--open\` those that it does not call caught. How the holes of the first design are opened again is
told in [holes](holes.md).

## Caught

| mutant | broken promise | scenario | moves |
|---|---|---|---|
${caught.map(({ title, cells }) => `| ${title} | ${cells.join(' | ')} |`).join('\n')}

## Not caught, for a reason

The number says in how many of the decisions that were looked through the mutant decides otherwise than the operator does.

| mutant | differs | why no promise is broken |
|---|---|---|
${explained.map(({ row, reason }) => `| ${row.title} | ${row.cells[0]} | ${reason} |`).join('\n')}

## Not caught, and not judged yet

| mutant | differs | |
|---|---|---|
${unjudged.map((row) => `| ${row.title} | ${row.cells[0]} | in a short exploration |`).join('\n')}

## Not tried yet

${untried.map((title) => `- ${nameOf(title)}`).join('\n')}

## Left out

${elsewhere.map(([, why]) => `- ${why}`).join('\n')}
`
}

/** What is known of each mutant, in the order of the source. */
export function sorted(titles: readonly string[], rows: readonly Row[]) {
  const known = new Map(rows.map((row) => [row.title, row]))
  const all = titles.map((title) => ({ title, reason: reasonFor(title), row: known.get(nameOf(title)) }))
  return {
    caught: all.flatMap(({ row }) => (row?.isCaught === true ? [row] : [])),
    explained: all.flatMap(({ row, reason }) =>
      row?.isCaught === false && reason !== undefined ? [{ row, reason }] : [],
    ),
    unjudged: all.flatMap(({ row, reason }) =>
      row?.isCaught === false && reason === undefined ? [row] : [],
    ),
    untried: all.flatMap(({ title, row }) => (row === undefined ? [title] : [])),
  }
}
