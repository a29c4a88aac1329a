/**
 * The same restore without an operator: the writes of src/core/moves/restore.ts in their order, claim by claim, each as soon as a watch
 * shows what it waits for. No checks, and nobody could go on from it: what a restore costs at least.
 */
import { createCache } from '../src/kube/cache/cache.ts'
import { reflect } from '../src/kube/cache/reflector.ts'
import type { Manifest } from '../src/kube/object.ts'
import { condition } from '../test/harness/condition.ts'
import { claims, persistentVolumes, statefulSets, volumeSnapshots } from '../test/harness/objects.ts'
import { displacedClaims } from './restore-timeline.ts'
import { createScript, note, type Place } from './rollout-script.ts'
import { ordinals, reach, type Shape } from './rollout-timeline.ts'

export interface RestoringScript {
  deploy(): Promise<void>
  /** With snapshots of the displaced claims before the canaries run. */
  rollOut(): Promise<void>
  rollBack(): Promise<void>
}

export function createRestoringScript(place: Place, shape: Shape): RestoringScript {
  const { rest, seen, namespace, hopeless } = place
  const { name, replicas } = shape
  const names = displacedClaims(shape)
  const stable = { namespace, name: `${name}-stable` }
  const canary = { namespace, name: `${name}-canary` }

  async function takeSnapshots(): Promise<void> {
    for (const claim of names) {
      const spec = { source: { persistentVolumeClaimName: claim } }
      const manifest = { metadata: { name: snapshotOf(claim), namespace }, spec } as Manifest
      await rest.create(volumeSnapshots, manifest)
    }
    await snapshotsReady(place, names.map(snapshotOf))
    await rest.patch(statefulSets, stable, { type: 'merge', body: note({ snapshots: names }) })
  }

  async function restoreClaim(claim: string): Promise<void> {
    const ref = { namespace, name: claim }
    const { metadata, spec } = await rest.get(claims, ref)
    const { volumeName = '', ...wanted } = spec
    const body = {
      metadata: { annotations: { 'bench.example.com/kept': JSON.stringify({ metadata, spec }) } },
      spec: { persistentVolumeReclaimPolicy: 'Retain' },
    }
    await rest.patch(persistentVolumes, { name: volumeName }, { type: 'merge', body })
    await rest.delete(claims, ref)
    await reach(seen, `${claim} is gone`, () => seen.claim(claim) === undefined, hopeless)
    const { labels } = metadata
    const dataSource = {
      apiGroup: 'snapshot.storage.k8s.io',
      kind: 'VolumeSnapshot',
      name: snapshotOf(claim),
    }
    const manifest = {
      metadata: { name: claim, namespace, ...(labels && { labels }) },
      spec: { ...wanted, dataSource },
    }
    await rest.create(claims, manifest)
  }

  return {
    ...createScript(place, shape, takeSnapshots),
    async rollBack() {
      await rest.patch(statefulSets, stable, { type: 'merge', body: note({ decision: 'rollback' }) })
      await rest.patch(statefulSets, canary, { type: 'merge', body: { spec: { replicas: 0 } } })
      await reach(seen, 'the canary is gone', () => ordinals(seen, canary.name).length === 0, hopeless)
      await rest.delete(statefulSets, canary)
      for (const claim of names) await restoreClaim(claim)
      await rest.patch(statefulSets, stable, { type: 'merge', body: { spec: { replicas } } })
      const isBack = () => seen.pods().filter(({ metadata }) => metadata.name.startsWith(`${stable.name}-`))
      await reach(seen, 'the replicas are made', () => isBack().length === replicas, hopeless)
      await rest.patch(statefulSets, stable, { type: 'merge', body: note(undefined) })
    },
  }
}

async function snapshotsReady({ rest, namespace, hopeless }: Place, names: readonly string[]): Promise<void> {
  const watching = new AbortController()
  const cache = createCache(volumeSnapshots, { namespace })
  void reflect(rest, cache, {}, watching.signal)
  const areReady = () => names.every((name) => cache.get(`${namespace}/${name}`)?.status?.readyToUse === true)
  await condition('the snapshots are ready', areReady, [(look) => cache.onChange(look)], { hopeless })
  watching.abort()
}

function snapshotOf(claim: string): string {
  return `${claim}-1`
}
