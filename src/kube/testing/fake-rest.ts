/**
 * Reads and writes on a fake store without any network, for tests that move time by hand. Writes are checked like the
 * real server's: a taken name, a missing object, a stale resourceVersion.
 */
import { ApiError } from '../client/api-error.ts'
import { abortReason } from '../clock.ts'
import { type KubernetesObject, keyOf } from '../object.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import type { CallOptions, Rest } from '../client/rest.ts'
import type { FakeStore } from './fake-store.ts'

export type FakeRest = Pick<Rest, 'getIfExists' | 'create' | 'replace' | 'patch'>

export interface FakeRestOptions {
  /** Called before each request: throw to refuse it, return a promise to keep it waiting. */
  readonly before?: (verb: keyof FakeRest) => Promise<void> | void
}

export function createFakeRest(store: FakeStore, { before }: FakeRestOptions = {}): FakeRest {
  async function enter(verb: keyof FakeRest, { signal }: CallOptions = {}): Promise<void> {
    if (signal?.aborted) throw abortReason(signal)
    const aborted = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(abortReason(signal)), { once: true })
    })
    await Promise.race([before?.(verb), aborted])
  }

  return {
    async getIfExists<T extends KubernetesObject>(
      of: Resource<T>,
      ref: Parameters<Rest['get']>[1],
      options?: CallOptions,
    ) {
      await enter('getIfExists', options)
      return store.get(nameOf(of), keyOf(ref)) as T | undefined
    },
    async create(of, manifest, options) {
      await enter('create', options)
      const { name = '' } = manifest.metadata
      if (store.get(nameOf(of), keyOf({ ...manifest.metadata, name }))) {
        throw new ApiError(409, { reason: 'AlreadyExists', message: `"${name}" already exists` })
      }
      return { object: store.put(nameOf(of), manifest) as never, warnings: [] }
    },
    async replace(of, object, options) {
      await enter('replace', options)
      const known = store.get(nameOf(of), keyOf(object))
      if (!known) throw new ApiError(404, { reason: 'NotFound' })
      if (known.metadata.resourceVersion !== object.metadata.resourceVersion) {
        throw new ApiError(409, { reason: 'Conflict', message: 'the object has been modified' })
      }
      return { object: store.put(nameOf(of), object) as never, warnings: [] }
    },
    /** Merge patches of top-level fields only. */
    async patch(of, ref, patch, options) {
      await enter('patch', options)
      const known = store.get(nameOf(of), keyOf(ref))
      if (!known) throw new ApiError(404, { reason: 'NotFound' })
      if (patch.type !== 'merge') throw new Error('this fake knows merge patches only')
      return { object: store.put(nameOf(of), { ...known, ...patch.body }) as never, warnings: [] }
    },
  }
}

function nameOf(of: Resource): string {
  return `${apiVersionOf(of)}/${of.plural}`
}
