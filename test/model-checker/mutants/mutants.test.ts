/**
 * A few mutants, each caught within seconds: the promises can be broken, and the model checker notices. `make mutants`
 * tries all of them.
 */
import { describe, expect, it } from 'vitest'
import { mutantsOf } from './derive.ts'
import { hunt } from './hunt.ts'
import { allMutants } from './list.ts'
import { mutated } from './mutant.ts'
import { survivors } from './survivors.ts'

const mutants = allMutants()

describe('mutants', () => {
  it.each([
    ['record: rollout.from is lost', 'from of a rollout under way becomes another'],
    ['promote: the one patch has no partition', 'which the record does not call touched'],
    ['promote: the replicas come back before the template', 'the partition is raised'],
    ['promote: the partition falls while a new replica is not available', 'leaves 0 of 2 available'],
    ['promote: the old version is still the accepted one at the end', 'opens what b wrote'],
    ['roll back: a failed version is not rejected', 'was rejected and is rolled out again by itself'],
    ['every write is taken for one that needs no live LIST', 'have baked'],
    ['record: rollout is lost', 'it never comes to rest'],
  ])('"%s" is caught', async (title, promise) => {
    const mutant = mutants.find((candidate) => candidate.title === title)
    if (mutant === undefined) throw new Error(`no mutant is called "${title}"`)

    const found = await hunt(mutant, [700])

    expect(found?.promise).toContain(promise)
  })

  it('have a title each, and are many', () => {
    expect(new Set(mutants.map(({ title }) => title)).size).toBe(mutants.length)
    expect(mutants.length).toBeGreaterThan(200)
  })

  it('survive only by a title that is still one', () => {
    const stale = survivors.filter(([titles]) => !mutants.some(({ title }) => titles.test(title)))

    expect(stale).toEqual([])
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

  it('takes each conjunct away, and leaves what only the compiler asks for', () => {
    expect(variants('  const whole = set !== undefined && set.observed && (a || b)\n')).toEqual([
      '  const whole = set !== undefined && (a || b)\n',
      '  const whole = set !== undefined && set.observed\n',
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
