/**
 * `kubectl get --watch` as a stream of objects: what is there first, then every change, until it is stopped.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export interface Watch {
  /** Ends kubectl by its own process id. */
  stop(): void
}

/** `ended` is called with kubectl's last words when it ends by itself. */
export function watch<T>(
  what: readonly string[],
  onEvent: (event: WatchEvent<T>) => void,
  ended: (why: string) => void,
): Watch {
  const child = spawn('kubectl', ['get', ...what, '--watch', '--output-watch-events', '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let isStopped = false
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (words = (words + chunk).slice(-2000)))
  createInterface({ input: child.stdout }).on('line', (line) => onEvent(JSON.parse(line) as WatchEvent<T>))
  child.once('close', () => {
    if (!isStopped) ended(`kubectl get ${what.join(' ')} --watch ended: ${words.trim()}`)
  })
  child.once('error', (error) => ended(`kubectl cannot be started: ${error.message}`))
  return {
    stop() {
      isStopped = true
      child.kill()
    },
  }
}
