/**
 * Every scenario, up to a bound that keeps this under a minute or two; `make check-model` explores them to the end. A
 * broken promise fails with the shortest way to it.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { rules } from '../../src/core/rules/rules.ts'
import { explore } from './explore.ts'
import { scenarios } from './scenarios.ts'

const statesEach = 20_000

/** Rules that nothing in this world can bring about, and where they are tested instead. */
const elsewhere: Readonly<Record<string, string>> = {
  gone: 'a resource that is gone is not visited',
  twoWriters: 'the promises would be broken before',
  settings: 'retention is not in the model',
  unmatched: 'no world may fit no rule',
}

describe('no order of moves, edits and faults breaks a promise, and all come to rest', () => {
  const met = new Set<string>()
  let states = 0

  test.each(scenarios)('$title', (scenario) => {
    const found = explore(scenario, { states: statesEach })
    for (const what of found.met) met.add(what)
    states += found.states
    expect(found.broken?.trace.map((move, index) => `${index + 1}. ${move}`).join('\n')).toBeUndefined()
  })

  afterAll(() => {
    process.stdout.write(`model checker: ${states} worlds in ${scenarios.length} scenarios\n`)
    const silent = rules.map(([name]) => name).filter((name) => !met.has(`rule ${name}`))
    expect(silent.toSorted()).toEqual(Object.keys(elsewhere).toSorted())
    expect(states).toBeGreaterThan(1_000_000)
  })
})
