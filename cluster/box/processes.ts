/**
 * What /proc tells about processes: which belong to a cluster, where they stand in the pid namespaces, how much memory
 * they hold. A cluster's processes are found by a variable in their environment and not by files with numbers, so that
 * a command that was killed half-way leaves nothing that could not be found again. Reading only; nothing is started.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** The variable that every process of a cluster carries in its environment; its value is the state directory. */
export const BOX_VARIABLE = 'CANARY_CLUSTER_BOX'

/** Host pids of all processes that carry the cluster's mark (pods do not: they live and die inside the box). */
export function markedProcesses(stateDirectory: string): readonly number[] {
  const mark = `${BOX_VARIABLE}=${stateDirectory}\0`
  return allProcesses().filter((pid) => `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${mark}`))
}

/** Pids of a process from our own namespace inwards; the last is what the process itself sees. Empty when gone. */
export function namespacePids(pid: number | 'self'): readonly number[] {
  const line = /^NSpid:\s*(.*)$/m.exec(read(`/proc/${pid}/status`))
  return line?.[1] === undefined ? [] : line[1].trim().split(/\s+/).map(Number)
}

/** Identifies one run of a pid: the kernel's start time. Undefined when the process is gone or only its shell is left. */
export function startTime(pid: number, proc = '/proc'): string | undefined {
  const stat = read(`${proc}/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return stat === '' || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/** Resident memory of a process in bytes, pages shared with others counted in full; 0 when it is gone. */
export function residentBytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS')
}

/** Its part of the machine's memory in bytes: a page shared by n processes counts 1/n; 0 when it is gone. */
export function proportionalBytes(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss')
}

function kilobytes(file: string, field: string): number {
  const line = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(read(file))
  return line === null ? 0 : Number(line[1]) * 1024
}

function allProcesses(): readonly number[] {
  return entries('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Processes vanish between listing and reading: an unreadable file counts as empty. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
