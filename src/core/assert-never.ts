/** Ends an exhaustive `switch`: reaching it is a bug of ours, named with the value that no case knew. */
export function assertNever(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`)
}
