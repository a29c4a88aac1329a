/**
 * The same rollout without an operator: the writes of docs/explain/how-it-decides.md in their order, each as soon as a watch shows
 * what it waits for. No checks, no record that anybody could go on from, no way back: what a rollout costs at least.
 */
import { annotations } from '../src/api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../src/api/v1alpha1/types.ts'
import { renderCanarySet } from '../src/core/render/canary-set.ts'
import { renderPodTemplate } from '../src/core/render/pod-template.ts'
import { renderStableSet, updateStrategy } from '../src/core/render/stable-set.ts'
import type { Rest } from '../src/kube/client/rest.ts'
import { walkthrough } from '../test/harness/manifest.ts'
import { imageOf, isReady, statefulSets } from '../test/harness/objects.ts'
import type { Watched } from '../test/harness/watched.ts'
import { reach, type Shape } from './rollout-timeline.ts'

export interface Script {
  deploy(): Promise<void>
  rollOut(): Promise<void>
  promote(): Promise<void>
}

/** Where to roll out, and what is seen of it. */
export interface Place {
  readonly rest: Rest
  readonly seen: Watched
  readonly namespace: string
  readonly hopeless: AbortSignal
}

/** `beforeCanary` runs when the displaced replicas are gone. */
export function createScript(
  { rest, seen, namespace, hopeless }: Place,
  shape: Shape,
  beforeCanary: () => Promise<void> = async () => {},
): Script {
  const { name, replicas, canaries, from, to } = shape
  const boundary = replicas - canaries
  const stable = { namespace, name: `${name}-stable` }
  const canary = { namespace, name: `${name}-canary` }
  const template = renderPodTemplate(resourceOf(namespace, shape, to), 'to')

  const patch = (ref: typeof stable, body: object) => rest.patch(statefulSets, ref, { type: 'merge', body })

  const until = (what: string, holds: () => boolean) => reach(seen, `the script's ${what}`, holds, hopeless)

  function podsOf(set: string, least: number) {
    return seen
      .pods()
      .filter(
        ({ metadata }) =>
          Array.from({ length: replicas }, (_, i) => `${set}-${i}`).indexOf(metadata.name) >= least,
      )
  }

  function areReady(set: string, least: number, image: string): boolean {
    const ready = podsOf(set, least).filter((pod) => isReady(pod) && imageOf(pod.spec) === image)
    return ready.length === replicas - least && isObserved(set)
  }

  function isObserved(set: string): boolean {
    const { metadata, status } = seen.set(set) ?? {}
    return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
  }

  return {
    async deploy() {
      const resource = resourceOf(namespace, shape, from)
      const record = { accepted: 'from', proven: true, id: 1 }
      const first = renderPodTemplate(resource, 'from')
      await rest.create(statefulSets, renderStableSet(resource, { template: first, replicas, record }))
      await until('replicas are ready', () => areReady(stable.name, 0, from))
    },
    async rollOut() {
      await patch(stable, { ...note({ started: true }), spec: { replicas: boundary } })
      await until(
        'displaced replicas are gone',
        () => podsOf(stable.name, boundary).length === 0 && isObserved(stable.name),
      )
      await beforeCanary()
      const rendered = renderCanarySet(resourceOf(namespace, shape, to), {
        template,
        claimOrdinal: undefined,
        attempt: 1,
      })
      const { ownerReferences: _, ...metadata } = rendered.metadata
      await rest.create(statefulSets, { ...rendered, metadata })
      await patch(stable, note({ touched: canaries }))
      await patch(canary, { spec: { ordinals: { start: boundary }, replicas: canaries } })
      await until('canaries are ready', () => areReady(canary.name, boundary, to))
    },
    async promote() {
      await patch(stable, note({ decision: 'promote' }))
      await patch(canary, { spec: { replicas: 0 } })
      await until('canary is gone', () => podsOf(canary.name, 0).length === 0 && isObserved(canary.name))
      await rest.delete(statefulSets, canary)
      await patch(stable, { spec: { template, replicas, updateStrategy: updateStrategy(boundary) } })
      for (let partition = boundary; partition > 0; partition--) {
        await until(
          'replicas are ready',
          () => areReady(stable.name, partition, to) && podsOf(stable.name, 0).every(isReady),
        )
        await patch(stable, { spec: { updateStrategy: updateStrategy(partition - 1) } })
      }
      await until('replicas are ready', () => areReady(stable.name, 0, to))
      await patch(stable, note(undefined))
    },
  }
}

/** Stands for the record: as large a write, to the same place. */
export function note(rollout: object | undefined): object {
  return { metadata: { annotations: { [annotations.rollout]: JSON.stringify({ rollout }) } } }
}

/** What the sets are rendered from; no such resource exists. */
function resourceOf(namespace: string, shape: Shape, image: string): CanaryStatefulSet {
  const { name, replicas, canaries } = shape
  const resource = walkthrough({ name, namespace, image, replicas, canaryReplicas: canaries, probe: true })
  return { ...resource, metadata: { ...resource.metadata, uid: 'script' } }
}
