/** A rollout by the operator: what a person does, and what they wait for in between. */
import { annotations } from '../src/api/v1alpha1/constants.ts'
import type { CanaryStatefulSetSpecInput } from '../src/api/v1alpha1/types.ts'
import { walkthrough } from '../test/harness/manifest.ts'
import { canaryStatefulSets } from '../test/harness/objects.ts'
import type { Place } from './rollout-script.ts'
import { reach, type Shape } from './rollout-timeline.ts'

export interface Operated {
  /** All replicas of the first image, all Ready. */
  deploy(): Promise<void>
  /** Until the canary asks for approval. */
  rollOut(): Promise<void>
  /** The word alone. */
  promote(): Promise<void>
  /** The word alone. */
  rollBack(): Promise<void>
}

export function createOperated(
  { rest, seen, namespace, hopeless }: Place,
  { name, replicas, canaries: canaryReplicas, from, to }: Shape,
  volumes?: CanaryStatefulSetSpecInput['volumes'],
): Operated {
  const change = async (body: object) =>
    void (await rest.patch(canaryStatefulSets, { namespace, name }, { type: 'merge', body }))
  const setImage = (image: string) => change({ spec: { image } })
  const reaches = (what: string, holds: () => boolean) => reach(seen, `${name} ${what}`, holds, hopeless)
  return {
    async deploy() {
      const shape = { namespace, name, image: from, replicas, canaryReplicas, probe: true }
      await rest.create(canaryStatefulSets, walkthrough({ ...shape, ...(volumes && { volumes }) }))
      await reaches('is at rest', () => seen.resource(name)?.status?.phase === 'Stable')
    },
    async rollOut() {
      await setImage(to)
      await reaches('asks', () => seen.resource(name)?.status?.waiting?.for === 'AwaitingApproval')
    },
    promote: () => change({ metadata: { annotations: { [annotations.promote]: 'true' } } }),
    rollBack: () => setImage(from),
  }
}
