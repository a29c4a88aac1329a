/**
 * A deletion that leaves the replicas: at rest, in the middle of a canary, and half-way through a promotion. What stays
 * is a StatefulSet that anybody can manage, with its Service and all of its data.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { canaryStatefulSets, imageOf, isReady, services, statefulSets } from '../harness/objects.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import { boundClaims, canaryActive, deploy, podNamed, promote, setImage } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('at rest, in the foreground: no pod is touched, and the guard lets go', async () => {
  const space = await openSpace('orphan-at-rest')
  await deploy(space, { image: old, replicas: 2 })
  const before = podsOf(space)
  const claims = boundClaims(space.seen)
  await orphaned(space, 'foreground')

  expect(podsOf(space)).toEqual(before)
  expect(boundClaims(space.seen)).toEqual(claims)
  await kubectlOutput(['scale', 'statefulset', 'redis-stable', '-n', space.namespace, '--replicas=1'])
  await until(space, 'a person scales the set', ({ pods }) => pods().length === 1)
})

test('while the canary waits: the displaced replica comes back on the version before', async () => {
  const space = await openSpace('orphan-active')
  await deploy(space, { image: old, replicas: 2 })
  await setImage(space, next)
  await canaryActive(space, next)
  await orphaned(space, 'background')

  await until(space, 'all replicas are ready on the old version', (seen) => {
    const pods = seen.pods()
    return pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod.spec) === old)
  })
  expect(space.seen.set('redis-canary')).toBeUndefined()
  await expectAllData(space)
  expect(sharedClaims(space.seen.podHistory)).toEqual([])
})

test('half-way through a promotion: the partition stays, and an evicted pod comes back on its own version', async () => {
  const space = await openSpace('orphan-promoting')
  await deploy(space, { image: old, replicas: 3 })
  await setImage(space, next)
  await canaryActive(space, next)
  await promote(space)
  await changeResource(space, { spec: { paused: true } })
  await until(space, 'the promotion holds before the second replica', (seen) => {
    const { status } = seen.resource() ?? {}
    return status?.waiting?.for === 'RolloutPaused' && status.phase === 'Promoting'
  })
  const images = () => podsOf(space).map(({ image }) => image)
  expect(images()).toEqual([old, old, next])
  await orphaned(space, 'background')

  for (const name of ['redis-stable-2', 'redis-stable-0'])
    await kubectlOutput(['delete', 'pod', name, '-n', space.namespace])
  await until(space, 'they are back', (seen) => seen.pods().length === 3 && seen.pods().every(isReady))
  expect(images()).toEqual([old, old, next])
  await expectAllData(space)
  expect(sharedClaims(space.seen.podHistory)).toEqual([])
})

async function orphaned(space: Space, cascade: 'background' | 'foreground'): Promise<void> {
  const { seen, rest, namespace } = space
  await changeResource(space, { spec: { deletionPolicy: 'Orphan' } })
  const { generation } = (await rest.get(canaryStatefulSets, { namespace, name: 'redis' })).metadata
  await until(space, 'the operator has seen it', () => {
    const { status } = seen.resource() ?? {}
    return status?.observedGeneration === generation
  })
  await kubectlOutput(['delete', 'csts', 'redis', '-n', namespace, `--cascade=${cascade}`, '--wait=false'])
  await until(space, 'the resource is gone', () => seen.resource() === undefined)
  // Live, so that nothing is collected behind our back in the meantime.
  const { items } = await rest.list(statefulSets, { namespace })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['redis-stable'])
  expect(items[0]?.metadata.labels).not.toHaveProperty('canary.example.com/uid')
  const { metadata } = await rest.get(services, { namespace, name: 'redis-headless' })
  expect(metadata.ownerReferences).toBeUndefined()
}

function podsOf({ seen }: Space) {
  return seen
    .pods()
    .map((pod) => ({ name: pod.metadata.name, uid: pod.metadata.uid, image: imageOf(pod.spec) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

async function expectAllData({ seen }: Space): Promise<void> {
  for (const { metadata } of seen.pods())
    expect(await differences(podNamed(seen, metadata.name), metadata.name)).toEqual([])
}
