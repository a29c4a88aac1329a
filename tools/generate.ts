/**
 * Writes every file that is made from the source, or with --check says which of them are not fresh. A generated file
 * is a name here and a pure function somewhere else. Run by `make generate` and `make check`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { apiReference } from './api-reference.ts'
import { commandLine } from './command-line.ts'
import { crdYaml } from './crd.ts'
import { stateDiagram } from './state-diagram.ts'

/** A generated file, by its path in the repository. */
export interface GeneratedFile {
  readonly path: string
  readonly content: () => string
}

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'config/crd.yaml', content: crdYaml },
  { path: 'docs/reference/api.md', content: apiReference },
  { path: 'docs/reference/command-line.md', content: commandLine },
  { path: 'docs/explain/phases.md', content: stateDiagram },
]

/** Those of the files that differ from what is on disk under `root`, or are missing there. */
export async function staleFiles(root: string, files: readonly GeneratedFile[]): Promise<GeneratedFile[]> {
  const onDisk = await Promise.all(
    files.map(({ path }) => readFile(join(root, path), 'utf8').catch(() => undefined)),
  )
  return files.filter((file, index) => onDisk[index] !== file.content())
}

async function main(root: string, checkOnly: boolean): Promise<void> {
  const stale = await staleFiles(root, generatedFiles)
  const names = stale.map(({ path }) => path).join(', ')
  if (checkOnly && stale.length > 0) {
    console.error(
      `generate: ${names} no longer match the source: run \`make generate\` and commit the result`,
    )
    process.exitCode = 1
    return
  }
  for (const { path, content } of stale) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content())
  }
  console.log(
    stale.length === 0 ? `generate: ${generatedFiles.length} files are fresh` : `generate: wrote ${names}`,
  )
}

if (import.meta.main) await main(join(import.meta.dirname, '..'), process.argv.includes('--check'))
