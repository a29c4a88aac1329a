/**
 * Deployments from nothing and deletions, with the operator killed after every write (test/harness/crash/killed.ts).
 */
import { expect } from 'vitest'
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import {
  applied,
  appliedAgain,
  changeSpec,
  deployed,
  patience,
  removed,
  rollOut,
} from '../harness/crash/story.ts'
import { claims, imageOf, isReady, services, statefulSets } from '../harness/objects.ts'
import { fewestReady } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import { atRestOn, canaryActive } from '../harness/rollout.ts'
import type { Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

killedAfterEachWriteAlone({
  title: 'a first deployment, and a deletion that leaves nothing to keep',
  available: 0,
  begin: async () => {},
  async play(space, turn) {
    await applied(space, { replicas: 2 })
    await atRestOn(space, turn.from, patience)
    await removedWithClaims(space)
  },
})

killedAfterEveryWrite({
  title: 'a first image that cannot be pulled, the next one that goes straight in, and a deletion',
  available: 0,
  begin: async () => {},
  async play(space, turn) {
    await applied(space, { replicas: 2, image: 'redis:0.0.0-not-there' })
    const message = () => space.seen.resource()?.status?.message ?? ''
    await until(space, 'it says so', () => message().includes('cannot get its image'), patience)
    await changeSpec(space, { image: turn.to })
    await atRestOn(space, turn.to, patience)
    await removedWithClaims(space)
  },
})

killedAfterEveryWrite({
  title: 'a deletion at rest, and a forced start on the claims that were kept',
  available: 0,
  begin: deployed({ replicas: 2 }),
  async play(space) {
    await removed(space)
    await nothingIsLeft(space)
    await appliedAgain(space, { replicas: 2 })
  },
})

killedAfterEveryWrite({
  title: 'a deletion while the canary waits, and a forced start on the claims that were kept',
  available: 0,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await removed(space)
    await nothingIsLeft(space)
    await appliedAgain(space, { replicas: 2 })
  },
})

killedAfterEveryWrite({
  title: 'a deletion while the canary waits that leaves the replicas',
  available: 0,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    const { rest, namespace, seen } = space
    const from = seen.podHistory.length
    await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await changeSpec(space, { deletionPolicy: 'Orphan' })
    await removed(space)
    await replicasAreLeft(space, turn.from)
    expect(fewestReady(seen.podHistory, from)).toBeGreaterThanOrEqual(1)

    await rest.delete(statefulSets, { namespace, name: 'redis-stable' })
    await rest.delete(services, { namespace, name: 'redis-headless' })
    await until(space, 'the set is gone', () => seen.set('redis-stable') === undefined, patience)
    await nothingIsLeft(space)
    await appliedAgain(space, { replicas: 2, deletionPolicy: 'Delete' })
  },
})

/** Leaves the namespace as it was before the first deployment. */
async function removedWithClaims(space: Space): Promise<void> {
  const { rest, namespace, seen } = space
  expect(seen.claims().map(({ status }) => status?.phase)).toEqual(['Bound', 'Bound'])
  await removed(space)
  await nothingIsLeft(space)
  for (const { metadata } of seen.claims()) await rest.delete(claims, { namespace, name: metadata.name })
  await until(space, 'the claims are gone', () => seen.claims().length === 0, patience)
}

async function replicasAreLeft(space: Space, image: string): Promise<void> {
  const { seen, rest, namespace } = space
  const isWhole = () => {
    const pods = seen.pods()
    return pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod.spec) === image)
  }
  await until(space, 'all replicas are ready on the version before', isWhole, patience)
  expect(seen.set('redis-canary')).toBeUndefined()
  expect(seen.set('redis-stable')?.metadata.labels).not.toHaveProperty('canary.example.com/uid')
  const { metadata } = await rest.get(services, { namespace, name: 'redis-headless' })
  expect(metadata.ownerReferences).toBeUndefined()
  for (const pod of seen.pods()) expect(await differences(pod, pod.metadata.name)).toEqual([])
}

/** No set and no pod; what claims there were is looked at after every story. */
async function nothingIsLeft(space: Space): Promise<void> {
  // Live, for it was the operator that had to wait: no set may be left when the resource goes.
  const { items } = await space.rest.list(statefulSets, { namespace: space.namespace })
  expect(items.map(({ metadata }) => metadata.name)).toEqual([])
  await until(space, 'all pods are gone', (seen) => seen.pods().length === 0, patience)
}
