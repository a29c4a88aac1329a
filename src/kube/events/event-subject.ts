/**
 * The object that an event is about, as events name it.
 */
import type { KubernetesObject } from '../object.ts'
import { apiVersionOf, type Resource } from '../resource.ts'

export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
  readonly uid: string
}

/** List items and cached objects carry neither apiVersion nor kind, so the resource tells them. */
export function subjectOf(of: Resource, { metadata }: KubernetesObject): EventSubject {
  const { name, namespace, uid } = metadata
  return { apiVersion: apiVersionOf(of), kind: of.kind, name, namespace, uid }
}
