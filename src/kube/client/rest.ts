/**
 * Reads and writes of one resource at a time, over a transport. Objects pass through as raw JSON, so fields that nobody
 * here knows survive a read and a write. Numbers are JavaScript's: an integer beyond 2^53 is rounded when it is read, and
 * `replace` would write it back rounded; a patch touches only what it names. Watching is in reflector.ts; what to write,
 * and what a refusal means, is the caller's business.
 */
import { isGone, isNotFound } from './api-error.ts'
import type { KubernetesObject, Manifest, ObjectRef } from '../object.ts'
import type { Resource } from '../resource.ts'
import {
  address,
  deleteBody,
  isStatus,
  patchBody,
  patchContentTypes,
  type Status,
  typed,
  writeQuery,
} from './rest-request.ts'
import type { Request, ResponseStream, Transport } from './transport.ts'

/** Which objects of a resource. Without a namespace: those of all. */
export interface Scope {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface CallOptions {
  /** Limit of the whole call. Default 30 s. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called right before each attempt goes to the socket; what it throws ends the call as it is (see Request). */
  readonly beforeSend?: (() => void) | undefined
}

/** `timeoutMs` is the limit of each page. */
export interface ListOptions extends Scope, CallOptions {
  /** Objects per page. Default 250. */
  readonly limit?: number
  /** Only the metadata of each: what else its type has must not be looked at. */
  readonly metadataOnly?: boolean
}

export interface WriteOptions extends CallOptions {
  /** E.g. `status`. Where it is of a kind of its own (`eviction`, `scale`, `token`), what is written names that. */
  readonly subresource?: string
  /** Everything but the storing: admission, validation, defaults. */
  readonly dryRun?: boolean
  readonly fieldManager?: string
  /** What the server does about unknown and duplicate fields. Its own default is `Warn`. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this very object, not a later one of the same name. */
  readonly uid?: string
  /** Delete only if nothing was written since. */
  readonly resourceVersion?: string
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly gracePeriodSeconds?: number
  readonly dryRun?: boolean
}

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

export type Patch =
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly type: 'merge'; readonly body: object }
  /** Lists that Kubernetes merges (finalizers, say) are merged; built-in kinds only. */
  | { readonly type: 'strategic'; readonly body: object }
  /**
   * Server-side apply; `WriteOptions.fieldManager` must be given. Fields that others manage refuse it (`fieldConflicts`),
   * unless `force` takes them over.
   */
  | { readonly type: 'apply'; readonly body: object; readonly force?: boolean }

export interface List<T> {
  readonly items: readonly T[]
  /** The state of the resource that the list shows. */
  readonly resourceVersion: string
}

export interface Written<T> {
  readonly object: T
  readonly warnings: readonly string[]
}

export interface Deleted<T> {
  /**
   * The object, if it is still there: terminating, because of a grace period or of finalizers. Of some resources (pods,
   * service accounts) also its last state if it is gone, with the resourceVersion of its deletion.
   */
  readonly object?: T
  /** Of what was deleted. */
  readonly uid?: string | undefined
  readonly warnings: readonly string[]
}

