/** Conditions are read off a source, and counted in it without changing what it does. */
import { describe, expect, it } from 'vitest'
import { conditionsOf, instrumented } from './conditions.ts'

function asked(source: string): readonly string[] {
  return conditionsOf('x.ts', source).map(({ title, kind }) => `${kind} ${title}`)
}

describe('conditionsOf', () => {
  it('finds operands, and not what is made where they hold', () => {
    expect(asked('function f() {\n  return a() && !(b || c.d) && { e }\n}\n')).toEqual([
      'holds x.ts f: a()',
      'holds x.ts f: b',
      'holds x.ts f: c.d',
    ])
  })

  it('finds the conditions of if, of ? : and of a search', () => {
    expect(asked('function f() {\n  if (a) return b ? 1 : 2\n  return d.find((e) => e.f)\n}\n')).toEqual([
      'holds x.ts f: a',
      'holds x.ts f: b',
      'holds x.ts f: e.f',
    ])
  })

  it('finds the preconditions of a chain, but for the last of it', () => {
    expect(asked('const f = one(a ?? b) ?? two() ?? three()\n')).toEqual([
      'speaks x.ts : one(a ?? b)',
      'speaks x.ts : two()',
    ])
  })

  it('numbers those of one text', () => {
    expect(asked('function f() {\n  if (a) return a && b\n  return 1\n}\n')).toEqual([
      'holds x.ts f: a',
      'holds x.ts f: a (2)',
      'holds x.ts f: b',
    ])
  })
})

describe('instrumented', () => {
  it('hands each condition through, within each other as they stand', () => {
    const source = 'if (a.some((b) => b || c)) d = e() ?? f()\n'

    expect(instrumented(source, conditionsOf('x.ts', source), 7)).toBe(
      'if (__holds(7, a.some((b) => __holds(8, b) || __holds(9, c)))) d = __speaks(10, e()) ?? f()\n',
    )
  })
})
