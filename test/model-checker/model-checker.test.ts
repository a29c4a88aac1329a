/**
 * Every scenario, up to a bound that keeps this under a minute or two, in a process of its own that counts what the operator
 * asks; `make check-model` explores them to the end. A broken promise fails with the shortest way to it.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rules } from '../../src/core/rules/rules.ts'
import { exits } from './exits.ts'
import { oneSided, reasonFor } from './one-sided.ts'
import { conditionCells, contentsOf, restCells, type Results } from './page.ts'
import { scenarios } from './scenarios.ts'

const statesEach = 14_000
const minutes = 60_000

/** Rules that nothing in this world can bring about, and where they are tested instead. */
const elsewhere: Readonly<Record<string, string>> = {
  gone: 'a resource that is gone is not visited',
  twoWriters: 'the promises would be broken before',
  edited: "strangers' edits of templates are not in the model",
  settings: 'retention is not in the model',
  unmatched: 'no world may fit no rule',
}

let results: Results
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-checker-'))
  const file = join(folder, 'results.json')
  const main = join(import.meta.dirname, 'main.ts')
  // It ends with 1 where something is broken, and that is told below.
  await promisify(execFile)(process.execPath, [main, '--states', `${statesEach}`, '--results', file]).catch(
    () => undefined,
  )
  results = JSON.parse(await readFile(file, 'utf8')) as Results
}, 20 * minutes)

afterAll(() => rm(folder, { recursive: true }))

describe('no order of moves, edits and faults breaks a promise, and all come to rest', () => {
  it.each(scenarios)('$title', ({ title }) => {
    const found = results.scenarios.find((scenario) => scenario.title === title)

    expect(found?.broken.map((move, index) => `${index + 1}. ${move}`).join('\n')).toBe('')
  })

  it('in more than a million worlds', () => {
    const states = results.scenarios.reduce((sum, scenario) => sum + scenario.states, 0)
    process.stdout.write(`model checker: ${states} worlds in ${scenarios.length} scenarios\n`)

    expect(states).toBeGreaterThan(1_000_000)
  })
})

describe('what was seen on the way', () => {
  it('every rule', () => {
    const silent = rules.map(([name]) => name).filter((name) => !results.met.includes(`rule ${name}`))

    expect(silent.toSorted()).toEqual(Object.keys(elsewhere).toSorted())
  })

  it('every condition of the source, both ways, or a reason why not', () => {
    const unexplained = oneSidedOnes().filter((title) => reasonFor(title) === undefined)

    expect(unexplained).toEqual([])
  })

  it('no reason without need', () => {
    const titles = oneSidedOnes()
    const idle = oneSided.filter(([pattern]) => !titles.some((title) => pattern.test(title)))

    expect(idle).toEqual([])
  })

  function oneSidedOnes(): readonly string[] {
    return results.conditions.filter(({ held, failed }) => !(held && failed)).map(({ title }) => title)
  }
})

describe('the page', () => {
  it('tells of these scenarios, ways out and reasons (make check-model writes it)', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/explain/model-checking.md'), 'utf8')
    const cells = [
      ...scenarios.map((scenario) => `| ${scenario.title} | ${contentsOf(scenario)} |`),
      ...Object.entries(exits).map(([rest, { act }]) => restCells(rest, act)),
    ]
    const told = [...page.matchAll(/^\| (`.*?`) \| (.*?) \|/gm)].map(([row]) => row)
    const known = results.conditions.map((condition) => conditionCells(condition))

    expect(cells.filter((cell) => !page.includes(cell))).toEqual([])
    expect(told.filter((row) => !known.includes(row))).toEqual([])
  })
})
