/**
 * The stage for bad days: a namespace, a mirror at work in it that reaches the API server through a fault proxy only,
 * somebody who edits sources behind the proxy's back, and the proof that all is well again.
 */
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { expect, inject, onTestFinished } from 'vitest'
import { createRest, type Rest } from '../../../src/kube/client/rest.ts'
import { createTransport, type TransportOptions } from '../../../src/kube/client/transport.ts'
import type { Connection } from '../../../src/kube/client/connection.ts'
import { keyOf } from '../../../src/kube/object.ts'
import { connectToCluster, type TestCluster } from '../cluster.ts'
import { type Changing, condition } from '../condition.ts'
import { namespaces } from '../objects.ts'
import { type FaultProxy, startFaultProxy } from '../proxy/fault-proxy.ts'
import { runLabel } from '../test-run.ts'
import {
  type ConfigMap,
  configMaps,
  copyManifest,
  isCopy,
  isSource,
  roleLabel,
  sourceManifest,
} from './config-maps.ts'
import { createMirror, type Mirror, type MirrorOptions } from './mirror.ts'

/** Short waits between attempts, so that ten failures in a row take a second and not a minute. */
export const quickBackoff = { baseMs: 10, capMs: 100 } as const

export interface BadDay {
  readonly cluster: TestCluster
  readonly namespace: string
  /** Past the proxy. */
  readonly rest: Rest
  readonly proxy: FaultProxy
  /** Creates the source, or changes its text. */
  write(name: string, text: string): Promise<ConfigMap>
  remove(name: string): Promise<void>
  /** A mirror behind the proxy, which is not started yet. */
  mirror(options?: BadDayMirrorOptions): StagedMirror
  /** Waits until the mirror has found the last state of each source in order; then compares with what is there. */
  allWell(mirror: Mirror): Promise<void>
  /** Waits for a condition that hangs on the proxy or on the mirrors. */
  until<T>(what: string, find: () => T | undefined | false, more?: readonly Changing[]): Promise<T>
}

export interface BadDayMirrorOptions extends Partial<Omit<MirrorOptions, 'rest' | 'namespace'>> {
  readonly transport?: TransportOptions
  /** Another way to the API server than through the proxy of the day. */
  readonly connection?: Connection
}

export interface StagedMirror extends Mirror {
  /** Watches and writes until `stop`. */
  start(): void
  /** Watches until `stop`, and never writes. */
  observe(): void
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** Lasts as long as the test. */
export async function openBadDay(title: string): Promise<BadDay> {
  const cluster = await connectToCluster()
  const { rest, connection } = cluster
  const namespace = `t-${title}-${randomBytes(3).toString('hex')}`
  await rest.create(namespaces, { metadata: { name: namespace, labels: { [runLabel]: inject('testRun') } } })
  const { tls } = await connection.credentials()
  const proxy = await startFaultProxy({ server: connection.server, tls })
  const staged: StagedMirror[] = []
  onTestFinished(async () => {
    await Promise.all(staged.map((mirror) => mirror.stop()))
    await proxy.close()
    await rest.delete(namespaces, { name: namespace })
    cluster.close()
  })

  const day: BadDay = {
    cluster,
    namespace,
    rest,
    proxy,
    async write(name, text) {
      const body = sourceManifest({ namespace, name }, text)
      const patch = { type: 'apply', body } as const
      const { object } = await rest.patch(configMaps, { namespace, name }, patch, { fieldManager: 'test' })
      return object
    },
    async remove(name) {
      await rest.delete(configMaps, { namespace, name })
    },
    mirror({ transport: transportOptions, connection: other, ...options } = {}) {
      const through = other ?? { ...connection, server: new URL(proxy.url) }
      const transport = createTransport(through, transportOptions)
      const reflector = { backoff: quickBackoff, ...options.reflector }
      const mirror = createMirror({ ...options, reflector, rest: createRest(transport), namespace })
      const one = stage(mirror, () => transport.close())
      staged.push(one)
      return one
    },
    allWell: (mirror) => allWell(rest, namespace, mirror),
    until: (what, find, more = []) =>
      condition(what, find, [
        ...more,
        proxy.onChange,
        ...staged.flatMap(({ ledger, cache }) => [ledger.onChange, cache.onChange]),
      ]),
  }
  return day
}

function stage(mirror: Mirror, close: () => void): StagedMirror {
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  return {
    ...mirror,
    start() {
      running = Promise.all([mirror.watch(stopping.signal), mirror.control(stopping.signal)])
    },
    observe() {
      running = mirror.watch(stopping.signal)
    },
    async stop() {
      stopping.abort()
      await running
      close()
    },
  }
}

async function allWell(rest: Rest, namespace: string, { cache, ledger }: Mirror): Promise<void> {
  const list = async () => (await rest.list(configMaps, { namespace, labelSelector: roleLabel })).items
  const sources = (await list()).filter(isSource)
  const last = new Map(sources.map((map) => [keyOf(map), map.metadata.resourceVersion]))
  const unhandled = (): readonly unknown[] => [
    ...[...last].filter(([key, version]) => ledger.states.get(key) !== version),
    ...[...ledger.states].filter(([key, state]) => !last.has(key) && state !== 'gone'),
  ]
  const why = () => `the last state of each source was handled (not yet: ${JSON.stringify(unhandled())})`
  await condition(why, () => unhandled().length === 0, [ledger.onChange], { within: 30 })

  const fresh = await list()
  const copies = fresh.filter(isCopy).map(({ metadata: { name }, data }) => ({ name, data }))
  const wanted = sources.map(copyManifest).map(({ metadata: { name }, data }) => ({ name, data }))
  expect(byName(copies)).toEqual(byName(wanted))
  const projected = inOrder(fresh.map((map) => cache.feed.decode(map).object))
  const isEqual = () => isDeepStrictEqual(inOrder(cache.list()), projected)
  try {
    await condition('the cache equals a fresh LIST', isEqual, [cache.onChange], { within: 20 })
  } catch {
    expect(inOrder(cache.list()), 'the cache, and a fresh LIST').toEqual(projected)
  }
}

function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((one, other) => one.name.localeCompare(other.name))
}

function inOrder(maps: readonly ConfigMap[]): readonly ConfigMap[] {
  return maps.toSorted((one, other) => one.metadata.name.localeCompare(other.metadata.name))
}
