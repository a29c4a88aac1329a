/** The reference by which the garbage collector removes what a resource may own: its Service, its revisions, an inert set. */
import { apiVersion, kind } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import type { RenderedOwner } from './rendered.ts'

/**
 * Never on a set with pods: foreground deletion would remove it, and them, while our finalizer still stands. A canary set has it
 * until it is armed: one that a dead leader creates late, when the resource is gone, would be left behind for ever.
 */
export function ownerOf({ metadata }: CanaryStatefulSet): RenderedOwner {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }
}
