/**
 * StatefulSet controller and kubelet in one, for the fake API: whatever a set asks for is there at once, its pods ready
 * for a long time, but for images that cannot be pulled. Ordering and timing are the real cluster's to test.
 */
import { labels } from '../../api/v1alpha1/constants.ts'
import type { KubernetesObject, Manifest } from '../../kube/object.ts'
import type { FakeStore } from '../../kube/testing/fake-store.ts'
import { keptPod, keptSet } from '../projections.ts'
import type { RawPod, RawSet } from '../resources.ts'

/** An image of this name cannot be pulled. */
export const missingImage = 'missing:1'

const longAgo = '2020-01-01T00:00:00Z'

/** Runs the sets of the store from now on. Returns the function that ends this. */
export function runSets(store: FakeStore): () => void {
  let awake = false
  function work(): void {
    awake = false
    for (const set of store.list('statefulsets')) bringAbout(store, set as RawSet)
    for (const pod of store.list('pods')) removeOrphan(store, pod)
  }
  return store.onEvent(({ resource }) => {
    if (awake || (resource !== 'statefulsets' && resource !== 'pods')) return
    awake = true
    // Later: a write inside of the telling of another would reach the watches before it.
    queueMicrotask(work)
  })
}

function bringAbout(store: FakeStore, set: RawSet): void {
  const { namespace, name, replicas, ordinalsStart, partition = 0, revision, generation } = keptSet(set)
  const wanted = Array.from({ length: replicas }, (_, index) => ordinalsStart + index)
  for (const ordinal of wanted) bringPod(store, set, ordinal)
  for (const pod of podsOf(store, set))
    if (!wanted.includes(ordinalOf(pod))) store.remove('pods', `${namespace}/${pod.metadata.name}`)
  const pods = podsOf(store, set)
  const updateRevision = `${name}-${revision}`
  const currentRevision = partition === 0 ? updateRevision : (set.status?.currentRevision ?? updateRevision)
  const counts = { replicas: pods.length, readyReplicas: pods.filter(isReady).length }
  const status = { observedGeneration: generation, updateRevision, currentRevision, ...counts }
  const changed: RawSet = { ...set, status }
  if (JSON.stringify(status) !== JSON.stringify(set.status)) store.put('statefulsets', changed)
}

function bringPod(store: FakeStore, set: RawSet, ordinal: number): void {
  const { namespace, name, revision, ordinalsStart, partition = 0 } = keptSet(set)
  const key = `${namespace}/${name}-${ordinal}`
  const known = store.get('pods', key)
  const isCurrent = known?.metadata.labels?.[labels.revision] === revision
  if (known && (isCurrent || ordinal < ordinalsStart + partition)) return
  if (known) store.remove('pods', key)
  for (const template of claimTemplatesOf(set)) bringClaim(store, set, `${template}-${name}-${ordinal}`)
  store.put('pods', podOf(set, ordinal))
}

function podOf({ metadata, spec }: RawSet, ordinal: number): Manifest {
  const { namespace = '', name, uid } = metadata
  const { template } = spec
  const ownVolumes = claimTemplatesOf({ metadata, spec }).map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: `${claim}-${name}-${ordinal}` },
  }))
  const volumes = (template?.spec?.volumes ?? []).map((volume) => completed(volume, ordinal))
  const pod = {
    metadata: {
      name: `${name}-${ordinal}`,
      namespace,
      labels: template?.metadata?.labels ?? {},
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid, controller: true }],
    },
    spec: { ...template?.spec, volumes: [...volumes, ...ownVolumes] },
    status: podStatus(template?.spec?.containers[0]?.image ?? ''),
  }
  return pod
}

/** The work of the hand-over policy. */
function completed(volume: object, ordinal: number): object {
  return JSON.parse(JSON.stringify(volume).replace('.ordinal"', `-${ordinal}"`)) as object
}

function podStatus(image: string): RawPod['status'] {
  const isMissing = image === missingImage
  const state = isMissing ? { waiting: { reason: 'ImagePullBackOff' } } : { running: {} }
  return {
    phase: isMissing ? 'Pending' : 'Running',
    conditions: [{ type: 'Ready', status: isMissing ? 'False' : 'True', lastTransitionTime: longAgo }],
    containerStatuses: [{ name: 'redis', image, ready: !isMissing, restartCount: 0, state }],
  }
}

function bringClaim(store: FakeStore, set: RawSet, name: string): void {
  const { namespace = '' } = set.metadata
  if (store.get('persistentvolumeclaims', `${namespace}/${name}`)) return
  const podLabels = set.spec.template?.metadata?.labels ?? {}
  store.put('persistentvolumeclaims', { metadata: { name, namespace, labels: podLabels } })
}

function removeOrphan(store: FakeStore, pod: KubernetesObject): void {
  const { namespace = '', name, ownerReferences: [owner] = [] } = pod.metadata
  if (owner && !store.get('statefulsets', `${namespace}/${owner.name}`))
    store.remove('pods', `${namespace}/${name}`)
}

function podsOf(store: FakeStore, { metadata }: RawSet): readonly KubernetesObject[] {
  return store
    .list('pods', metadata.namespace)
    .filter((pod) => pod.metadata.ownerReferences?.[0]?.name === metadata.name)
}

function isReady(pod: KubernetesObject): boolean {
  return keptPod(pod as RawPod).readySince !== undefined
}

function ordinalOf({ metadata }: KubernetesObject): number {
  return Number(metadata.name.split('-').at(-1))
}

function claimTemplatesOf(set: RawSet): readonly string[] {
  const { volumeClaimTemplates = [] } = set.spec as {
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  }
  return volumeClaimTemplates.map(({ metadata }) => metadata.name)
}
