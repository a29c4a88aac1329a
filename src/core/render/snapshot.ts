/** A snapshot of one claim, as we ask for it. */
import { annotations, labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import type { Rendered } from './rendered.ts'

export interface SnapshotOrder {
  readonly snapshot: string
  readonly claim: { readonly name: string; readonly uid: string }
  readonly className: string
  readonly attempt: number
  /** uid of the replica that was stopped for it. */
  readonly pod?: string
}

export interface RenderedSnapshot extends Rendered {
  readonly spec: {
    readonly volumeSnapshotClassName: string
    readonly source: { readonly persistentVolumeClaimName: string }
  }
}

/**
 * Owned by nobody: a deletion in the foreground would let the garbage collector take it before anything is restored from it
 * (remove-snapshots.ts). The claim's uid tells one claim of that name from its successor.
 */
export function renderSnapshot(resource: CanaryStatefulSet, order: SnapshotOrder): RenderedSnapshot {
  const { name, namespace, uid } = resource.metadata
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      name: order.snapshot,
      namespace,
      labels: { [labels.name]: name, [labels.uid]: uid },
      annotations: {
        [annotations.attempt]: `${order.attempt}`,
        [annotations.claimUid]: order.claim.uid,
        ...(order.pod !== undefined && { [annotations.podUid]: order.pod }),
      },
    },
    spec: {
      volumeSnapshotClassName: order.className,
      source: { persistentVolumeClaimName: order.claim.name },
    },
  }
}
