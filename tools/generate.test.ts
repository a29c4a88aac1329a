import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generatedFiles, staleFiles } from './generate.ts'

const repository = join(import.meta.dirname, '..')
const files = [
  { path: 'config/a.yaml', content: () => 'a: 1\n' },
  { path: 'b.md', content: () => '# b\n' },
]
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generate-'))
  await mkdir(join(root, 'config'))
})
afterEach(() => rm(root, { recursive: true }))

describe('staleFiles', () => {
  it('names what is missing and what differs', async () => {
    await writeFile(join(root, 'config/a.yaml'), 'a: 2\n')

    expect((await staleFiles(root, files)).map(({ path }) => path)).toEqual(['config/a.yaml', 'b.md'])
  })

  it('names nothing when all is fresh', async () => {
    await writeFile(join(root, 'config/a.yaml'), 'a: 1\n')
    await writeFile(join(root, 'b.md'), '# b\n')

    expect(await staleFiles(root, files)).toEqual([])
  })
})

describe('the repository', () => {
  it('has its generated files fresh', () => {
    const result = spawnSync(process.execPath, ['tools/generate.ts', '--check'], {
      cwd: repository,
      encoding: 'utf8',
    })

    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
  })

  it('generates the same text in another process', () => {
    const script = `const { generatedFiles } = await import('./tools/generate.ts'); console.log(JSON.stringify(generatedFiles.map((f) => f.content())))`
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: repository,
      encoding: 'utf8',
    })

    expect(JSON.parse(text)).toEqual(generatedFiles.map((file) => file.content()))
  })
})
