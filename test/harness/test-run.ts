/**
 * How namespaces of a test run are marked, so that a run can prove that it left none behind and can clean up after
 * one that was killed.
 */
import { startTimeField, statOf } from './process-stat.ts'

/** Label of every namespace that a test makes; its value is the run. */
export const runLabel = 'test.canary.example.com/run'

declare module 'vitest' {
  export interface ProvidedContext {
    testRun: string
  }
}

/** A name for the run of this process: its pid and when it started, which no later process shares. */
export function thisRun(): string {
  return `${process.pid}-${startOf(process.pid)}`
}

/** Whether the process of that run still lives. */
export function isAlive(run: string): boolean {
  const [pid, start] = run.split('-')
  return startOf(Number(pid)) === start
}

/** The kernel's start time of a process, or undefined where there is none. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[startTimeField]
}
