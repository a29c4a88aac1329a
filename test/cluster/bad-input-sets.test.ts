/**
 * Sets of our names that are somebody else's: never adopted, never touched, and said with what to do, which is done here to
 * the letter. And a claim that is no more: no rollout is started over it.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import { walkthrough } from '../harness/manifest.ts'
import { canaryStatefulSets, claims, conditionOf, isReady, statefulSets } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { createPlainSet } from '../harness/plain-set.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { applyResource, deleteResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('a foreign stable set is left alone, and the resource comes up under another name', async () => {
  const space = await openSpace('foreign-stable')
  const { seen, namespace } = space
  await createPlainSet(space, { name: 'redis-stable', image: old, replicas: 1 })
  await until(space, 'the foreign set runs', () => isReady(seen.pod('redis-stable-0')))
  const before = inventory(space)
  const manifest = walkthrough({ namespace, image: next, replicas: 1, probe: true })

  await startOperator(space)
  await applyResource(space, manifest)
  expect(await stalled(space, 'ForeignSet')).toBe(
    'StatefulSet redis-stable belongs to somebody else: nothing is touched. Delete this resource and apply it under another name.',
  )
  expect(conditionOf(seen.resource(), 'Ready')?.status).toBe('False')
  await deleteResource(space)
  await applyResource(space, { ...manifest, metadata: { ...manifest.metadata, name: 'other' } })
  await atRestOn(space, next, { name: 'other' })
  expect(inventory(space)).toMatchObject(before)
})

test('a set of an earlier resource of the same name is taken over, with its data, by the commands that are printed', async () => {
  const space = await openSpace('namesake')
  const { seen, rest, namespace } = space
  const operator = await deploy(space, { image: old, replicas: 2 })
  const before = inventory(space)
  await operator.stop()
  await deleteWithoutOperator(space)
  await startOperator(space)
  await applyResource(space, walkthrough({ namespace, image: old, replicas: 2, probe: true }))

  const sentence = await stalled(space, 'NamesakeSet')
  expect(inventory(space)).toMatchObject(before)
  await runPrinted(sentence)
  await atRestOn(space, old)
  expect(inventory(space)).toMatchObject(before)
  await expectAllData(space)
  expect(await rest.getIfExists(statefulSets, { namespace, name: 'redis-canary' })).toBeUndefined()
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('of two resources whose claims have the same names one runs, and the other says why it does not', async () => {
  const space = await openSpace('claims-shared')
  const { seen, namespace } = space
  await startOperator(space)
  const one = withClaim(walkthrough({ namespace, image: old, replicas: 1, probe: true }), 'data-log')
  const other = walkthrough({ namespace, name: 'log-redis', image: old, replicas: 1, probe: true })
  await applyResource(space, one)
  await atRestOn(space, old)
  await applyResource(space, other)
  expect(await stalled(space, 'ClaimsShared', { name: 'log-redis' })).toContain('CanaryStatefulSet redis')
  expect(seen.set('log-redis-stable')).toBeUndefined()

  // The name is free when the first resource is gone; its claim stays, and is nobody's to open by guess.
  await deleteResource(space)
  expect(await stalled(space, 'StableMissing', { name: 'log-redis' })).toContain('data-log-redis-stable-0')
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** As people do who are in a hurry: the finalizer is taken off by hand. */
async function deleteWithoutOperator({ rest, namespace, seen }: Space): Promise<void> {
  const ref = { namespace, name: 'redis' }
  await rest.delete(canaryStatefulSets, ref)
  await rest.patch(canaryStatefulSets, ref, { type: 'merge', body: { metadata: { finalizers: null } } })
  expect(seen.set('redis-stable')).toBeDefined()
}

function withClaim(manifest: ReturnType<typeof walkthrough>, name: string): ReturnType<typeof walkthrough> {
  const text = JSON.stringify(manifest).replaceAll('"name":"data"', `"name":"${name}"`)
  return JSON.parse(text) as typeof manifest
}

test('a foreign canary set holds the rollout, no replica is touched, and it goes on when that set is gone', async () => {
  const space = await openSpace('foreign-canary')
  const { seen, namespace } = space
  await deploy(space, { image: old, replicas: 2 })
  const before = inventory(space)
  await createPlainSet(space, { name: 'redis-canary', image: old, replicas: 1 })
  await until(space, 'the foreign set runs', () => isReady(seen.pod('redis-canary-0')))
  const foreign = inventory(space)['redis-canary-0']

  await setImage(space, next)
  expect(await stalled(space, 'ForeignSet')).toContain('StatefulSet redis-canary belongs to somebody else')
  expect(inventory(space)).toEqual({ ...before, 'redis-canary-0': foreign })
  expect(conditionOf(seen.resource(), 'Ready')?.status).toBe('True')

  await kubectlOutput(['delete', 'statefulset', 'redis-canary', '--namespace', namespace])
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
})

test('a claim that is no more, though its pod runs: no rollout is started until its replica has one again', async () => {
  const space = await openSpace('claim-gone')
  const { rest, seen, namespace } = space
  await deploy(space, { image: old, replicas: 2 })
  const name = 'data-redis-stable-1'
  await liftGuard(space)
  await kubectlOutput(['delete', 'pvc', name, '--wait=false', '--namespace', namespace])
  // Kubernetes keeps it while a pod runs on it; somebody knows better.
  const body = { metadata: { finalizers: [] } }
  await rest.patch(claims, { namespace, name }, { type: 'merge', body })
  await until(space, 'the claim is gone', () => seen.claim(name) === undefined)
  await bringGuardBack(space)
  const before = inventory(space)

  await setImage(space, next)
  expect(await stalled(space, 'ClaimMissing')).toContain(`Claim ${name} is missing`)
  expect(inventory(space)).toEqual(before)
  expect(conditionOf(seen.resource(), 'Ready')?.status).toBe('True')

  await kubectlOutput(['delete', 'pod', 'redis-stable-1', '--wait=false', '--namespace', namespace])
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  expect(await command(podNamed(seen, 'redis-stable-1'), 'DBSIZE')).toBe(0)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** Pods by their name: which they are, and how often the set that made them was changed. */
function inventory({ seen }: Space) {
  const generationOf = (pod: string) => seen.set(pod.replace(/-\d+$/, ''))?.metadata.generation
  const pods = seen.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined)
  return Object.fromEntries(
    pods.map(({ metadata }) => [metadata.name, [metadata.uid, generationOf(metadata.name)]]),
  )
}
