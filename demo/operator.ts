/** The operator as a process of the demo's own, started and ended by its id. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', 'src', 'main.ts')

export interface Operator {
  isRunning(): boolean
  /** The last lines of its log. */
  lastWords(): string
  /** Ends it and waits until it has ended. */
  stop(): Promise<void>
}

/** `died` is called when it ends without having been asked to. */
export function startOperator(namespace: string, logFile: string, died: (why: Error) => void): Operator {
  const log = openSync(logFile, 'a')
  // A group of its own: Ctrl-C must not end it before it has taken the resource's finalizer off.
  const child = spawn(process.execPath, [main, '--namespace', namespace], {
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  let isStopped = false
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const lastWords = () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n')
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      died(new Error(`the operator cannot be started: ${error.message}`))
      resolve()
    })
    child.once('exit', (code, signal) => {
      if (!isStopped) died(new Error(`the operator ended by itself (${signal ?? `status ${code}`})`))
      resolve()
    })
  })
  return {
    isRunning,
    lastWords,
    async stop() {
      isStopped = true
      if (isRunning()) child.kill('SIGTERM')
      await ended
    },
  }
}
