/** What a resource owns by ownerReference, its Service and its stored revisions, watched in the namespace of a test. */
import { onTestFinished } from 'vitest'
import { createCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import type { KubernetesObject } from '../../src/kube/object.ts'
import { type Resource, resource } from '../../src/kube/resource.ts'
import { condition } from '../harness/condition.ts'
import { services } from '../harness/objects.ts'
import type { Space } from '../harness/space.ts'
import { type Held, serviceOf } from './phases.ts'

const revisions = resource({
  group: 'apps',
  version: 'v1',
  plural: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
})

export interface Belongings {
  /** The Service of the resource, and the revisions that the operator stored for it. */
  of(held: Held): readonly KubernetesObject[]
  until(held: Held, what: string, is: (objects: readonly KubernetesObject[]) => boolean): Promise<unknown>
}

export async function belongings({ rest, namespace }: Space): Promise<Belongings> {
  const watching = new AbortController()
  onTestFinished(() => watching.abort())
  const follow = (of: Resource) => {
    const cache = createCache(of, { namespace })
    void reflect(rest, cache, {}, watching.signal)
    return cache
  }
  const caches = [follow(services), follow(revisions)]
  await Promise.all(caches.map((cache) => cache.whenSynced(watching.signal)))
  const of = ({ name }: Held) =>
    caches
      .flatMap((cache) => cache.list())
      .filter(({ metadata }) => metadata.name === serviceOf(name) || isStored(metadata, name))
  return {
    of,
    until: (held, what, is) =>
      condition(
        () =>
          `${of(held)
            .map(({ metadata }) => metadata.name)
            .join(', ')} ${what}`,
        () => is(of(held)),
        caches.map((cache) => (look) => cache.onChange(look)),
      ),
  }
}

/** By the operator: the set controller's own carry the labels of pods. */
function isStored({ labels = {} }: KubernetesObject['metadata'], name: string): boolean {
  return labels['canary.example.com/name'] === name && !('canary.example.com/role' in labels)
}
