/**
 * The Lease of coordination.k8s.io/v1, as far as leader election reads and writes it.
 */
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'

export interface LeaseSpec {
  /** Empty or absent: nobody holds it. */
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

export interface Lease extends KubernetesObject {
  readonly spec: LeaseSpec
}

export const leases = resource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
})
