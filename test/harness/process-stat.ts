/** What the kernel says of a process in /proc/PID/stat. */
import { readFileSync } from 'node:fs'

export const parentField = 1
export const startTimeField = 19

/** The fields from the state on, or undefined where there is no such process. */
export function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before them may contain blanks and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
