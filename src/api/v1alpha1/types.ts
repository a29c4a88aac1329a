/**
 * The API as TypeScript types, derived from the zod schema and from nothing else. Types only: importing this file
 * loads no code. What the API server hands out has its defaults applied (`CanaryStatefulSet`); what a person writes
 * may leave them out (`CanaryStatefulSetInput`). All of it is readonly: what came from a cache is never edited.
 */
import type { z } from 'zod'
import type { apiVersion, conditionTypes, kind, phases, roles } from './constants.ts'
import type { specSchema } from './schema.ts'
import type {
  claimTemplateSchema,
  containerSchema,
  podSpecSchema,
  podTemplateSchema,
  statefulSetSpecSchema,
  volumeSchema,
} from './stateful-set-schema.ts'
import type { conditionSchema, statusSchema } from './status-schema.ts'

/** The same shape, readonly all the way down. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

export type Phase = (typeof phases)[number]
export type Role = (typeof roles)[number]
export type ConditionType = (typeof conditionTypes)[number]

/** What we read of metav1.ObjectMeta, as the API server returns it. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The spec with every default in place. */
export interface CanaryStatefulSetSpec extends Frozen<z.output<typeof specSchema>> {}
/** The spec as a person may write it. */
export interface CanaryStatefulSetSpecInput extends Frozen<z.input<typeof specSchema>> {}
export interface CanaryStatefulSetStatus extends Frozen<z.output<typeof statusSchema>> {}

/** `spec.template`: a StatefulSetSpec; fields that the schema does not name are there too, as `unknown`. */
export interface StatefulSetSpec extends Frozen<z.output<typeof statefulSetSpecSchema>> {}
export interface PodTemplate extends Frozen<z.output<typeof podTemplateSchema>> {}
export interface PodSpec extends Frozen<z.output<typeof podSpecSchema>> {}
export interface Container extends Frozen<z.output<typeof containerSchema>> {}
export interface Volume extends Frozen<z.output<typeof volumeSchema>> {}
export interface ClaimTemplate extends Frozen<z.output<typeof claimTemplateSchema>> {}
/** A metav1.Condition. */
export interface Condition extends Frozen<z.output<typeof conditionSchema>> {}

/** A resource as the API server returns it. */
export interface CanaryStatefulSet {
  readonly apiVersion: typeof apiVersion
  readonly kind: typeof kind
  readonly metadata: ObjectMeta
  readonly spec: CanaryStatefulSetSpec
  readonly status?: CanaryStatefulSetStatus
}

/** A resource as a person writes it. */
export interface CanaryStatefulSetInput {
  readonly apiVersion: typeof apiVersion
  readonly kind: typeof kind
  readonly metadata: Pick<ObjectMeta, 'name'> & Partial<ObjectMeta>
  readonly spec: CanaryStatefulSetSpecInput
}
