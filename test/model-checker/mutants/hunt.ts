/** Explores with one mutant in the place of the real source, in a process of its own. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Mutant } from './mutant.ts'

/** The first promise that was seen broken. */
export interface Catch {
  readonly scenario: string
  readonly promise: string
  /** The shortest way there, a move a line. */
  readonly trace: readonly string[]
}

const run = promisify(execFile)

/** Explores so many worlds of each scenario, then more. Undefined where the mutant survives. Throws where its process ends otherwise. */
export async function hunt(
  mutant: Mutant,
  levels: readonly number[],
  scenario = '',
): Promise<Catch | undefined> {
  const { stdout } = await run(
    process.execPath,
    ['--import', join(import.meta.dirname, 'substitute.ts'), join(import.meta.dirname, 'run.ts')],
    {
      env: {
        ...process.env,
        MUTANT: JSON.stringify(mutant),
        LEVELS: JSON.stringify(levels),
        SCENARIO: scenario,
      },
    },
  )
  return (JSON.parse(stdout) as Catch | null) ?? undefined
}
