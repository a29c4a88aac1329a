/**
 * The one error that users of the cluster command meet: its message is a whole sentence or two, saying what happened,
 * to what, and what to do next. Missing prerequisites (exit status 2) have a class of their own beside the programs.
 */

/** Something went wrong that the machine cannot be blamed for; the command ends with status 1 and this message. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** The message of whatever was thrown, for embedding into a sentence. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
