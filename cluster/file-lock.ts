/**
 * Locks that the kernel holds: one file, one holder, free as soon as the holder's process ends in whatever way. What
 * the file says, and who has to wait for whom, is the caller's business.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Prerequisite } from './programs/prerequisite.ts'

export type Release = () => Promise<void>

/** Exit statuses of the script: `flock` and the shell choose the first two. */
const taken = 1
const noSuchProgram = 127
const replaced = 75

/**
 * The shell holds the lock through its descriptor 9, and then `cat` does, which ends with its input, that is when this
 * process closes the pipe or ends. A holder may remove the file, so what was locked must still be what the name means.
 */
const script = `exec 9>>"$1" || exit 2
flock --exclusive $2 9 || exit
[ "$1" -ef /proc/self/fd/9 ] || exit ${replaced}
echo locked
exec cat`

/**
 * Takes the lock and returns the function that gives it back; undefined when another holder kept it for `seconds`.
 * Without `seconds` it waits as long as it takes. The holder may write to the file, and remove it before giving back.
 */
export async function takeFileLock(file: string, seconds?: number): Promise<Release | undefined> {
  const patience = seconds === undefined ? '' : seconds === 0 ? '--nonblock' : `--timeout=${seconds}`
  for (;;) {
    const outcome = await holdLock(file, patience)
    if (typeof outcome === 'function') return outcome
    if (outcome === taken) return undefined
    if (outcome === noSuchProgram)
      throw new Prerequisite('The program "flock" is needed: install the package util-linux.')
    if (outcome !== replaced)
      throw new Error(`the lock ${file} cannot be taken: look at its permissions and those of its directory`)
  }
}

async function holdLock(file: string, patience: string): Promise<Release | number | null> {
  const child = spawn('/bin/sh', ['-c', script, 'sh', file, patience], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // an interrupt from the keyboard must not free the lock before the work has ended
  })
  const ended = once(child, 'close').then(([status]) => status as number | null)
  const lines = createInterface({ input: child.stdout })
  const status = await Promise.race([once(lines, 'line').then(() => 'locked' as const), ended])
  if (status !== 'locked') return status
  return async () => {
    child.stdin.end()
    await ended
  }
}
