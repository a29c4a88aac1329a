/**
 * The API server behind `Rest`, in memory, as far as the operator relies on it: resourceVersions, generations, JSON
 * patches with tests, merge patches, dry runs, preconditions of patches and deletes, finalizers, label selectors and watches. It judges no
 * content; `refuse` does that for a test.
 */
import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '../../kube/client/api-error.ts'
import { type KubernetesObject, keyOf, type Manifest, type ObjectRef } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Patch, Rest, Scope, WatchOptions, WriteOptions } from '../../kube/client/rest.ts'
import { createFakeStore, type FakeStore, type StoredEvent } from '../../kube/testing/fake-store.ts'
import { patched } from './json-patch.ts'

/** One call, as a test looks at it: `create statefulsets/redis-canary`, with `dry run` in front of dry ones. */
export interface Call {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete'
  readonly plural: string
  readonly name: string
  readonly dryRun: boolean
  readonly fieldManager: string | undefined
  /** What was sent: the manifest, or the result of the patch. */
  readonly object?: Manifest
}

export interface FakeApi {
  readonly rest: Rest
  readonly store: FakeStore
  /** All calls but watches, and replaces, by which a Lease is kept. */
  readonly calls: readonly Call[]
  readonly openWatches: () => number
  /** Answers a call with an error, until the returned function is called. */
  refuse(judge: (call: Call) => ApiError | undefined): () => void
  /** What a dry-run create returns instead of what was sent: the work of a mutating policy. */
  mutate(change: (call: Call, object: Manifest) => Manifest): void
}

/** The call in a few words. */
export function inWords({ verb, plural, name, dryRun }: Call): string {
  return `${dryRun ? 'dry run: ' : ''}${verb} ${plural}${name === '' ? '' : `/${name}`}`
}

/** What the API server answers to a JSON patch whose test fails: 422 without a cause. */
const failedTest = new ApiError(422, {
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
})

export function createFakeApi(): FakeApi {
  const store = createFakeStore()
  const calls: Call[] = []
  const judges = new Set<(call: Call) => ApiError | undefined>()
  let openWatches = 0
  let mutation: (call: Call, object: Manifest) => Manifest = (_call, object) => object

  function note(call: Call): void {
    calls.push(call)
    for (const judge of judges) {
      const refusal = judge(call)
      if (refusal) throw refusal
    }
  }

  function existing({ plural }: Resource, ref: ObjectRef): KubernetesObject {
    const found = store.get(plural, keyOf(ref))
    if (found) return found
    throw new ApiError(404, { reason: 'NotFound', message: `${plural} "${ref.name}" not found` })
  }

  /** Stores a change; one that takes the last finalizer off a deleted object removes it. */
  function change({ plural }: Resource, before: KubernetesObject, after: KubernetesObject): KubernetesObject {
    if (isDeepStrictEqual(before, after)) return before
    const specChanged = !isDeepStrictEqual(specOf(before), specOf(after))
    const generation = (before.metadata.generation ?? 1) + (specChanged ? 1 : 0)
    const stored = store.put(plural, { ...after, metadata: { ...after.metadata, generation } })
    const { deletionTimestamp, finalizers = [] } = stored.metadata
    if (deletionTimestamp !== undefined && finalizers.length === 0) store.remove(plural, keyOf(stored))
    return stored
  }

  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    openWatches += 1
    try {
      yield* chunks
    } finally {
      openWatches -= 1
    }
  }

  const rest: Rest = {
    async get(of, ref) {
      note({ verb: 'get', plural: of.plural, name: ref.name, dryRun: false, fieldManager: undefined })
      return existing(of, ref) as never
    },
    async getIfExists(of, ref) {
      note({ verb: 'get', plural: of.plural, name: ref.name, dryRun: false, fieldManager: undefined })
      return store.get(of.plural, keyOf(ref)) as never
    },
    async list(of: Resource, options: Scope = {}, decode: (raw: never) => unknown = (raw) => raw) {
      note({ verb: 'list', plural: of.plural, name: '', dryRun: false, fieldManager: undefined })
      const found = store.list(of.plural, options.namespace).filter((object) => isSelected(object, options))
      return { items: found.map((object) => decode(object as never)), resourceVersion: String(store.version) }
    },
    async watch(of, options) {
      // As a server before 1.34: lists are among the calls that tests count.
      if (options.sendInitialEvents) throw new ApiError(422, { reason: 'Invalid' })
      return { status: 200, headers: {}, chunks: counted(watchChunks(store, of, options)) }
    },
    async create(of, manifest, options = {}) {
      const name = manifest.metadata.name ?? `${manifest.metadata.generateName}x`
      const call: Call = { ...callOf('create', of, name, options), object: manifest }
      note(call)
      const object = { ...manifest, metadata: { ...manifest.metadata, name, generation: 1 } }
      if (options.dryRun) return { object: mutation(call, object) as never, warnings: [] }
      if (store.get(of.plural, keyOf({ metadata: object.metadata })))
        throw new ApiError(409, { reason: 'AlreadyExists', message: `${of.plural} "${name}" already exists` })
      return { object: store.put(of.plural, object) as never, warnings: [] }
    },
    async replace(of, object) {
      const before = existing(of, object.metadata)
      if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new ApiError(409, { reason: 'Conflict', message: 'the object has been modified' })
      return { object: change(of, before, object) as never, warnings: [] }
    },
    async patch(of, ref, patch, options = {}) {
      const before = store.get(of.plural, keyOf(ref))
      const after =
        before && (patch.type === 'json' ? patched(before, patch.operations) : merged(before, patch))
      note({ ...callOf('patch', of, ref.name, options), ...(after && { object: after }) })
      if (!after) {
        existing(of, ref)
        throw failedTest
      }
      if (!isSame(before, after))
        throw new ApiError(409, { reason: 'Conflict', message: 'the object has been modified' })
      return {
        object: (options.dryRun ? after : change(of, existing(of, ref), after)) as never,
        warnings: [],
      }
    },
    async delete(of, ref, options = {}) {
      note({ verb: 'delete', plural: of.plural, name: ref.name, dryRun: false, fieldManager: undefined })
      const found = existing(of, ref)
      const { uid, resourceVersion } = found.metadata
      if ((options.uid ?? uid) !== uid || (options.resourceVersion ?? resourceVersion) !== resourceVersion)
        throw new ApiError(409, { reason: 'Conflict', message: 'the precondition does not match' })
      if (!found.metadata.finalizers?.length) {
        store.remove(of.plural, keyOf(found))
        return { warnings: [] }
      }
      const metadata = { ...found.metadata, deletionTimestamp: new Date(0).toISOString() }
      return { object: store.put(of.plural, { ...found, metadata }) as never, warnings: [] }
    },
  }

  return {
    rest,
    store,
    calls,
    openWatches: () => openWatches,
    refuse(judge) {
      judges.add(judge)
      return () => void judges.delete(judge)
    },
    mutate(next) {
      mutation = next
    },
  }
}

