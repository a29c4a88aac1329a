/**
 * What the machine must offer before anything is tried: root, a few programs, namespaces, control groups, room for the
 * state. Each lack is one sentence and exit status 2. Go, disk space for builds and packages are checked by programs/.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

import { Prerequisite } from './programs/prerequisite.ts'
import { type Cluster, stateRoot } from './state/state.ts'

const NAMESPACES = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--mount-proc']
/** etcd, unpacked images, logs and volumes of one cluster with small tests. */
const STATE_BYTES = 1_000_000_000

/** Namespaces, mounts and control groups need root, so every verb does. */
export function checkRoot(): void {
  if (process.getuid?.() !== 0) {
    throw new Prerequisite(
      'The cluster needs root, because it makes namespaces, mounts and control groups: run the same command with sudo.',
    )
  }
}

/** Everything that `up` needs from the machine. */
export function checkMachine(cluster: Cluster): void {
  for (const program of ['unshare', 'nsenter', 'mount', 'sh']) findProgram(program)
  checkNamespaces()
  checkControlGroups()
  checkRoom(cluster)
}

/** Full path of a program on PATH or in the usual places of the system's own programs. */
export function findProgram(name: string): string {
  const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  const found = places.filter((place) => place !== '').find((place) => isExecutable(join(place, name)))
  if (found !== undefined) return join(found, name)
  throw new Prerequisite(
    `The program "${name}" is missing: install util-linux and coreutils (apt-get install util-linux coreutils) and try again.`,
  )
}

function checkNamespaces(): void {
  const tried = spawnSync(findProgram('unshare'), [...NAMESPACES, '/bin/sh', '-c', 'test -d /proc/1'], {
    encoding: 'utf8',
  })
  if (tried.status !== 0) {
    throw new Prerequisite(
      `The machine refuses new mount, network and pid namespaces (${tried.stderr.trim()}): run as root of the machine itself or in a container with --privileged.`,
    )
  }
}

function checkControlGroups(): void {
  const root = '/sys/fs/cgroup'
  const isPresent = existsSync(join(root, 'cgroup.controllers')) || existsSync(join(root, 'memory'))
  try {
    if (!isPresent) throw new Error('there is no memory controller')
    accessSync(root, constants.W_OK)
  } catch (error) {
    throw new Prerequisite(
      `Control groups cannot be made in ${root} (${(error as Error).message}): mount them writable, in a container with --privileged.`,
    )
  }
}

function checkRoom(cluster: Cluster): void {
  mkdirSync(stateRoot(), { recursive: true })
  const { bavail, bsize } = statfsSync(stateRoot())
  if (bavail * bsize < STATE_BYTES) {
    const free = Math.floor((bavail * bsize) / 1_000_000)
    throw new Prerequisite(
      `Cluster ${cluster.name} needs 1000 MB below ${stateRoot()}, and ${free} MB are free: free some, or set CLUSTER_STATE to a directory with room.`,
    )
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
