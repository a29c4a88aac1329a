/**
 * `status`: which parts live and answer, what they weigh, and whether the node is Ready; as a table for people or as
 * JSON for programs. Ends with status 0 only when everything is well.
 */
import { apiOf } from '../api.ts'
import { type Box, findBox } from '../box/box.ts'
import { markedProcesses, proportionalBytes, residentBytes } from '../box/processes.ts'
import { nodeNames } from '../nodes.ts'
import { doesAnswer, unreadyNodes } from '../parts/answer.ts'
import { hostPid, isAlive, shouldLive } from '../parts/launch.ts'
import type { Part } from '../parts/part.ts'
import { allParts } from '../parts/parts.ts'
import { type Shape, shapeInWords } from '../shape.ts'
import { type Cluster, cacheDirectory, hostKubeconfig, knownClusters, readRecord } from '../state/state.ts'

/** State of one part: `killed` by the verb, `dead` by itself, `silent` when it lives but does not answer. */
export interface PartStatus {
  readonly name: string
  readonly state: 'running' | 'silent' | 'dead' | 'killed'
  readonly pid?: number
  readonly residentBytes: number
}

/** State of a cluster. */
export interface ClusterStatus {
  readonly name: string
  readonly state: 'up' | 'broken' | 'absent'
  readonly shape?: Shape
  /** Names of the nodes that are not Ready. */
  readonly unreadyNodes: readonly string[]
  readonly kubeconfig?: string
  /** Sum over all processes of the cluster but those inside of containers. */
  readonly residentBytes: number
  /** The same with shared pages counted once: six parts are one program. */
  readonly proportionalBytes: number
  readonly parts: readonly PartStatus[]
}

/** Prints the status and returns the exit status. */
export async function status(cluster: Cluster, options: { readonly json: boolean }): Promise<number> {
  const found = await clusterStatus(cluster)
  console.log(options.json ? JSON.stringify(found, undefined, 2) : asText(found))
  return found.state === 'up' ? 0 : 1
}

/** The status as data. */
async function clusterStatus(cluster: Cluster): Promise<ClusterStatus> {
  const record = readRecord(cluster)
  const box = record && findBox(cluster, { ...record.programs, cache: cacheDirectory() })
  if (record === undefined || box === undefined) {
    const state = record === undefined ? 'absent' : 'broken'
    return { name: cluster.name, state, unreadyNodes: [], residentBytes: 0, proportionalBytes: 0, parts: [] }
  }
  const api = apiOf(cluster, record)
  const all = allParts(record.shape)
  const [unready, ...answers] = await Promise.all([
    unreadyNodes(api, nodeNames(record.shape), 0),
    ...all.map((part) => doesAnswer(box, api, part)),
  ])
  // Only after the answers: looking through all processes would make those late that come meanwhile.
  const parts = all.map((part, index) => partStatus(box, part, answers[index] === true))
  const isWell = record.complete && unready.length === 0 && parts.every(({ state }) => state === 'running')
  return {
    name: cluster.name,
    state: isWell ? 'up' : 'broken',
    shape: record.shape,
    unreadyNodes: unready,
    kubeconfig: hostKubeconfig(cluster),
    ...memoryOf(box),
    parts,
  }
}

/** Memory of the parts and of containerd's shims, in bytes. */
export function memoryOf(box: Box): { readonly residentBytes: number; readonly proportionalBytes: number } {
  const pids = markedProcesses(box.cluster.directory)
  const sum = (measure: (pid: number) => number) => pids.reduce((total, pid) => total + measure(pid), 0)
  return { residentBytes: sum(residentBytes), proportionalBytes: sum(proportionalBytes) }
}

/** "1300 MB resident (700 MB with shared pages counted once)". */
export function memoryInWords(memory: Pick<ClusterStatus, 'residentBytes' | 'proportionalBytes'>): string {
  const once = megabytes(memory.proportionalBytes)
  return `${megabytes(memory.residentBytes)} resident (${once} with shared pages counted once)`
}

function partStatus(box: Box, part: Part, answers: boolean): PartStatus {
  const { name } = part
  if (!isAlive(box, part)) {
    return { name, state: shouldLive(box.cluster, part) ? 'dead' : 'killed', residentBytes: 0 }
  }
  const pid = hostPid(box, part)
  const state = answers ? 'running' : 'silent'
  return pid === undefined
    ? { name, state, residentBytes: 0 }
    : { name, state, pid, residentBytes: residentBytes(pid) }
}

function asText(found: ClusterStatus): string {
  if (found.parts.length === 0) {
    const others = knownClusters().filter((name) => name !== found.name)
    const hint = others.length > 0 ? ` Other clusters: ${others.join(', ')}.` : ''
    const what = found.state === 'absent' ? 'does not exist' : 'has no living process'
    return `Cluster ${found.name} ${what}. Start it with: up --name ${found.name}.${hint}`
  }
  const rows = found.parts.map(({ name, state, pid, residentBytes: bytes }) =>
    [name.padEnd(26), state.padEnd(8), String(pid ?? '-').padStart(8), megabytes(bytes).padStart(8)].join(
      ' ',
    ),
  )
  const what = found.shape === undefined ? '' : ` (${shapeInWords(found.shape)})`
  const ready = found.unreadyNodes.length === 0 ? 'every node' : `not ${found.unreadyNodes.join(', ')}`
  return [
    `Cluster ${found.name}${what} is ${found.state}; Ready: ${ready}; ${memoryInWords(found)}`,
    `KUBECONFIG=${found.kubeconfig ?? ''}`,
    ...rows,
  ].join('\n')
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`
}
