/** The reference by which the garbage collector removes what a resource may own: its Service and its revisions. */
import { apiVersion, kind } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import type { RenderedOwner } from './rendered.ts'

/** Never put on a set: foreground deletion would remove it, and its pods, while our finalizer still stands. */
export function ownerOf({ metadata }: CanaryStatefulSet): RenderedOwner {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }
}
