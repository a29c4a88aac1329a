/**
 * The canary set: pods of the new revision that mount the claims of the replicas they displace. It has no claim
 * templates of its own, is created with 0 replicas, and its pods never run beside the stable pod of their ordinal.
 */
import { annotations, labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet, Volume } from '../../api/v1alpha1/types.ts'
import { type Fields, fieldsOf, listOf } from './fields.ts'
import { canarySetName, claimName, placeholderClaimName } from './names.ts'
import { ownerOf } from './owner.ts'
import type { RenderedPodTemplate, RenderedSet } from './rendered.ts'
import {
  minReadySecondsOf,
  retention,
  setLabels,
  setSelector,
  updateStrategy,
  userSetSpec,
} from './stable-set.ts'

export const podIndexLabel = 'apps.kubernetes.io/pod-index'

export interface CanaryContent {
  /** The stored pod template of the revision, as the stable set would get it. */
  readonly template: RenderedPodTemplate
  /** The one ordinal whose claims are mounted by name; undefined leaves the names to the hand-over policy. */
  readonly claimOrdinal: number | undefined
}

export interface CanarySetContent extends CanaryContent {
  /** The rollout that it is made for. */
  readonly attempt: number
}

export function renderCanarySet(resource: CanaryStatefulSet, content: CanarySetContent): RenderedSet {
  const { name, namespace } = resource.metadata
  const { volumeClaimTemplates: _claims, ordinals: _ordinals, ...userSpec } = userSetSpec(resource)
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: canarySetName(name),
      namespace,
      labels: setLabels(resource, 'canary'),
      annotations: { [annotations.attempt]: String(content.attempt) },
      ownerReferences: [ownerOf(resource)],
    },
    spec: {
      ...userSpec,
      replicas: 0,
      minReadySeconds: minReadySecondsOf(resource.spec),
      // Taking the canary away must not stall on an unready pod, as an OrderedReady set would.
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: setSelector(name, 'canary') },
      template: renderCanaryTemplate(resource, content),
      updateStrategy: updateStrategy(0),
      persistentVolumeClaimRetentionPolicy: retention,
    },
  }
}

/** The stable set's pod template with the canary's role, the displaced claims and the scheduler guard. */
export function renderCanaryTemplate(
  resource: CanaryStatefulSet,
  { template, claimOrdinal }: CanaryContent,
): RenderedPodTemplate {
  const { metadata, spec } = template
  return {
    ...template,
    metadata: { ...metadata, labels: { ...metadata.labels, [labels.role]: 'canary' } },
    spec: {
      ...spec,
      ...volumesOf(resource, spec.volumes, claimOrdinal),
      affinity: withGuard(spec.affinity, resource.metadata.name, claimOrdinal),
    },
  }
}

/** Names of the claim templates, in the user's order. */
export function claimTemplateNames({ spec }: Pick<CanaryStatefulSet, 'spec'>): readonly string[] {
  return (spec.template.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name)
}

function volumesOf(
  resource: CanaryStatefulSet,
  volumes: readonly Volume[] | undefined,
  ordinal: number | undefined,
): { readonly volumes?: readonly Volume[] } {
  const { name } = resource.metadata
  const templates = claimTemplateNames(resource)
  const displaced = templates.map((template) => ({
    name: template,
    persistentVolumeClaim: {
      claimName:
        ordinal === undefined ? placeholderClaimName(template, name) : claimName(template, name, ordinal),
    },
  }))
  // In a StatefulSet a claim template goes before a volume of the same name.
  const others = (volumes ?? []).filter((volume) => !templates.includes(volume.name))
  const all = [...others, ...displaced]
  return all.length === 0 ? {} : { volumes: all }
}

/**
 * The scheduler guard: no canary pod beside the stable pod whose claims it has, whoever made that one: the pod of one
 * ordinal, or of the canary's own, where there are several. The topology is the operating system, so that the whole
 * cluster is one domain.
 */
function withGuard(affinity: Fields | undefined, resource: string, ordinal: number | undefined): Fields {
  const podAntiAffinity = fieldsOf(affinity?.['podAntiAffinity'])
  const required = listOf(podAntiAffinity['requiredDuringSchedulingIgnoredDuringExecution'])
  const stable = setSelector(resource, 'stable')
  const guard = {
    ...(ordinal === undefined
      ? { labelSelector: { matchLabels: stable }, matchLabelKeys: [podIndexLabel] }
      : { labelSelector: { matchLabels: { ...stable, [podIndexLabel]: String(ordinal) } } }),
    topologyKey: 'kubernetes.io/os',
  }
  return {
    ...affinity,
    podAntiAffinity: {
      ...podAntiAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: [...required, guard],
    },
  }
}
