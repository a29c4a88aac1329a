/**
 * The cluster's own control groups: one directory, named after the cluster, at the root of every hierarchy. Nothing
 * that was there before is touched. Serves the hybrid layout (a directory for each v1 controller, `unified` beside
 * them) and pure cgroup v2.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'
const V2_CONTROLLERS = ['cpu', 'cpuset', 'io', 'memory', 'pids']

/** Makes the group in every hierarchy, ready for a kubelet to make its own groups below. */
export function makeControlGroups(group: string): void {
  for (const hierarchy of hierarchies()) {
    const directory = join(hierarchy, group)
    mkdirSync(directory, { recursive: true })
    inheritCpuset(hierarchy, directory)
    delegateControllers(hierarchy)
    delegateControllers(directory)
  }
}

/** Removes the group and all below it from every hierarchy; false while something still lives in one of them. */
export function removeControlGroups(group: string): boolean {
  return hierarchies()
    .map((hierarchy) => removeTree(join(hierarchy, group)))
    .every((removed) => removed)
}

/** Pids of all processes in the group and in the groups below it. */
export function processesBelow(group: string): readonly number[] {
  return [...new Set(hierarchies().flatMap((hierarchy) => processesOf(join(hierarchy, group))))]
}

function processesOf(directory: string): readonly number[] {
  const below = childrenOf(directory).flatMap((child) => processesOf(join(directory, child)))
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)
    return [...own.map(Number), ...below]
  } catch {
    return below
  }
}

/** Names of the groups below; none when the group is not there or goes away meanwhile. */
function childrenOf(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return []
  }
}

/** Roots of the mounted hierarchies; links such as cpu -> cpu,cpuacct are skipped. */
function hierarchies(): readonly string[] {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT]
  if (!existsSync(ROOT)) return []
  return readdirSync(ROOT)
    .map((entry) => join(ROOT, entry))
    .filter((path) => lstatSync(path).isDirectory() && existsSync(join(path, 'cgroup.procs')))
}

/** A new v1 cpuset group starts with no CPU and no memory node, and then accepts no process. */
function inheritCpuset(hierarchy: string, directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const parent = join(hierarchy, file)
    const isV1 = !existsSync(join(hierarchy, 'cgroup.controllers'))
    if (isV1 && existsSync(parent)) writeFileSync(join(directory, file), readFileSync(parent))
  }
}

/** In v2 a group's children have a controller only if the group hands it down; one by one, as some may be absent. */
function delegateControllers(directory: string): void {
  const available = join(directory, 'cgroup.controllers')
  if (!existsSync(available)) return
  const present = readFileSync(available, 'utf8').trim().split(/\s+/)
  for (const controller of V2_CONTROLLERS.filter((name) => present.includes(name))) {
    writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`)
  }
}

function removeTree(directory: string): boolean {
  if (!existsSync(directory)) return true
  for (const child of childrenOf(directory)) removeTree(join(directory, child))
  try {
    rmdirSync(directory)
  } catch {
    return !existsSync(directory)
  }
  return true
}
