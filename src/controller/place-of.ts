/**
 * A claim that is made again gets its volume where the one before was: in its zone, or on its node. Otherwise the scheduler would
 * choose anew, and a snapshot may not be there. Whoever provisions takes the node that is named on the claim, as the scheduler
 * would name it, and forgets it where that node is gone meanwhile (external-provisioner, pull request 1438).
 */
import type { CallOptions, Rest } from '../kube/client/rest.ts'
import { nodes, type RawNode, type RawNodeTerm, type RawVolume } from './resources.ts'

/** Names the node on a claim that is not provisioned yet (Kubernetes' own annotation). */
const selectedNode = 'volume.kubernetes.io/selected-node'

/** Annotations for the claim; none where the volume could be reached from everywhere, or no node is left there. */
export async function placeOf(
  rest: Rest,
  { spec }: Pick<RawVolume, 'spec'>,
  options: CallOptions,
): Promise<Readonly<Record<string, string>>> {
  for (const term of spec.nodeAffinity?.required?.nodeSelectorTerms ?? []) {
    const labelSelector = selectorOf(term)
    if (labelSelector === undefined) continue
    const { items } = await rest.list(nodes, { ...options, labelSelector })
    const node = items.find(isFit) ?? items.find(isReady)
    if (node !== undefined) return { [selectedNode]: node.metadata.name }
  }
  return {}
}

/** Undefined where labels alone do not tell. */
function selectorOf({ matchExpressions = [] }: RawNodeTerm): string | undefined {
  if (matchExpressions.length === 0 || matchExpressions.some(({ operator }) => operator !== 'In'))
    return undefined
  return matchExpressions.map(({ key, values = [] }) => `${key} in (${values.join(',')})`).join(',')
}

function isReady({ status }: RawNode): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
}

function isFit(node: RawNode): boolean {
  return isReady(node) && node.spec?.unschedulable !== true
}
