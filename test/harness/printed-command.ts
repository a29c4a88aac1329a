/** Commands that the operator prints for people, run as a person would: copied from the sentence into a shell. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The kubectl command in a sentence; throws where there is none. It ends where the sentence does. */
export function commandIn(sentence: string): string {
  const found = /kubectl (?:'[^']*'|[^'.]|\.(?!\s|$))+/.exec(sentence)
  if (found === null) throw new Error(`there is no command in: ${sentence}`)
  return found[0].trim()
}

/** Runs it in a shell; rejects with what it said where it fails. */
export async function runPrinted(sentence: string): Promise<void> {
  await promisify(execFile)('sh', ['-c', commandIn(sentence)])
}
