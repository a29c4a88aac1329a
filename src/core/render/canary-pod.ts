/**
 * One pod as the canary set would make it, for dry runs only: it finds what a set's dry run cannot (quota, LimitRange,
 * PodSecurity, a missing ServiceAccount), and shows whether the hand-over policy completes claim names.
 */
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import { type CanaryContent, podIndexLabel, renderCanaryTemplate } from './canary-set.ts'
import { canarySetName } from './names.ts'
import type { Rendered } from './rendered.ts'

export interface RenderedPod extends Rendered {
  readonly spec: unknown
}

/** The name is left to the server, so that the pod collides with none that exists. */
export function renderCanaryPod(resource: CanaryStatefulSet, content: CanaryContent): RenderedPod {
  const { name, namespace } = resource.metadata
  const { metadata, spec } = renderCanaryTemplate(resource, content)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      generateName: `${canarySetName(name)}-`,
      namespace,
      labels: { ...metadata.labels, [podIndexLabel]: String(content.claimOrdinal ?? 0) },
    },
    spec,
  }
}
