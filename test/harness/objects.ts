/**
 * The resources that tests read and write, with the fields that tests look at. Kept apart from the operator's own
 * list, so that a test does not inherit a mistake of what it tests.
 */
import type { CanaryStatefulSet } from '../../src/api/v1alpha1/types.ts'
import type { KubernetesObject } from '../../src/kube/object.ts'
import { resource } from '../../src/kube/resource.ts'

export type { CanaryStatefulSet }

export interface StatefulSet extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly ordinals?: { readonly start?: number }
    readonly updateStrategy?: { readonly rollingUpdate?: { readonly partition?: number } }
    readonly template: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly currentRevision?: string
    readonly updateRevision?: string
  }
}

export interface PodSpec {
  readonly nodeName?: string
  readonly containers: readonly { readonly name: string; readonly image: string }[]
  readonly volumes?: readonly {
    readonly name: string
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
}

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export interface Pod extends KubernetesObject {
  readonly spec: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly conditions?: readonly PodCondition[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly restartCount: number
  readonly ready: boolean
  readonly state?: {
    readonly waiting?: { readonly reason?: string }
    readonly terminated?: { readonly exitCode: number; readonly reason?: string }
  }
  readonly lastState?: { readonly terminated?: { readonly message?: string } }
}

export interface Claim extends KubernetesObject {
  readonly spec: {
    readonly volumeName?: string
    readonly storageClassName?: string
    readonly accessModes?: readonly string[]
    readonly resources?: { readonly requests?: { readonly storage?: string } }
    readonly dataSource?: { readonly kind: string; readonly name: string }
  }
  readonly status?: { readonly phase?: string; readonly capacity?: { readonly storage?: string } }
}

export interface Namespace extends KubernetesObject {
  readonly status?: { readonly phase?: string }
}

export interface Event extends KubernetesObject {
  readonly involvedObject: { readonly kind?: string; readonly name?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
}

export interface Snapshot extends KubernetesObject {
  readonly spec: {
    readonly source: { readonly persistentVolumeClaimName?: string }
    readonly volumeSnapshotClassName?: string
  }
  readonly status?: { readonly readyToUse?: boolean; readonly creationTime?: string }
}

export interface Job extends KubernetesObject {
  readonly spec: { readonly suspend?: boolean; readonly activeDeadlineSeconds?: number }
}

const core = { group: '', version: 'v1', namespaced: true } as const

export const canaryStatefulSets = resource<CanaryStatefulSet>({
  group: 'app.example.com',
  version: 'v1alpha1',
  plural: 'canarystatefulsets',
  kind: 'CanaryStatefulSet',
  namespaced: true,
})
export const statefulSets = resource<StatefulSet>({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
})
export const pods = resource<Pod>({ ...core, plural: 'pods', kind: 'Pod' })
export const claims = resource<Claim>({
  ...core,
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
})
export const services = resource({ ...core, plural: 'services', kind: 'Service' })
export const events = resource<Event>({ ...core, plural: 'events', kind: 'Event' })
export const namespaces = resource<Namespace>({
  ...core,
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
})
export interface StorageClass extends KubernetesObject {
  readonly provisioner: string
  readonly volumeBindingMode?: string
  readonly reclaimPolicy?: string
}

export const storageClasses = resource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
})

export interface SnapshotClass extends KubernetesObject {
  readonly driver: string
  readonly deletionPolicy: string
}

export const volumeSnapshotClasses = resource<SnapshotClass>({
  group: 'snapshot.storage.k8s.io',
  version: 'v1',
  plural: 'volumesnapshotclasses',
  kind: 'VolumeSnapshotClass',
  namespaced: false,
})

export interface PersistentVolume extends KubernetesObject {
  readonly spec: {
    readonly persistentVolumeReclaimPolicy?: string
    readonly csi?: { readonly volumeHandle: string }
    readonly nodeAffinity?: object
    readonly claimRef?: { readonly namespace?: string; readonly name?: string }
  }
}

export const persistentVolumes = resource<PersistentVolume>({
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
})

export const jobs = resource<Job>({
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  kind: 'Job',
  namespaced: true,
})

export const volumeSnapshots = resource<Snapshot>({
  group: 'snapshot.storage.k8s.io',
  version: 'v1',
  plural: 'volumesnapshots',
  kind: 'VolumeSnapshot',
  namespaced: true,
})

/** Whether the pod is Ready and nobody is taking it away. */
export function isReady(pod: Pod | undefined): boolean {
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return false
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/** The image of the pod's (or template's) first container. */
export function imageOf(spec: PodSpec | undefined): string | undefined {
  return spec?.containers[0]?.image
}

/** The resource's condition of this type, or undefined. */
export function conditionOf(
  resource: CanaryStatefulSet | undefined,
  type: 'Ready' | 'Reconciling' | 'Stalled',
) {
  return resource?.status?.conditions?.find((condition) => condition.type === type)
}
