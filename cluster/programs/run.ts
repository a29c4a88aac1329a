/**
 * Runs one foreign program to its end. Long-lived processes of a cluster are started elsewhere.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Prerequisite } from './prerequisite.ts'

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Called with each line of standard error as it comes. */
  readonly onErrorLine?: (line: string) => void
}

/**
 * Runs a program and returns its standard output. It dies with this process, however this one ends, so a
 * killed build leaves no compiler behind. Fails with the last lines of its standard error, and with a
 * Prerequisite when the program is not installed.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line)
    if (errors.length > 20) errors.shift()
    options.onErrorLine?.(line)
  })
  const [status, signal] = await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Prerequisite(missing('setpriv')) : error
  })
  // setpriv says "failed to execute" with status 127, as a shell does.
  if (status === 127) throw new Prerequisite(missing(command))
  if (status !== 0) {
    const how = signal === null ? `with exit status ${status}` : `by signal ${signal}`
    throw new Error(`"${command} ${args.join(' ')}" ended ${how}:\n${errors.join('\n')}`)
  }
  return Buffer.concat(output).toString('utf8')
}

const packages: Readonly<Record<string, string>> = {
  go: 'install Go 1.26 or newer (https://go.dev/dl)',
  'apt-get': 'use a machine with Debian',
  'dpkg-deb': 'use a machine with Debian',
  setpriv: 'install the package util-linux',
  flock: 'install the package util-linux',
}

function missing(command: string): string {
  const advice = packages[command] ?? `install ${command}`
  return `The program "${command}" is needed to build the cluster's programs and is not on the PATH: ${advice}.`
}
