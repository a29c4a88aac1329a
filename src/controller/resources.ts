/**
 * The resources that the operator reads and writes, and the parts of them that it looks at. Everything else in an
 * object passes through unseen.
 */
import { group, kind, plural, version } from '../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet, PodTemplate } from '../api/v1alpha1/types.ts'
import type { RevisionData } from '../core/render/controller-revision.ts'
import type { KubernetesObject } from '../kube/object.ts'
import { resource } from '../kube/resource.ts'

/** Read in full: nearly every field of it matters. */
export type RawResource = CanaryStatefulSet

export interface RawSet extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly ordinals?: { readonly start?: number }
    readonly updateStrategy?: { readonly rollingUpdate?: { readonly partition?: number } }
    readonly persistentVolumeClaimRetentionPolicy?: {
      readonly whenDeleted?: string
      readonly whenScaled?: string
    }
    readonly template?: Partial<PodTemplate>
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly currentRevision?: string
    readonly updateRevision?: string
    readonly replicas?: number
    readonly readyReplicas?: number
  }
}

export interface RawContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason?: string
    readonly message?: string
    readonly startedAt?: string | null
    readonly finishedAt?: string | null
  }
}

export interface RawContainerStatus {
  readonly name: string
  readonly image: string
  readonly ready: boolean
  readonly restartCount: number
  readonly state?: RawContainerState
  readonly lastState?: RawContainerState
}

export interface RawPodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly lastTransitionTime?: string | null
}

export interface RawPod extends KubernetesObject {
  readonly spec: {
    readonly volumes?: readonly {
      readonly name: string
      readonly persistentVolumeClaim?: { readonly claimName: string }
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly conditions?: readonly RawPodCondition[]
    readonly containerStatuses?: readonly RawContainerStatus[]
    readonly initContainerStatuses?: readonly RawContainerStatus[]
  }
}

export interface RawRevision extends KubernetesObject {
  readonly revision: number
  readonly data?: Partial<RevisionData>
}

export interface RawClaim extends KubernetesObject {
  readonly spec?: {
    readonly volumeName?: string
    readonly storageClassName?: string
    readonly dataSource?: { readonly kind?: string; readonly name?: string }
    readonly resources?: { readonly requests?: { readonly storage?: string } }
    readonly [field: string]: unknown
  }
}

export interface RawVolume extends KubernetesObject {
  readonly spec: {
    readonly persistentVolumeReclaimPolicy?: string
    readonly capacity?: { readonly storage?: string }
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string }
    readonly csi?: { readonly driver: string }
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly RawNodeTerm[] } }
  }
  readonly status?: { readonly phase?: string; readonly lastPhaseTransitionTime?: string }
}

/** All of its expressions hold; `matchFields` are not looked at, since no storage has them. */
export interface RawNodeTerm {
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export interface RawNode extends KubernetesObject {
  readonly spec?: { readonly unschedulable?: boolean }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export interface RawSnapshot extends KubernetesObject {
  readonly spec?: { readonly source?: { readonly persistentVolumeClaimName?: string } }
  readonly status?: {
    readonly readyToUse?: boolean
    readonly creationTime?: string
    readonly restoreSize?: string
    readonly error?: { readonly message?: string }
  }
}

export interface RawSnapshotClass extends KubernetesObject {
  readonly driver: string
}

export interface RawStorageClass extends KubernetesObject {
  readonly provisioner: string
}

export interface RawJob extends KubernetesObject {
  readonly spec?: { readonly suspend?: boolean }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
    }[]
  }
}

export interface RawService extends KubernetesObject {
  readonly spec: { readonly clusterIP?: string }
}

export const canaryStatefulSets = resource<RawResource>({ group, version, plural, kind, namespaced: true })

export const statefulSets = resource<RawSet>({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
})

export const controllerRevisions = resource<RawRevision>({
  group: 'apps',
  version: 'v1',
  plural: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
})

export const pods = resource<RawPod>({
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
})

export const claims = resource<RawClaim>({
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
})

export const jobs = resource<RawJob>({
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  kind: 'Job',
  namespaced: true,
})

export const services = resource<RawService>({
  group: '',
  version: 'v1',
  plural: 'services',
  kind: 'Service',
  namespaced: true,
})

export const volumes = resource<RawVolume>({
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
})

export const nodes = resource<RawNode>({
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
})

const snapshotApi = { group: 'snapshot.storage.k8s.io', version: 'v1' } as const

export const snapshots = resource<RawSnapshot>({
  ...snapshotApi,
  plural: 'volumesnapshots',
  kind: 'VolumeSnapshot',
  namespaced: true,
})

export const snapshotClasses = resource<RawSnapshotClass>({
  ...snapshotApi,
  plural: 'volumesnapshotclasses',
  kind: 'VolumeSnapshotClass',
  namespaced: false,
})

export const storageClasses = resource<RawStorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
})
