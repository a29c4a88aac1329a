/**
 * A whole controller: ConfigMaps labelled `copier.example.com/role: original` are copied into every namespace labelled
 * `copier.example.com/subscribe: "true"`. Copies follow: a change, the end of the original, a namespace that comes or goes, a
 * copy that somebody edits or deletes. What already has a copy's name, and is none, stays as it is, and people are told.
 *
 * node examples/copier.ts, with a kubeconfig or in a pod, as often as you like: one works, the others stand by. It needs
 * list and watch of namespaces; list, watch, get, create, patch and delete of ConfigMaps; create and patch of events; and a
 * Lease in `default`. PORT (8080) serves /healthz, /readyz and /metrics.
 */
import { isDeepStrictEqual } from 'node:util'
import { connect } from '../src/kube/client/connection.ts'
import { createRest, type Rest } from '../src/kube/client/rest.ts'
import { createTransport } from '../src/kube/client/transport.ts'
import type { Reconciled } from '../src/kube/control-loop/controller.ts'
import { inBothStates, source } from '../src/kube/control-loop/source.ts'
import { subjectOf } from '../src/kube/events/event-subject.ts'
import { createJsonLog } from '../src/kube/json-log.ts'
import { createManager } from '../src/kube/manager/manager.ts'
import { createMetrics } from '../src/kube/manager/metrics.ts'
import { runProgram } from '../src/kube/manager/program.ts'
import { type KubernetesObject, keyOf } from '../src/kube/object.ts'
import { resource } from '../src/kube/resource.ts'

type ConfigMap = KubernetesObject & { readonly data?: Readonly<Record<string, string>> }

const core = { group: '', version: 'v1' }
const configMaps = resource<ConfigMap>({ ...core, plural: 'configmaps', kind: 'ConfigMap', namespaced: true })
const namespaces = resource({ ...core, plural: 'namespaces', kind: 'Namespace', namespaced: false })
const role = 'copier.example.com/role'
const subscribed = 'copier.example.com/subscribe=true'
const copyOf = 'copier.example.com/copy-of'

const isOriginal = ({ metadata }: ConfigMap) => metadata.labels?.[role] === 'original'
/** Whose reconcile is concerned with it: the key of the original, if there is one. */
const originalOf = (map: ConfigMap) =>
  [isOriginal(map) ? keyOf(map) : map.metadata.annotations?.[copyOf]].filter((key) => key !== undefined)

await runProgram('copier', async (signal) => {
  const metrics = createMetrics()
  const rest = createRest(createTransport(await connect(), { userAgent: 'copier', meter: metrics.meter }))
  const address = { port: Number(process.env['PORT'] ?? 8080) }
  const served = { healthAddress: address, metricsAddress: address, metrics, log: createJsonLog() }
  const lease = { namespace: 'default', name: 'copier' }
  const manager = createManager({ rest, component: 'example.com/copier', lease, ...served })

  const maps = manager.cache(configMaps, { labelSelector: role, indexes: { original: originalOf } })
  const subscribers = manager.cache(namespaces, { labelSelector: subscribed, project: keyOf })
  const sources = [
    source(maps, inBothStates(originalOf)),
    source(subscribers, () => maps.list().flatMap(originalOf)),
  ]
  manager.controller({ name: 'copier', sources, reconcile })
  await manager.run(signal)

  /** Makes the copies of one original what they should be. `fenced` writes only while we lead. */
  async function reconcile(key: string, _: AbortSignal, fenced: Rest): Promise<Reconciled> {
    const family = maps.byIndex('original', key)
    const original = family.find(isOriginal)
    const wanted = original ? subscribers.list().filter((name) => name !== original.metadata.namespace) : []
    for (const map of family) {
      const isStale = map !== original && !wanted.includes(map.metadata.namespace ?? '')
      if (isStale) await fenced.delete(configMaps, map.metadata, { uid: map.metadata.uid })
    }
    let wakeAt: number | undefined
    for (const namespace of wanted) {
      // No watch of ours tells when another's object goes.
      if (original && !(await copy(original, namespace, fenced))) wakeAt = Date.now() + 60_000
    }
    return { wakeAt }
  }

  /** False where the name is taken. */
  async function copy(original: ConfigMap, namespace: string, fenced: Rest): Promise<boolean> {
    const ref = { namespace, name: original.metadata.name }
    const there = maps.get(keyOf(ref)) ?? (await fenced.getIfExists(configMaps, ref))
    if (there && originalOf(there)[0] !== keyOf(original)) {
      tell(original, 'Warning', 'NameTaken', `${keyOf(ref)} is no copy of this; rename one of them.`)
      return false
    }
    if (there && isDeepStrictEqual(there.data, original.data)) return true
    const marks = { labels: { [role]: 'copy' }, annotations: { [copyOf]: keyOf(original) } }
    const body = { metadata: { ...ref, uid: there?.metadata.uid, ...marks }, data: original.data }
    const patch = { type: 'apply', body, force: there !== undefined } as const
    await fenced.patch(configMaps, ref, patch, { fieldManager: 'copier' })
    tell(original, 'Normal', 'Copied', `Copied to ${keyOf(ref)}.`)
    return true
  }

  function tell(about: ConfigMap, type: 'Normal' | 'Warning', reason: string, note: string): void {
    manager.events.record({ regarding: subjectOf(configMaps, about), type, reason, action: 'Copy', note })
  }
})
