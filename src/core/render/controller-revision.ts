/**
 * A revision as it is kept: the pod template that was rendered for it, so that it can be applied verbatim later, also
 * by an operator that would render it differently by then.
 */
import { labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import { withSortedKeys } from '../canonical-json.ts'
import { imageOf } from '../revision.ts'
import { revisionName } from './names.ts'
import { ownerOf } from './owner.ts'
import { renderPodTemplate } from './pod-template.ts'
import type { Rendered, RenderedPodTemplate } from './rendered.ts'

export interface RevisionData {
  readonly podTemplate: RenderedPodTemplate
  readonly image: string
}

export interface RenderedRevision extends Rendered {
  readonly revision: number
  readonly data: RevisionData
}

/**
 * Carries no `role` label: the controller of the stable set would adopt what its selector matches. The keys of `data` are
 * sorted, for it is immutable byte by byte, and the server sorts them whenever it encodes it itself: any strategic merge
 * patch (of the garbage collector, `kubectl label`) would be refused.
 */
export function renderRevision(
  resource: CanaryStatefulSet,
  revision: string,
  number: number,
): RenderedRevision {
  const { name, namespace } = resource.metadata
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(name, revision),
      namespace,
      labels: { [labels.name]: name, [labels.revision]: revision },
      ownerReferences: [ownerOf(resource)],
    },
    revision: number,
    data: withSortedKeys({
      podTemplate: renderPodTemplate(resource, revision),
      image: imageOf(resource.spec),
    }),
  }
}
