/**
 * A deletion in the foreground lets the garbage collector take the stored revisions at once, while our finalizer stands.
 * Where a roll back was decided and the operator is away, the version to go back to is gone when it comes back: that is
 * said with the way out, and it leads out.
 */
import { expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/kube/object.ts'
import { canaryStatefulSets, imageOf, isReady } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { differences } from '../harness/redis.ts'
import { annotate, setImage, stalled } from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'
import { belongings } from './belongings.ts'
import { claimsOf, type Held, heldPhases, old, patiently, reachPhase, serviceOf } from './phases.ts'

test('a rollback that was decided, and whose stored version the garbage collector has taken', async () => {
  const space = await openSpace('without-revisions')
  const { rest, namespace } = space
  const held: Held = { space, name: 'redis', deletionPolicy: 'Orphan' }
  const halfWay = heldPhases.find(({ title }) => title.startsWith('Promoting, after'))
  if (halfWay === undefined) throw new Error('no such phase')
  const before = await startOperator(space)
  const owned = await belongings(space)
  await reachPhase(halfWay, held)
  await before.stop()
  const claims = claimsOf(held)

  await annotate(space, 'canary.example.com/abort', 'true')
  const killed = await startOperator(space, { cutAfterWrite: 1 })
  expect(await killed.ended).toBe('SIGKILL')
  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' }, { propagationPolicy: 'Foreground' })
  const isService = ({ metadata }: KubernetesObject) => metadata.name === serviceOf(held.name)
  await owned.until(held, 'are collected', (objects) => objects.every(isService))

  await startOperator(space)
  expect(await stalled(space, 'RevisionMissing')).toContain(
    'Revert the spec to the running version for a moment',
  )
  await setImage(space, old)
  await patiently(space, 'redis is gone, and its replicas are on the version before', (seen) => {
    const pods = seen.pods()
    const isBack = pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod.spec) === old)
    return seen.resource() === undefined && isBack
  })
  for (const pod of space.seen.pods()) expect(await differences(pod, pod.metadata.name)).toEqual([])
  expect(claimsOf(held)).toEqual(claims)
})