function callOf(
  verb: 'create' | 'patch',
  of: Resource,
  name: string,
  { dryRun = false, fieldManager, subresource }: WriteOptions,
): Omit<Call, 'object'> {
  const plural = subresource === undefined ? of.plural : `${of.plural}/${subresource}`
  return { verb, plural, name, dryRun, fieldManager }
}

/** What a merge patch says of uid and resourceVersion is a precondition. */
function isSame({ metadata: one }: KubernetesObject, { metadata: other }: KubernetesObject): boolean {
  return one.uid === other.uid && one.resourceVersion === other.resourceVersion
}

function merged(
  object: KubernetesObject,
  patch: Exclude<Patch, { readonly type: 'json' }>,
): KubernetesObject {
  if (patch.type !== 'merge') throw new Error(`the fake API knows no ${patch.type} patches`)
  return withMerged(object, patch.body) as KubernetesObject
}

/** RFC 7386: null takes a field away, and a list is replaced as a whole. */
function withMerged(value: unknown, change: unknown): unknown {
  if (!isFields(change)) return change
  const fields = Object.entries(change).map(
    ([name, field]) => [name, withMerged(isFields(value) ? value[name] : undefined, field)] as const,
  )
  const all = { ...(isFields(value) ? value : {}), ...Object.fromEntries(fields) }
  return Object.fromEntries(Object.entries(all).filter(([, field]) => field !== null))
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function specOf(object: object): unknown {
  return (object as { readonly spec?: unknown }).spec
}

function isSelected({ metadata }: KubernetesObject, { labelSelector = '' }: Scope): boolean {
  const labels = metadata.labels ?? {}
  return labelSelector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      if (term.startsWith('!')) return !(term.slice(1) in labels)
      const [key = '', value] = term.split('=')
      return value === undefined ? key in labels : labels[key] === value
    })
}

async function* watchChunks(store: FakeStore, of: Resource, options: WatchOptions): AsyncGenerator<Buffer> {
  const { signal } = options
  let wake: () => void = () => {}
  const waiting = store.since(Number(options.resourceVersion)).filter((event) => concerns(event, of, options))
  const end = store.onEvent((event) => {
    if (concerns(event, of, options)) waiting.push(event)
    wake()
  })
  signal?.addEventListener('abort', () => wake(), { once: true })
  try {
    for (;;) {
      if (signal?.aborted) return
      const event = waiting.shift()
      if (event) yield Buffer.from(`${JSON.stringify({ type: event.type, object: event.object })}\n`)
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    end()
  }
}

function concerns({ resource, object }: StoredEvent, of: Resource, scope: Scope): boolean {
  return (
    resource === of.plural &&
    (scope.namespace === undefined || object.metadata.namespace === scope.namespace) &&
    isSelected(object, scope)
  )
}
