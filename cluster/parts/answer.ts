/**
 * Whether parts answer, asked from outside of the box in the way that each part's `answers` says, and waiting for it.
 */
import { readFileSync } from 'node:fs'

import { type Api, ask, readObject } from '../api.ts'
import { type Box, insideBox } from '../box/box.ts'
import { answersAsRuntime } from '../box/container-runtime.ts'
import { acceptsOnPort, acceptsOnSocket, listensOnPort } from '../box/sockets.ts'
import { waitFor } from '../box/wait.ts'
import { type Cluster, logFile } from '../state/state.ts'
import { relay } from './control-plane.ts'
import { isAlive, launchedAt } from './launch.ts'
import type { Part } from './part.ts'

/** Read from the API server's memory: without it the request would hang while etcd is dead. */
const FROM_CACHE = '?resourceVersion=0'
/** A ready server says so in milliseconds; one whose etcd is dead would think for five seconds. */
const READY_WITHIN_MS = 2_000
/** Cold caches and a busy machine included; a healthy part needs a twentieth of it. */
const ANSWER_SECONDS = 60

/**
 * Waits until the part answers; fails with the end of its log when it dies before. Its nodes count only if they have shown
 * a sign of life since the given time (milliseconds; by default since the part was started).
 */
export async function waitForAnswer(box: Box, api: Api, part: Part, since?: number): Promise<void> {
  await waitFor({
    what: `An answer of ${part.name}`,
    seconds: ANSWER_SECONDS,
    check: () => doesAnswer(box, api, part, since),
    hopeless: () => whyHopeless(box, part),
    advice: `Read ${logFile(box.cluster, part.name)}.`,
  })
}

function whyHopeless(box: Box, part: Part): string | undefined {
  if (!isAlive(box, part)) return `${part.name} ended: ${lastWords(box.cluster, part)}`
  const needsRelay = part.answers.kind === 'api' || part.answers.kind === 'nodes'
  if (!needsRelay || isAlive(box, relay())) return undefined
  return `${part.name} cannot be asked, because the relay that leads to the API server is dead: start relay first.`
}

/** True when the part does what it is there for, as far as that can be seen from outside. */
export async function doesAnswer(box: Box, api: Api, part: Part, since?: number): Promise<boolean> {
  const { answers } = part
  switch (answers.kind) {
    case 'port':
      return listensOnPort(box.pid, answers.port)
    case 'socket':
      return acceptsOnSocket(insideBox(box, answers.path))
    case 'runtime':
      return answersAsRuntime(insideBox(box, answers.path))
    case 'api':
      return (await ask(api, 'GET', '/readyz', { withinMs: READY_WITHIN_MS })).status === 200
    case 'relay':
      return acceptsOnPort(api.port)
    case 'nodes':
      return (
        listensOnPort(box.pid, answers.port, answers.address) &&
        (await unreadyNodes(api, answers.nodes, since ?? launchedAt(box.cluster, part))).length === 0
      )
  }
}

/**
 * Those of the nodes that are not Ready, or may not be scheduled to, or were heard of last before the given time
 * (milliseconds). All of them when the API server does not answer.
 */
export async function unreadyNodes(
  api: Api,
  names: readonly string[],
  since: number,
): Promise<readonly string[]> {
  const [nodes, leases] = await Promise.all([
    readObject<List<NodeObject>>(api, `/api/v1/nodes${FROM_CACHE}`),
    readObject<List<Lease>>(api, `${NODE_LEASES}${FROM_CACHE}`),
  ])
  if (nodes === undefined || leases === undefined) return names
  // A node without a lease is new (the first lease comes seconds after the node), or fake.
  const silent = new Set(
    leases.items
      .filter(({ spec }) => Date.parse(spec.renewTime ?? '') < since)
      .map(({ metadata }) => metadata.name),
  )
  const well = new Set(nodes.items.filter(isReady).map(({ metadata }) => metadata.name))
  return names.filter((name) => !well.has(name) || silent.has(name))
}

const NODE_LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

function isReady({ spec, status }: NodeObject): boolean {
  const ready = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')
  return ready === true && spec.taints === undefined
}

interface List<Kind> {
  readonly items: readonly Kind[]
}

interface NodeObject {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly taints?: readonly unknown[] }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

interface Lease {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly renewTime?: string }
}

/** The last line of a part's log that reads like a reason; programs in Go often end with a stack. */
function lastWords(cluster: Cluster, part: Part): string {
  try {
    const lines = readFileSync(logFile(cluster, part.name), 'utf8').trim().split('\n')
    const reason = lines.findLast((line) =>
      /^([EF]\d{4} |panic:|Error|error)|"error"|level=(error|fatal)/.test(line),
    )
    return `${(reason ?? lines.at(-1) ?? 'it wrote nothing').slice(0, 300)}.`
  } catch {
    return 'it wrote nothing.'
  }
}
