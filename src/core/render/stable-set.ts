/**
 * The stable set as it is created, and those of its settings that follow the spec later. The pod template comes from
 * the stored revision; changes of a living set are patches (stable-patch.ts).
 */
import { annotations, labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet, CanaryStatefulSetSpec } from '../../api/v1alpha1/types.ts'
import { formatRecord, type RolloutRecord } from '../record.ts'
import { stableSetName } from './names.ts'
import type { RenderedPodTemplate, RenderedSet } from './rendered.ts'

/** Without probe and minReadySeconds a container that lives one second counts as ready, and a bad version rolls on. */
const unprobedMinReadySeconds = 5

/** Claims outlive everything that we scale down or delete. */
export const retention = { whenDeleted: 'Retain', whenScaled: 'Retain' } as const

/** minReadySeconds of both sets: the user's, or 5 where no container has a readiness probe either. */
export function minReadySecondsOf(spec: CanaryStatefulSetSpec): number {
  const { minReadySeconds, template } = spec.template
  if (minReadySeconds !== undefined) return minReadySeconds
  const probed = template.spec.containers.some(({ readinessProbe }) => readinessProbe !== undefined)
  return probed ? 0 : unprobedMinReadySeconds
}

/** The update strategy, always written whole: leaving the partition out would reset it to 0, a full roll. */
export function updateStrategy(partition: number): object {
  return { type: 'RollingUpdate', rollingUpdate: { partition } }
}

/** Labels that a set itself carries. There is no ownerReference: foreground deletion would bypass our finalizer. */
export function setLabels(resource: CanaryStatefulSet, role: 'stable' | 'canary'): Record<string, string> {
  const { name, uid } = resource.metadata
  return { [labels.name]: name, [labels.role]: role, [labels.uid]: uid }
}

/** Selector of a set: disjoint from the other one's, so that neither adopts what is the other's. */
export function setSelector(resource: string, role: 'stable' | 'canary'): Record<string, string> {
  return { [labels.name]: resource, [labels.role]: role }
}

/** The user's StatefulSetSpec without the fields that are ours; fields that we do not know pass through. */
export function userSetSpec({ spec }: CanaryStatefulSet): Readonly<Record<string, unknown>> {
  const {
    selector: _selector,
    replicas: _replicas,
    updateStrategy: _updateStrategy,
    persistentVolumeClaimRetentionPolicy: _retention,
    template: _template,
    ...rest
  } = spec.template
  return rest
}

export interface StableSetContent {
  readonly template: RenderedPodTemplate
  readonly replicas: number
  readonly record: RolloutRecord
}

export function renderStableSet(resource: CanaryStatefulSet, content: StableSetContent): RenderedSet {
  const { name, namespace } = resource.metadata
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: stableSetName(name),
      namespace,
      labels: setLabels(resource, 'stable'),
      annotations: { [annotations.rollout]: formatRecord(content.record) },
    },
    spec: {
      ...userSetSpec(resource),
      replicas: content.replicas,
      minReadySeconds: minReadySecondsOf(resource.spec),
      selector: { matchLabels: setSelector(name, 'stable') },
      template: content.template,
      updateStrategy: updateStrategy(0),
      persistentVolumeClaimRetentionPolicy: retention,
    },
  }
}
