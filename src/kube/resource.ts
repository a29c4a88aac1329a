/**
 * Which resource of the API is meant, and its paths. No requests here (rest.ts), and no list of known resources: each
 * user describes the few it needs.
 */
import type { KubernetesObject } from './object.ts'

declare const objectType: unique symbol

/** One resource of the API. `T` is the type of its objects: it exists for the compiler only. */
export interface Resource<T extends KubernetesObject = KubernetesObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  readonly [objectType]?: T
}

/** Describes a resource and states the type of its objects. */
export function resource<T extends KubernetesObject = KubernetesObject>(
  description: Pick<Resource, 'group' | 'version' | 'plural' | 'kind' | 'namespaced'>,
): Resource<T> {
  return description
}

export interface ResourcePath {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`
}

/**
 * The URL path of a collection or, with a name, of one object. A namespaced resource without a namespace is the
 * collection over all namespaces; one object of it cannot be addressed so, which throws.
 */
export function resourcePath(of: Resource, { namespace, name, subresource }: ResourcePath = {}): string {
  if (of.namespaced && name !== undefined && namespace === undefined) {
    throw new TypeError(
      `${of.kind} ${name} is addressed without its namespace; pass the namespace with the name.`,
    )
  }
  const segments = [of.group === '' ? 'api' : 'apis', ...apiVersionOf(of).split('/')]
  if (of.namespaced && namespace !== undefined) segments.push('namespaces', namespace)
  segments.push(of.plural)
  if (name !== undefined) segments.push(name)
  if (subresource !== undefined) segments.push(subresource)
  return `/${segments.map(encodeURIComponent).join('/')}`
}
