/**
 * A claim that is made again gets its volume where the one before was: in its zone, or on its node. Otherwise the scheduler would
 * choose anew, and a snapshot may not be there. Whoever provisions takes the node that is named on the claim, as the scheduler
 * would name it, and forgets it where that node is gone meanwhile (external-provisioner, pull request 1438). Only a node where the
 * volume's driver runs is of use. Nodes are large: of all but a few only the metadata is read.
 */
import type { CallOptions, Rest } from '../kube/client/rest.ts'
import { nodes, type RawNode, type RawNodeTerm, type RawVolume } from './resources.ts'

/** Names the node on a claim that is not provisioned yet (Kubernetes' own annotation). */
const selectedNode = 'volume.kubernetes.io/selected-node'

/** What each CSI driver that runs on a node calls it, by driver; written by its kubelet. */
const nodeIds = 'csi.volume.kubernetes.io/nodeid'

/** A zone of which so many are not ready is taken for lost. */
const mostLookedAt = 20

/** Annotations for the claim; none where the volume could be reached from everywhere, or no node is left there. */
export async function placeOf(
  rest: Rest,
  { spec }: Pick<RawVolume, 'spec'>,
  options: CallOptions,
): Promise<Readonly<Record<string, string>>> {
  for (const term of spec.nodeAffinity?.required?.nodeSelectorTerms ?? []) {
    const labelSelector = selectorOf(term)
    if (labelSelector === undefined) continue
    const { items } = await rest.list(nodes, { ...options, labelSelector, metadataOnly: true })
    const withDriver = items.filter((node) => hasDriver(node, spec.csi?.driver))
    const name = await firstFit(rest, withDriver.length > 0 ? withDriver : items, options)
    if (name !== undefined) return { [selectedNode]: name }
  }
  return {}
}

/** Undefined where labels alone do not tell. */
function selectorOf({ matchExpressions = [] }: RawNodeTerm): string | undefined {
  if (matchExpressions.length === 0 || matchExpressions.some(({ operator }) => operator !== 'In'))
    return undefined
  return matchExpressions.map(({ key, values = [] }) => `${key} in (${values.join(',')})`).join(',')
}

function hasDriver({ metadata }: RawNode, driver: string | undefined): boolean {
  try {
    const ids: unknown = JSON.parse(metadata.annotations?.[nodeIds] ?? 'null')
    return driver !== undefined && typeof ids === 'object' && ids !== null && Object.hasOwn(ids, driver)
  } catch {
    return false
  }
}

/** Name of the first that is ready and takes pods, or else of the first that is ready. */
async function firstFit(
  rest: Rest,
  candidates: readonly RawNode[],
  options: CallOptions,
): Promise<string | undefined> {
  let cordoned: string | undefined
  for (const { metadata } of candidates.slice(0, mostLookedAt)) {
    const { name } = metadata
    // By a list of one, to which the right to list suffices.
    const { items } = await rest.list(nodes, { ...options, fieldSelector: `metadata.name=${name}` })
    const [node] = items.filter(isReady)
    if (node !== undefined && node.spec?.unschedulable !== true) return name
    if (node !== undefined) cordoned ??= name
  }
  return cordoned
}

function isReady({ status }: RawNode): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
}
