/**
 * Keeps the pages true where a machine can: every reason code has its paragraph, links lead somewhere, and the YAML that
 * people copy is a file of examples/, which a test applies to a real cluster.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/core/rules/rules.ts'

const repository = join(import.meta.dirname, '..')

function markdownBelow(directory: string): readonly string[] {
  return readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(directory, file))
}

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...markdownBelow('docs')]

function textOf(page: string): string {
  return readFileSync(join(repository, page), 'utf8')
}

describe('docs/reference/conditions.md', () => {
  const union = /^export type (?:Resting|Working|Stalled) =\n(?<members>(?: .*\n)+)/gm
  const source = textOf('src/core/reason.ts')
  const codes = [...source.matchAll(union)].flatMap((match) =>
    [...(match.groups?.['members'] ?? '').matchAll(/readonly code: '(\w+)'/g)].map(([, code]) => code),
  )
  const headings = [...textOf('docs/reference/conditions.md').matchAll(/^### (\w+)$/gm)].map(
    ([, code]) => code,
  )

  it('has a paragraph for every reason, and for nothing else', () => {
    expect(codes.length).toBeGreaterThan(20)
    expect(new Set(headings)).toEqual(new Set(codes))
  })
})

describe('docs/explain/how-it-decides.md', () => {
  it('lists the rules in their order', () => {
    const [, table = ''] = textOf('docs/explain/how-it-decides.md').split('## The rules, in order')
    const told = [...table.matchAll(/^\| (\w+) \|/gm)].map(([, rule]) => rule)

    const start = told.indexOf('rule') + 1
    expect(told.slice(start, start + rules.length)).toEqual(rules.map(([name]) => name))
  })
})

describe('pages', () => {
  it.each(pages)('%s links only to files that exist', (page) => {
    const targets = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(
      ([, target = '']) => target,
    )

    const broken = targets.filter((target) => !existsSync(join(repository, dirname(page), target)))

    expect(broken).toEqual([])
  })

  it.each(pages)('%s shows YAML only as it stands in examples/', (page) => {
    const examples = readdirSync(join(repository, 'examples'))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => textOf(relative(repository, join(repository, 'examples', file))))

    const blocks = [...textOf(page).matchAll(/```yaml\n(?<yaml>[\s\S]*?)```/g)].map(
      (match) => match.groups?.['yaml'] ?? '',
    )

    expect(blocks.filter((block) => !examples.some((example) => example.includes(block)))).toEqual([])
  })
})
