/**
 * The tables of docs/explain/model-checking.md. Each stands between two comments and is replaced as a whole; what a short
 * look can tell (scenarios, ways out, reasons) is compared with the page in a test.
 */
import { exits } from './exits.ts'
import type { Exploration } from './explore.ts'
import type { Scenario } from './scenario.ts'
import type { Watched } from './watch-conditions.ts'
import { reasonFor } from './one-sided.ts'

export interface Explored {
  readonly scenario: Scenario
  readonly found: Exploration
  readonly seconds: number
}

/** What a test asks of a run. */
export interface Results {
  readonly scenarios: readonly {
    readonly title: string
    readonly states: number
    /** The shortest way to a broken promise. */
    readonly broken: readonly string[]
  }[]
  readonly met: readonly string[]
  readonly conditions: readonly Watched[]
}

/** What a scenario is about, in one cell. */
export function contentsOf({
  replicas,
  canaryReplicas,
  before = [],
  begun,
  edits,
  faults = {},
}: Scenario): string {
  const wrong = Object.entries(faults).map(([fault, count]) => `${count} ${fault}`)
  return [
    `${replicas}/${canaryReplicas}`,
    ...before.map(({ what }) => `after ${what}`),
    ...(begun === undefined ? [] : [`${begun.edit.what}, until ${begun.until}`]),
    ...edits.map(({ what }) => what),
    ...wrong,
  ].join('; ')
}

export const scenarioHead =
  '| scenario | replicas/canaries; edits; faults | worlds | s | comes to rest as |\n|---|---|---|---|---|\n'

export function scenarioRow({ scenario, found, seconds }: Explored): string {
  const { states, complete, rests } = found
  const classes = [...rests].toSorted(([, one], [, other]) => other - one).map(([name]) => name)
  const size = `${states.toLocaleString('en')}${complete ? '' : ' (capped)'}`
  return `| ${scenario.title} | ${contentsOf(scenario)} | ${size} | ${seconds.toFixed(0)} | ${classes.join(', ')} |\n`
}

export function restTable(explored: readonly Explored[]): string {
  const head = '| rest | way out | seen in | what people read there |\n|---|---|---|---|\n'
  const rows = Object.entries(exits).map(([rest, { act }]) => {
    const seen = explored.filter(({ found }) => found.rests.has(rest))
    const [first] = seen
    const said = (first?.found.examples.get(rest) ?? '').replaceAll('|', '\\|')
    return `${restCells(rest, act)} ${seen.length} scenarios: ${first?.scenario.title ?? 'none'} | ${said} |\n`
  })
  return head + rows.join('')
}

/** What is the same in every run. */
export function restCells(rest: string, act: string): string {
  return `| ${rest} | ${act} |`
}

export function conditionTable(conditions: readonly Watched[]): string {
  const oneSided = conditions.filter(({ held, failed }) => !held || !failed)
  const rows = oneSided.map((condition) => `${conditionCells(condition)} ${sideOf(condition)} |\n`)
  return (
    `${conditions.length - oneSided.length} of ${conditions.length} were seen to hold and not to hold. The others:\n\n` +
    `| condition | why | seen |\n|---|---|---|\n${rows.join('')}`
  )
}

export function conditionCells({ title }: Pick<Watched, 'title'>): string {
  return `| \`${title.replaceAll('|', '\\|')}\` | ${reasonFor(title) ?? 'NO REASON IS KNOWN'} |`
}

function sideOf({ held, failed, kind }: Watched): string {
  if (!held && !failed) return 'not asked'
  const isSo = kind === 'holds' ? 'holds' : 'speaks'
  return held ? `it ${isSo}` : `it never ${isSo}`
}

/** The page with what stands between the comments of this name replaced. */
export function withSection(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by make check-model -->`, `<!-- end of ${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to === -1) throw new Error(`the page has no section ${name}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n${page.slice(to)}`
}
