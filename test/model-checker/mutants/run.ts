/**
 * A mutant's process: explores the scenarios, at first a little of each and then more, and ends with the first broken
 * promise, as one line of JSON; or with `null` where none was found.
 */
import { explore } from '../explore.ts'
import { scenarios } from '../scenarios.ts'
import type { Catch } from './hunt.ts'

const levels = JSON.parse(process.env['LEVELS'] ?? '[]') as readonly number[]

/** Those that begin in the middle of a rollout find most, soonest. */
const only = process.env['SCENARIO'] ?? ''
const ordered = scenarios
  .filter(({ title }) => title.includes(only))
  .toSorted((one, other) => Number(!one.before) - Number(!other.before))

function hunt(): Catch | undefined {
  for (const states of levels) {
    for (const scenario of ordered) {
      const { broken } = explore(scenario, { states })
      if (broken !== undefined)
        return { scenario: scenario.title, promise: broken.promise, trace: broken.trace }
    }
  }
  return undefined
}

process.stdout.write(`${JSON.stringify(hunt() ?? null)}\n`)
