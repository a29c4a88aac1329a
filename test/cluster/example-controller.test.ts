/**
 * examples/copier.ts as people run it: processes of their own on the real cluster. It does what it says, survives a kill at
 * the hands of a standby, leaves alone what is not its own, and ends well.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { createCache, type FedCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import type { Rest } from '../../src/kube/client/rest.ts'
import { leases } from '../../src/kube/leader-election/lease.ts'
import type { KubernetesObject, Manifest } from '../../src/kube/object.ts'
import { resource } from '../../src/kube/resource.ts'
import { isAtLeast } from '../../src/kube/resource-version.ts'
import { repository } from '../harness/cluster.ts'
import { type Changing, condition } from '../harness/condition.ts'
import { namespaces } from '../harness/objects.ts'
import { openSpace } from '../harness/space.ts'

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

interface Event extends KubernetesObject {
  readonly reason?: string
  readonly note?: string
  readonly regarding?: { readonly uid?: string }
}

const configMaps = resource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})
const events = resource<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
})
const lease = { namespace: 'default', name: 'copier' }
const name = 'settings'

test('the example copies ConfigMaps, survives a kill, and ends well', async () => {
  const [home, early, late, foreign] = [
    await openSpace('copier-home'),
    await openSpace('copier-early'),
    await openSpace('copier-late'),
    await openSpace('copier-foreign'),
  ]
  const { rest } = home
  const maps = await follow(rest, createCache(configMaps))
  const told = await follow(rest, createCache(events, { namespace: home.namespace }))
  const mapIn = ({ namespace }: { readonly namespace: string }) => maps.get(`${namespace}/${name}`)
  const holds = (space: { readonly namespace: string }, greeting: string | undefined) =>
    condition(
      () => `${space.namespace} holds ${greeting}, and not ${mapIn(space)?.data?.['greeting']}`,
      () => mapIn(space)?.data?.['greeting'] === greeting,
      [maps.onChange],
    )

  const first = await startCopier()
  await create(rest, { metadata: { namespace: foreign.namespace, name }, data: { greeting: 'mine' } })
  await subscribe(rest, early.namespace, 'true')
  await subscribe(rest, foreign.namespace, 'true')
  const labels = { 'copier.example.com/role': 'original' }
  await create(rest, { metadata: { namespace: home.namespace, name, labels }, data: { greeting: 'hello' } })
  await holds(early, 'hello')

  // Somebody edits a copy, and somebody deletes one.
  const edited = await change(rest, early.namespace, 'edited')
  await condition('the edit is seen', () => isPast(mapIn(early), edited), [maps.onChange])
  await holds(early, 'hello')
  const before = mapIn(early)?.metadata.uid
  await rest.delete(configMaps, { namespace: early.namespace, name })
  await condition(
    'the copy is made again',
    () => mapIn(early) !== undefined && mapIn(early)?.metadata.uid !== before,
    [maps.onChange],
  )

  // What has the name already stays as it is, and people are told.
  const original = mapIn(home)?.metadata.uid
  const taken = await condition(
    'an event tells that a name is taken',
    () => told.list().find(({ reason, regarding }) => reason === 'NameTaken' && regarding?.uid === original),
    [told.onChange],
  )
  expect(taken.note).toBe(`${foreign.namespace}/${name} is no copy of this; rename one of them.`)
  expect(mapIn(foreign)?.data).toEqual({ greeting: 'mine' })
  expect(mapIn(late)).toBeUndefined()

  // The leader is killed, and the world goes on before a standby takes over.
  const second = await startCopier()
  expect((await second.ask('/readyz')).text).toBe('ok')
  await first.end('SIGKILL')
  await subscribe(rest, late.namespace, 'true')
  await holds(late, 'hello')
  const atRest = mapIn(early)?.metadata.resourceVersion
  await subscribe(rest, late.namespace, null)
  await holds(late, undefined)
  expect(mapIn(early)?.metadata.resourceVersion).toBe(atRest)
  await change(rest, home.namespace, 'good bye')
  await holds(early, 'good bye')

  const { text } = await second.ask('/metrics')
  expect(text).toMatch(/^controller_runtime_reconcile_total\{.*result="(success|requeue_after)".*\} [1-9]/m)
  expect(text).toMatch(/^leader_election_master_status\{.*\} 1$/m)

  await rest.delete(configMaps, { namespace: home.namespace, name })
  await holds(early, undefined)
  expect(mapIn(foreign)?.data).toEqual({ greeting: 'mine' })

  expect(await second.end('SIGTERM')).toBe(0)
  expect((await rest.get(leases, lease)).spec?.holderIdentity ?? '').toBe('')
})

function create(rest: Rest, manifest: Manifest & Pick<ConfigMap, 'data'>): Promise<unknown> {
  return rest.create(configMaps, manifest)
}

function subscribe(rest: Rest, namespace: string, value: 'true' | null): Promise<unknown> {
  const body = { metadata: { labels: { 'copier.example.com/subscribe': value } } }
  return rest.patch(namespaces, { name: namespace }, { type: 'merge', body })
}

async function change(rest: Rest, namespace: string, greeting: string): Promise<ConfigMap> {
  const patch = { type: 'merge', body: { data: { greeting } } } as const
  return (await rest.patch(configMaps, { namespace, name }, patch)).object
}

function isPast(seen: ConfigMap | undefined, written: ConfigMap): boolean {
  return seen !== undefined && isAtLeast(seen.metadata.resourceVersion, written.metadata.resourceVersion)
}

interface Followed<T> {
  get(key: string): T | undefined
  list(): T[]
  readonly onChange: Changing
}

/** Kept current until the test ends. */
async function follow<T extends KubernetesObject>(rest: Rest, cache: FedCache<T, T>): Promise<Followed<T>> {
  const watching = new AbortController()
  const following = reflect(rest, cache, {}, watching.signal)
  onTestFinished(async () => {
    watching.abort()
    await following
  })
  await cache.whenSynced(watching.signal)
  return cache
}

interface Copier {
  /** One of its pages. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>
  /** Resolves with its exit status, or the signal's name. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>
}

/** Resolves when it is ready. */
async function startCopier(): Promise<Copier> {
  const child = spawn(process.execPath, ['examples/copier.ts'], {
    cwd: repository,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  const hears = new Set<() => void>()
  const ended = Promise.withResolvers<number | string>()
  child.once('exit', (status, signal) => ended.resolve(signal ?? status ?? 'unknown'))
  onTestFinished(async ({ task }) => {
    child.kill('SIGKILL')
    await ended.promise
    if (task.result?.state === 'fail') process.stderr.write(`copier ${child.pid}:\n${log.join('\n')}\n`)
  })
  listen(child, (line) => {
    log.push(line)
    for (const hear of hears) hear()
  })
  const port = await condition(
    () => `the copier tells its port; it said ${log.join('\n')}`,
    () => /"address":":(\d+)"/.exec(log.join('\n'))?.[1],
    [(hear) => (hears.add(hear), () => hears.delete(hear))],
  )
  const copier: Copier = {
    async ask(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      return { status: answer.status, text: await answer.text() }
    },
    async end(signal) {
      child.kill(signal)
      return ended.promise
    },
  }
  while ((await copier.ask('/readyz')).status !== 200) await new Promise(setImmediate)
  return copier
}

function listen(child: ChildProcess, hear: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', hear)
  }
}
