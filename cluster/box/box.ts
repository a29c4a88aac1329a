/**
 * The box: one mount, network, pid, host name and IPC namespace without an uplink, in which all parts of a cluster
 * live as plain processes. Made, found again, entered and ended here; what runs in it is not known here.
 *
 * Inside, the state directory is at /run/cluster, /run, /tmp, /var/log and /var/lib are empty and private, and the rest
 * of the machine's root file system is read-only, so that nothing a part writes can stay behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'

import { Failure } from '../failure.ts'
import { type Cluster, INNER, logFile } from '../state/state.ts'
import { BOX_VARIABLE, markedProcesses, namespacePids, startTime } from './processes.ts'
import { waitFor } from './wait.ts'

/** A living box. */
export interface Box {
  readonly cluster: Cluster
  /** Host pid of the box's pid 1. */
  readonly pid: number
  /** The environment of everything that runs inside. */
  readonly environment: Readonly<Record<string, string>>
}

/** What the box needs to know of the programs. */
export interface BoxPrograms {
  readonly path: string
  readonly libraryPath: string
  /** A directory that must stay visible even when it lies below one of the hidden ones. */
  readonly cache: string
}

/** The address inside of the box at which the control plane and the cluster's names are; n1 has it, too. */
export const NODE_ADDRESS = '10.250.0.1'
/** ClusterIPs come from here; the box needs a route to them before kube-proxy can translate them. */
export const SERVICE_RANGE = '10.96.0.0/16'

const NAMESPACES = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--mount-proc']
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Pid 1 of the box. The cache and the state are kept at hand below the new /run before directories above them are
 * hidden. The last line reaps orphans; a plain `sleep infinity` would leave zombies.
 */
const INIT = `set -e
mount -n -t tmpfs -o mode=755 run "$STATE/run"
mkdir "$STATE/run/cluster" "$STATE/run/cache"
mount -n --bind "$STATE" "$STATE/run/cluster"
mount -n --bind "$CACHE" "$STATE/run/cache"
mount -n --move "$STATE/run" /run
for hidden in /tmp /var/log /var/lib; do mount -n -t tmpfs hidden "$hidden"; done
mkdir -p "$CACHE" "$STATE"
mount -n --bind /run/cache "$CACHE"
mount -n --bind /run/cluster "$STATE"
mount -n -o remount,bind,ro /
mount -n --make-rshared /
echo "$NAME" > /proc/sys/kernel/hostname
echo 1 > /proc/sys/net/ipv4/ip_forward
ip link set lo up
ip link add node0 type bridge
for address in ${NODE_ADDRESS} $ADDRESSES; do ip addr replace "$address/32" dev node0; done
ip link set node0 up
ip route add ${SERVICE_RANGE} dev node0
touch /run/box-is-ready
set +e
while :; do sleep 3600 & wait $!; done
`

/** Makes the box, with these addresses besides the first, and waits until its file systems and network are there. */
export async function makeBox(
  cluster: Cluster,
  programs: BoxPrograms,
  addresses: readonly string[],
): Promise<Box> {
  mkdirSync(programs.cache, { recursive: true })
  const environment = boxEnvironment(cluster, programs)
  const log = openSync(logFile(cluster, 'box'), 'a')
  const unshare = spawn('unshare', [...NAMESPACES, '/bin/sh', '-c', INIT, 'box-init'], {
    cwd: '/',
    detached: true,
    env: {
      ...environment,
      STATE: cluster.directory,
      CACHE: programs.cache,
      NAME: cluster.name,
      ADDRESSES: addresses.join(' '),
    },
    stdio: ['ignore', log, log],
  })
  let ended = false
  unshare.once('exit', () => (ended = true)).once('error', () => (ended = true))
  unshare.unref()
  closeSync(log)
  await waitFor({
    what: `Making the box of cluster ${cluster.name}`,
    seconds: 10,
    check: () => isReady(cluster),
    hopeless: () => (ended ? `The box of cluster ${cluster.name} could not be made.` : undefined),
    advice: `Read ${logFile(cluster, 'box')}.`,
  })
  const box = findBox(cluster, programs)
  if (box === undefined)
    throw new Failure(`The box of cluster ${cluster.name} ended while it was being made.`)
  return box
}

/** The living box of a cluster, found by the mark in its processes' environment. */
export function findBox(cluster: Cluster, programs: BoxPrograms): Box | undefined {
  const pid = boxInit(cluster)
  return pid === undefined ? undefined : { cluster, pid, environment: boxEnvironment(cluster, programs) }
}

/** Host pid of the box's pid 1, if there is one. */
function boxInit(cluster: Cluster): number | undefined {
  const depth = namespacePids('self').length + 1
  return markedProcesses(cluster.directory).find((pid) => {
    const pids = namespacePids(pid)
    return pids.length === depth && pids.at(-1) === 1
  })
}

/** Ends every process of the cluster, mounts and namespaces with them, and waits until the last is gone. */
export async function endBox(cluster: Cluster): Promise<void> {
  await waitFor({
    what: `Ending the processes of cluster ${cluster.name}`,
    seconds: 20,
    check: () => {
      const left = markedProcesses(cluster.directory).filter((pid) => startTime(pid) !== undefined)
      for (const pid of left) killProcess(pid)
      return left.length === 0
    },
    advice: `See what holds ${markedProcesses(cluster.directory).join(', ')} and run down again.`,
  })
}

/** Starts `nsenter` for a command in all namespaces of the box, in a session of its own, so that Ctrl-C spares it. */
function enterBox(
  box: Box,
  command: readonly string[],
  stdio: readonly (number | 'ignore' | 'pipe')[],
): ChildProcess {
  const flags = ['-t', String(box.pid), '-m', '-n', '-p', '-u', '-i', '--']
  return spawn('nsenter', [...flags, ...command], {
    cwd: '/',
    detached: true,
    env: { ...box.environment },
    stdio: [...stdio],
  })
}

/** Runs a command in the box to its end and gives its output; a failing command fails with its last words. */
export function runInBox(
  box: Box,
  command: readonly string[],
  inherited: readonly number[] = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = enterBox(box, command, ['ignore', 'pipe', 'pipe', ...inherited])
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve(output)
      else
        reject(
          new Failure(`"${command.slice(0, 3).join(' ')}" failed in the box: ${output.trim().slice(-600)}`),
        )
    })
  })
}

/** A path of the box's file system, as seen from outside. */
export function insideBox(box: Box, path: string): string {
  return join(`/proc/${box.pid}/root`, path)
}

function boxEnvironment(cluster: Cluster, programs: BoxPrograms): Record<string, string> {
  return {
    PATH: `${programs.path}:${SYSTEM_PATH}`,
    LD_LIBRARY_PATH: programs.libraryPath,
    HOME: INNER,
    LANG: 'C',
    [BOX_VARIABLE]: cluster.directory,
  }
}

function isReady(cluster: Cluster): boolean {
  const pid = boxInit(cluster)
  return pid !== undefined && existsSync(`/proc/${pid}/root/run/box-is-ready`)
}

/** Sends SIGKILL to a process of ours; one that is gone already is fine. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
