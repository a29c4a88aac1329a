/**
 * The shape every Kubernetes object shares, as raw JSON: what the API server sends and takes, nothing converted, so a
 * field we do not know survives. Types of particular kinds do not belong here.
 */

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Metadata as read from the server: name, uid and resourceVersion are always there. */
export interface ObjectMeta {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly namespace?: string
  readonly generateName?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
}

/** An object as read from the server. List items carry neither apiVersion nor kind. */
export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** An object as written: the server has yet to give it a uid and a resourceVersion. */
export interface Manifest {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: Partial<ObjectMeta>
}

/** Where an object is, within its resource. Cluster-scoped objects have no namespace. */
export interface ObjectRef {
  readonly name: string
  readonly namespace?: string
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of caches and queues. */
export function keyOf(where: ObjectRef | { readonly metadata: ObjectRef }): string {
  const { namespace, name } = 'metadata' in where ? where.metadata : where
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The reverse of `keyOf`. */
export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