/** All methods throw ApiError, ConnectionError or the signal's reason. */
export interface Rest {
  get<T extends KubernetesObject>(of: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T>
  getIfExists<T extends KubernetesObject>(
    of: Resource<T>,
    ref: ObjectRef,
    options?: CallOptions,
  ): Promise<T | undefined>
  /**
   * A live, consistent read of all pages. `decode` is applied page by page, so what it drops is never held for the
   * whole list.
   */
  list<T extends KubernetesObject>(of: Resource<T>, options?: ListOptions): Promise<List<T>>
  list<T extends KubernetesObject, C>(
    of: Resource<T>,
    options: ListOptions,
    decode: (raw: T) => C,
  ): Promise<List<C>>
  /** Opens a watch; the caller decodes it. */
  watch<T extends KubernetesObject>(of: Resource<T>, options: WatchOptions): Promise<ResponseStream>
  create<T extends KubernetesObject, M extends Manifest>(
    of: Resource<T>,
    manifest: M,
    options?: WriteOptions,
  ): Promise<Written<T>>
  replace<T extends KubernetesObject>(of: Resource<T>, object: T, options?: WriteOptions): Promise<Written<T>>
  patch<T extends KubernetesObject>(
    of: Resource<T>,
    ref: ObjectRef,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Written<T>>
  delete<T extends KubernetesObject>(
    of: Resource<T>,
    ref: ObjectRef,
    options?: DeleteOptions,
  ): Promise<Deleted<T>>
}

export interface WatchOptions extends Scope, CallOptions {
  /** Changes after this state. With `sendInitialEvents`: a state at least as new; absent: the newest. */
  readonly resourceVersion?: string | undefined
  /**
   * Begin with an ADDED event for each object there is, and a bookmark annotated `k8s.io/initial-events-end: "true"`
   * (WatchList, KEP-3157: on by default since Kubernetes 1.34, refused with 422 by servers that have it off).
   */
  readonly sendInitialEvents?: boolean
  /** The server ends the watch after this time. */
  readonly timeoutSeconds: number
}

const defaultPageSize = 250

const asMetadata = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

export function createRest(transport: Transport): Rest {
  async function write<T>(request: Request): Promise<Written<T>> {
    const { body, warnings } = await transport.request<T>(request)
    return { object: body, warnings }
  }

  const rest: Rest = {
    async get<T extends KubernetesObject>(
      of: Resource<T>,
      ref: ObjectRef,
      options?: CallOptions,
    ): Promise<T> {
      const { body } = await transport.request<T>({ ...address(of, ref, options), method: 'GET' })
      return body
    },

    async getIfExists(of, ref, options) {
      try {
        return await rest.get(of, ref, options)
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },

    async list<T extends KubernetesObject, C = T>(
      of: Resource<T>,
      options: ListOptions = {},
      decode: (raw: T) => C = unchanged,
    ): Promise<List<C>> {
      for (let attempt = 1; ; attempt++) {
        const limit = attempt < 3 ? options.limit : 0
        try {
          return await listPages(transport, of, { ...options, ...(limit !== undefined && { limit }) }, decode)
        } catch (error) {
          // A continue token outlived the server's history. Once more from the start; if pages are too slow for this
          // history, everything in one answer, which costs the server and us a moment of nothing else.
          if (!isGone(error) || attempt === 3) throw error
        }
      }
    },

    watch(of, options) {
      const { namespace, resourceVersion, timeoutSeconds, labelSelector, fieldSelector, ...call } = options
      const query = {
        sendInitialEvents: options.sendInitialEvents,
        resourceVersionMatch: options.sendInitialEvents ? 'NotOlderThan' : undefined,
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds,
        labelSelector,
        fieldSelector,
      }
      const request = { ...address(of, { namespace }, call), method: 'GET' as const, query }
      return transport.stream({ ...request, resource: `${request.resource}/watch`, selfPaced: true })
    },

    async create(of, manifest, options) {
      const { namespace, name } = manifest.metadata
      const body = typed(of, manifest)
      return write({
        // A subresource is that of one object.
        ...address(of, { namespace, name: options?.subresource && name }, options),
        method: 'POST',
        query: writeQuery(options),
        body,
      })
    },

    async replace(of, object, options) {
      const body = typed(of, object)
      return write({
        ...address(of, object.metadata, options),
        method: 'PUT',
        query: writeQuery(options),
        body,
      })
    },

    async patch(of, ref, patch, options) {
      const force = patch.type === 'apply' ? patch.force : undefined
      return write({
        ...address(of, ref, options),
        method: 'PATCH',
        query: { ...writeQuery(options), force },
        contentType: patchContentTypes[patch.type],
        body: patchBody(of, ref, patch),
      })
    },

    async delete<T extends KubernetesObject>(
      of: Resource<T>,
      ref: ObjectRef,
      options: DeleteOptions = {},
    ): Promise<Deleted<T>> {
      const { body, warnings } = await transport.request<T | Status>({
        ...address(of, ref, options),
        method: 'DELETE',
        body: deleteBody(options),
      })
      if (isStatus(body)) return { uid: body.details?.uid, warnings }
      return { object: body, uid: body.metadata.uid, warnings }
    },
  }
  return rest
}

interface ListBody<T> {
  readonly items?: readonly T[]
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
}

function unchanged<T, C>(raw: T): C {
  return raw as unknown as C
}

async function listPages<T extends KubernetesObject, C>(
  transport: Transport,
  of: Resource<T>,
  options: ListOptions,
  decode: (raw: T) => C,
): Promise<List<C>> {
  const { namespace, labelSelector, fieldSelector, limit = defaultPageSize } = options
  const items: C[] = []
  let continueToken: string | undefined
  for (;;) {
    const query = { labelSelector, fieldSelector, limit: limit || undefined, continue: continueToken }
    const { body } = await transport.request<ListBody<T>>({
      ...address(of, { namespace }, options),
      method: 'GET',
      query,
      selfPaced: true,
      ...(options.metadataOnly && { accept: asMetadata }),
    })
    for (const raw of body.items ?? []) items.push(decode(raw))
    continueToken = body.metadata.continue
    if (!continueToken) return { items, resourceVersion: body.metadata.resourceVersion }
  }
}
