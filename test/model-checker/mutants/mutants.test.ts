/**
 * A few mutants, each caught within seconds: the promises can be broken, and the model checker notices. `make mutants`
 * tries all of them and writes the page, which must know each.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { mutantsOf } from './derive.ts'
import { allMutants } from './list.ts'
import { mutated } from './mutant.ts'
import { isOfNow, nameOf, pageOf, place, readPage, sorted } from './page.ts'
import { survivors } from './survivors.ts'

const titles = allMutants().map(({ title }) => title)

const sample = [
  ['record: rollout.from is lost', 'a rollout is called reverted while the spec asks for b'],
  ['promote: the one patch has no partition', 'which the record does not call touched'],
  ['promote: the replicas come back before the template', 'the partition is raised'],
  ['promote: the old version is still the accepted one at the end', 'opens what b wrote'],
  ['roll back: a failed version is not rejected', 'was rejected and is rolled out again by itself'],
  ['every write to the stable set is taken for one that needs no live LIST', 'have baked'],
  ['record: rollout is lost', 'it never comes to rest'],
] as const

describe('a sample of the mutants', () => {
  let said = ''

  beforeAll(async () => {
    const chosen = sample.flatMap(([title]) => ['--title', title])
    const args = [join(import.meta.dirname, 'main.ts'), '--dry', '--rounds', '300/500/3000/300', ...chosen]
    said = (await promisify(execFile)(process.execPath, args)).stdout
  }, 300_000)

  it.each(sample)('"%s" is caught', (title, promise) => {
    const row = said.split('\n').find((line) => line.startsWith(`| ${nameOf(title)} |`))

    expect(row).toContain(promise)
  })
})

/** It only ever gets smaller: a new precondition comes with what catches it, or with a reason. */
const openAtMost = 0

describe('the page of the mutants', () => {
  const rows = readPage()

  it('is of these very mutants: main.ts --new tries those that it does not know, and writes it', () => {
    expect(pageOf(titles, rows)).toBe(readFileSync(place, 'utf8'))
  })

  it('has them caught in scenarios that there are: main.ts --new tries the others again', () => {
    expect(rows.filter((row) => !isOfNow(row))).toEqual([])
  })

  it('calls no more of them open', () => {
    const { unjudged, untried } = sorted(titles, rows)

    expect([...unjudged.map(({ title }) => title), ...untried].slice(openAtMost)).toEqual([])
  })
})

describe('mutants', () => {
  it('have a name each, and are many', () => {
    expect(new Set(titles.map(nameOf)).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThan(400)
  })

  it('survive only by a title that is still one', () => {
    expect(survivors.filter(([words]) => !titles.some((title) => words.test(title)))).toEqual([])
  })
})

describe('mutantsOf', () => {
  function variants(source: string): readonly string[] {
    return mutantsOf('x.ts', source).map((mutant) => mutated(source, mutant))
  }

  it('takes each operand of a chain of calls away', () => {
    expect(variants('  return one(a, b ?? c) ?? two() ?? three()\n')).toEqual([
      '  return two() ?? three()\n',
      '  return one(a, b ?? c) ?? three()\n',
      '  return one(a, b ?? c) ?? two()\n',
    ])
  })

  it('takes each conjunct and disjunct away, and leaves what only the compiler asks for', () => {
    expect(variants('  const whole = set !== undefined && set.observed && (a || b)\n')).toEqual([
      '  const whole = set !== undefined && (a || b)\n',
      '  const whole = set !== undefined && set.observed\n',
      '  const whole = set !== undefined && set.observed && (b)\n',
      '  const whole = set !== undefined && set.observed && (a)\n',
    ])
  })

  it('takes guards away, whole statements, and not what stands in words', () => {
    expect(
      variants(
        "function f() {\n  if (is(')')) return 'a && b'\n  if (no)\n    return (\n      x\n    )\n  return y\n}\n",
      ),
    ).toEqual([
      'function f() {\n\n  if (no)\n    return (\n      x\n    )\n  return y\n}\n',
      "function f() {\n  if (is(')')) return 'a && b'\n\n  return y\n}\n",
    ])
  })

  it('swaps neighbours in the list of rules', () => {
    expect(variants("  ['one', one], // first\n  ['two', two], // second\n")).toEqual([
      "  ['two', two],\n  ['one', one], // first // second\n",
    ])
  })
})
