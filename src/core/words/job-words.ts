/** How people read what a Job of ours, or one that is waited for, has to say. */
import type { Target } from '../reason.ts'

export function logsCommand({ namespace }: Target, job: string): string {
  return `kubectl logs job/${job} -n ${namespace}`
}
