/**
 * Running the cluster command as a user would, and looking at the machine behind its back: which processes, control
 * groups, mounts, listeners and files belong to a cluster. The looking shares no code with the command, because it is
 * there to catch it. All clusters of the host tests live in a state directory of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { basename, join, resolve } from 'node:path'

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_A_SECOND = 100

const MAIN = resolve(import.meta.dirname, '../../cluster/main.ts')

/** Result of one run of the command. */
export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Changes to how the command is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  /** Program and arguments that go before the command, for example to take rights away. */
  readonly wrapper?: readonly string[]
}

/** A fresh state directory; on disk, as a cluster's images may be too much for a /tmp in memory. */
export function freshStateRoot(): string {
  return mkdtempSync('/var/tmp/cluster-host-test-')
}

/** Starts the command without waiting for it. */
export function startCommand(words: readonly string[], options: RunOptions = {}): ChildProcess {
  const [program = '', ...rest] = [...(options.wrapper ?? []), process.execPath, MAIN, ...words]
  return spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Resolves when the stream has shown the text; fails when it ends before. */
export function said(stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes(text)) resolve()
    })
    stream?.once('end', () => reject(new Error(`"${text}" was never said, only: ${output}`)))
  })
}

/** Runs the command to its end. */
export function runCommand(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((settle, reject) => {
    const child = startCommand(words, options)
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status, signal) => settle({ status, signal, stdout, stderr }))
    child.stdin?.end(options.input ?? '')
  })
}

/** Runs the command, which must end well, and gives its standard output. */
export async function succeed(words: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await runCommand(words, options)
  if (outcome.status !== 0) {
    throw new Error(`"${words.join(' ')}" ended with ${outcome.status}: ${outcome.stderr}${outcome.stdout}`)
  }
  return outcome.stdout
}

/** Pids of all processes of a cluster, pods included: by their environment or by their control group. */
export function processesOf(stateRoot: string, name: string): readonly number[] {
  return numbers('/proc').filter((pid) => {
    const isMarked = read(`/proc/${pid}/environ`).includes(`=${join(stateRoot, name)}\0`)
    return isMarked || read(`/proc/${pid}/cgroup`).includes(`/canary-cluster-${name}`)
  })
}

/** Namespaces at one moment, named as the kernel does: "net:[4026532]". */
export interface NamespaceList {
  readonly names: ReadonlySet<string>
  /** The moment, in the kernel's ticks since the machine was started. */
  readonly tick: number
}

/** The namespaces that these processes live in and we do not. */
export function foreignNamespaces(pids: readonly number[]): NamespaceList {
  const own = new Set(namespacesOf('self'))
  const names = new Set(pids.flatMap(namespacesOf).filter((namespace) => !own.has(namespace)))
  return { names, tick: Number(read('/proc/uptime').split(' ')[0]) * TICKS_A_SECOND }
}

/**
 * Those of the listed namespaces in which a process still lives, or which a mount still holds. Dead processes that the
 * machine's pid 1 has not yet collected (some take seconds over it) hold nothing but their number, and neither does the
 * box's pid 1, which the kernel keeps asleep until they are. Processes that are younger than the list do not count: the
 * kernel gives the name of a namespace that is gone to the next new one, which may be that of a stranger's container.
 */
export function livingNamespaces({ names, tick }: NamespaceList): readonly string[] {
  const old = numbers('/proc').filter((pid) => isAliveSince(pid, tick))
  // A process that ends gives up its memory first, then all namespaces but the one of its number.
  const holders = old
    .map(namespacesOf)
    .filter((held) => held.some((namespace) => !namespace.startsWith('pid:')))
  const alive = new Set(holders.flat())
  const mounts = read('/proc/self/mountinfo')
  return [...names].filter((namespace) => alive.has(namespace) || mounts.includes(namespace))
}

/** Everything of a cluster that the machine still shows; empty when nothing is left. */
export function leftoversOf(stateRoot: string, name: string): readonly string[] {
  const groups = ['/sys/fs/cgroup', ...directoriesIn('/sys/fs/cgroup')]
  return [
    ...processesOf(stateRoot, name).map(
      (pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`,
    ),
    ...groups.flatMap((hierarchy) =>
      directoriesIn(hierarchy).filter((group) => basename(group).startsWith(`canary-cluster-${name}-`)),
    ),
    ...read('/proc/self/mountinfo')
      .split('\n')
      .filter((line) => line.includes(join(stateRoot, name))),
    ...readdirSync(stateRoot).filter((entry) => entry.startsWith(name)),
  ]
}

/** Places outside of the state directory where parts of a cluster would write if the box let them. */
export function machineTraces(): readonly string[] {
  return [
    '/var/lib/cni',
    '/var/lib/kubelet',
    '/var/log/containers',
    '/var/log/pods',
    '/run/containerd',
    '/run/cni',
    '/run/netns',
    '/run/cluster',
    '/opt/containerd',
    '/var/run/kubernetes',
    '/sys/fs/cgroup/memory/k8s.io',
    '/sys/fs/cgroup/k8s.io',
  ]
    .filter((path) => existsSync(path))
    .concat(readdirSync('/sys/class/net'))
}

/** True when something accepts connections on this port of our own loopback. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

function isAliveSince(pid: number, tick: number): boolean {
  const stat = read(`/proc/${pid}/stat`)
  const [state = 'X', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return !['Z', 'X'].includes(state) && Number(fields[18]) <= tick
}

function namespacesOf(pid: number | 'self'): readonly string[] {
  return ['mnt', 'net', 'pid', 'uts', 'ipc'].flatMap((kind) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/${kind}`)]
    } catch {
      return []
    }
  })
}

function numbers(directory: string): readonly number[] {
  return readdirSync(directory)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
}

function directoriesIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
