/**
 * A deletion in the middle of a canary that leaves the replicas, with the operator killed after its 1st, 2nd, ... write:
 * every time the set stays, whole and on the version before.
 */
import { expect, test } from 'vitest'
import { canaryStatefulSets, imageOf, isReady, services } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import { boundClaims, canaryActive, deploy, setImage } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'
const lanes = 3

test('killed after every write of such a deletion and started again, all replicas stay', async () => {
  let round = 1
  let all: readonly string[] | undefined
  const takeNumber = () => (all === undefined ? round++ : undefined)

  async function playLane(): Promise<void> {
    for (let n = takeNumber(); n !== undefined; n = takeNumber()) {
      const writes = await deleteWithKill(n)
      if (writes.length < n) all ??= writes
    }
  }

  await Promise.all(Array.from({ length: lanes }, playLane))

  console.log(`the operator was killed after each of the ${all?.length ?? 0} writes of the deletion`)
  expect(all?.length).toBeGreaterThanOrEqual(6)
})

async function deleteWithKill(n: number): Promise<readonly string[]> {
  const space = await openSpace(`orphan-crash-${n}`)
  const { seen, rest, namespace } = space
  const before = await deploy(space, { image: old, replicas: 2 })
  await setImage(space, next)
  await canaryActive(space, next)
  await before.stop()
  const claims = boundClaims(seen)

  const first = await startOperator(space, { cutAfterWrite: n })
  const second = first.ended.then((how) => (how === 'SIGKILL' ? startOperator(space) : undefined))
  await changeResource(space, { spec: { deletionPolicy: 'Orphan' } })
  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' })
  await until(space, 'the resource is gone', () => seen.resource() === undefined)
  await expectWhole(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  const { metadata } = await rest.get(services, { namespace, name: 'redis-headless' })
  expect(metadata.ownerReferences).toBeUndefined()

  if (first.writes().length < n) await first.stop()
  else expect(await first.ended, `how the operator ended after write ${n}`).toBe('SIGKILL')
  await (await second)?.stop()
  return first.writes()
}

async function expectWhole(space: Space): Promise<void> {
  const { seen } = space
  await until(space, 'all replicas are ready on the old version', () => {
    const pods = seen.pods()
    return pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod.spec) === old)
  })
  expect(seen.set('redis-canary')).toBeUndefined()
  expect(seen.set('redis-stable')?.metadata.labels).not.toHaveProperty('canary.example.com/uid')
  for (const pod of seen.pods()) expect(await differences(pod, pod.metadata.name)).toEqual([])
}
