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
  const source = textOf('src/core/reason.ts')
  const page = textOf('docs/reference/conditions.md')

  function codesOf(union: string): readonly (string | undefined)[] {
    const members = new RegExp(`^export type ${union} =\\n(?<members>(?: .*\\n)+)`, 'm').exec(source)
      ?.groups?.['members']
    return [...(members ?? '').matchAll(/readonly code: '(\w+)'/g)].map(([, code]) => code)
  }

  function headingsBelow(section: string): readonly (string | undefined)[] {
    const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
    return [...text.matchAll(/^### (\w+)$/gm)].map(([, code]) => code)
  }

  it.each([
    ['At rest', 'Resting', 3],
    ['Working', 'Working', 10],
    ['Stalled', 'Stalled', 15],
  ])('tells under "%s" every reason of that kind, and nothing else', (section, union, atLeast) => {
    const codes = codesOf(union)
    const headings = headingsBelow(section)

    expect(codes.length).toBeGreaterThanOrEqual(atLeast)
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

describe('docs/explain/runtime.md', () => {
  it('names only tests that there are', () => {
    const cells = [
      ...textOf('docs/explain/runtime.md').matchAll(/\]\((\S+\.test\.ts)\): ((?:\*[^*]+\*(?:; )?)+)/g),
    ]
    const told = cells.flatMap(([, file = '', titles = '']) =>
      [...titles.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => ({
        file: join('docs/explain', file),
        title,
      })),
    )

    expect(told.length).toBeGreaterThan(30)
    expect(told.filter(({ file, title }) => !textOf(file).includes(title))).toEqual([])
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
