/** The few fields that the demo reads of the resource and of its pods. */

export interface Resource {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number }
  readonly status?: {
    readonly phase?: string
    readonly message?: string
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly waiting?: { readonly for: string }
    readonly images?: { readonly stable?: string; readonly canary?: string }
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason: string
    }[]
  }
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: {
    readonly containers: readonly { readonly image: string }[]
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string } }
    }[]
  }
}

/** The status describes the present spec, and all is at rest on this image. */
export function isAtRestOn(resource: Resource, image: string): boolean {
  const { status, metadata } = resource
  return (
    status?.phase === 'Stable' &&
    status.observedGeneration === metadata.generation &&
    status.images?.stable === image &&
    status.images.canary === undefined
  )
}

/** The reason of a condition that is True; undefined where it is not. */
export function reasonIfTrue(resource: Resource, type: string): string | undefined {
  return resource.status?.conditions?.find(
    (condition) => condition.type === type && condition.status === 'True',
  )?.reason
}

/** The claims that a pod mounts. */
export function claimsOf(pod: Pod): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
    claim === undefined ? [] : [claim.claimName],
  )
}

/** What a pod is doing, in words for one line. */
export function stateOf(pod: Pod): string {
  const { metadata, spec, status } = pod
  const image = spec.containers[0]?.image ?? 'no image'
  if (metadata.deletionTimestamp !== undefined) return 'is stopping'
  const waiting = status?.containerStatuses?.[0]?.state?.waiting?.reason
  if (waiting !== undefined && waiting !== 'ContainerCreating') return `cannot start ${image}: ${waiting}`
  const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')
  if (isReady === true) return `runs ${image}`
  return `is new: ${image} on claim ${claimsOf(pod).join(', ')}`
}
