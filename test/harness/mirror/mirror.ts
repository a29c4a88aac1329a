/**
 * A controller to be put through bad days: for each source ConfigMap it keeps a copy with the text in capitals. All it
 * uses is src/kube; what it did is in its ledger.
 */
import { isConflict, isAlreadyExists, isNotFound } from '../../../src/kube/client/api-error.ts'
import type { Rest } from '../../../src/kube/client/rest.ts'
import { createCache, type FedCache } from '../../../src/kube/cache/cache.ts'
import { reflect, type ReflectorOptions } from '../../../src/kube/cache/reflector.ts'
import {
  type Controller,
  type ControllerOptions,
  createController,
} from '../../../src/kube/control-loop/controller.ts'
import { source } from '../../../src/kube/control-loop/source.ts'
import {
  type ConfigMap,
  configMaps,
  copyKeyOf,
  copyManifest,
  roleLabel,
  sourceKeysOf,
  textOf,
} from './config-maps.ts'
import { createLedger, type Ledger } from './ledger.ts'

export interface MirrorOptions {
  readonly namespace: string
  /** For reads and, unless `controller.rest` is another one, for writes. */
  readonly rest: Rest
  readonly reflector?: ReflectorOptions
  readonly controller?: Partial<Omit<ControllerOptions, 'sources' | 'reconcile'>>
  /** Comes first in each call of the handler. */
  readonly before?: (key: string, signal: AbortSignal) => Promise<void>
  /** A write is decided, and will be sent in this very turn. */
  readonly decided?: (key: string) => void
}

export interface Mirror {
  readonly cache: FedCache<ConfigMap, ConfigMap>
  readonly ledger: Ledger
  /** Watches until the signal aborts. */
  watch(signal: AbortSignal): Promise<void>
  /** Writes until the signal aborts and what runs has ended. */
  control: Controller['run']
}

export function createMirror(options: MirrorOptions): Mirror {
  const { namespace, rest, reflector = {}, before, decided } = options
  const cache = createCache(configMaps, { namespace, labelSelector: roleLabel, project: kept })
  const ledger = createLedger()

  async function reconcile(key: string, signal: AbortSignal, writer: Rest): Promise<void> {
    ledger.handled(key)
    await before?.(key, signal)
    const original = cache.get(key)
    const copy = cache.get(copyKeyOf(key))
    if (original === undefined && copy === undefined) ledger.inOrder(key, 'gone')
    else if (original !== undefined && copy !== undefined && isAlike(original, copy)) {
      ledger.inOrder(key, original.metadata.resourceVersion)
    } else {
      decided?.(key)
      await bringInOrder({ writer, signal }, original, copy)
    }
  }

  const controller = createController({
    name: 'mirror',
    rest,
    backoff: { baseMs: 50, capMs: 1_000 },
    ...options.controller,
    sources: [source(cache, ({ key, object }) => sourceKeysOf(key, object))],
    reconcile,
  })
  return {
    cache,
    ledger,
    watch: (signal) => reflect(rest, cache, reflector, signal),
    control: (signal, drain) => controller.run(signal, drain),
  }
}

/** Events carry apiVersion and kind, items of lists do not: neither is kept, so that both look alike. */
function kept({
  metadata: { name, namespace, uid, resourceVersion, labels = {} },
  data = {},
}: ConfigMap): ConfigMap {
  return { metadata: { name, uid, resourceVersion, labels, ...(namespace && { namespace }) }, data }
}

interface Means {
  readonly writer: Rest
  readonly signal: AbortSignal
}

/** One write, with the state that it was decided on as its precondition. */
async function bringInOrder(
  { writer, signal }: Means,
  original: ConfigMap | undefined,
  copy: ConfigMap | undefined,
): Promise<void> {
  try {
    if (original === undefined) await remove({ writer, signal }, copy)
    else if (copy === undefined) await writer.create(configMaps, copyManifest(original), { signal })
    else await writer.replace(configMaps, { ...copy, ...copyData(original) }, { signal })
  } catch (error) {
    // Somebody else was first: the event of that brings the key again.
    if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error
  }
}

async function remove({ writer, signal }: Means, copy: ConfigMap | undefined): Promise<void> {
  if (copy === undefined) return
  const { metadata } = copy
  const { uid, resourceVersion } = metadata
  await writer.delete(configMaps, metadata, { uid, resourceVersion, signal })
}

function copyData(original: ConfigMap): Pick<ConfigMap, 'data'> {
  return { data: copyManifest(original).data }
}

function isAlike(original: ConfigMap, copy: ConfigMap): boolean {
  return textOf(copy) === copyManifest(original).data.text
}
