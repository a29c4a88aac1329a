/** Runs another program of this repository in the foreground, with our own input and output. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')

/** A program that this one is made of ended badly, having said why itself. */
export class ProgramFailed extends Error {
  readonly exitStatus: number

  constructor(what: string, exitStatus: number) {
    super(`${what} failed`)
    this.exitStatus = exitStatus
  }
}

/** Resolves when it ends with 0; throws ProgramFailed with its own exit status otherwise. */
export async function runProgram(program: string, words: readonly string[]): Promise<void> {
  const status = await new Promise<number>((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'inherit', cwd: repository })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  if (status !== 0) throw new ProgramFailed(words.slice(0, 2).join(' '), status)
}
