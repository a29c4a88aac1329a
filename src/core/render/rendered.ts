/**
 * The objects as we send them: plain JSON of which only the parts are typed that we write ourselves. What the user
 * wrote passes through as `unknown`.
 */
import type { PodTemplate } from '../../api/v1alpha1/types.ts'

export interface RenderedOwner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
}

export interface RenderedMeta {
  readonly name?: string
  readonly generateName?: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly RenderedOwner[]
}

export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: RenderedMeta
}

/** A pod template after rendering: labels are always there. */
export interface RenderedPodTemplate extends PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly [field: string]: unknown
  }
}

export interface RenderedSetSpec {
  readonly replicas: number
  readonly minReadySeconds: number
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  readonly template: RenderedPodTemplate
  readonly [field: string]: unknown
}

export interface RenderedSet extends Rendered {
  readonly spec: RenderedSetSpec
}
