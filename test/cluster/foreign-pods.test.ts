/**
 * Pods of others on the claims of a resource, with no label of ours: a debug pod, a backup. Nobody gets a canary beside
 * one that may write, the status names it, and the rollout goes on when it is gone.
 */
import { expect, onTestFinished, test } from 'vitest'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { pods } from '../harness/objects.ts'
import { createPod } from '../harness/plain-set.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('one that is there before: no replica is displaced until it is gone; one that has ended is no obstacle', async () => {
  const space = await openSpace('foreign-before')
  const { seen } = space
  await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(seen)
  await startPod(space, 'backup', ['true'], 'Succeeded')
  await startPod(space, 'debug', ['sleep', '3600'], 'Running')

  await setImage(space, next)
  expect(await stalled(space, 'ForeignPod')).toContain('Pod debug also uses claim data-redis-stable-1')
  expect(seen.set('redis-stable')?.spec.replicas).toBe(2)
  await removePod(space, 'debug')
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
})

test('one that comes while the displaced replica leaves: the canary is not started beside it', async () => {
  const space = await openSpace('foreign-between')
  const { seen } = space
  await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(seen)
  const letGo = await hold(space, 'redis-stable-1')
  await setImage(space, next)
  await until(space, 'the displaced replica leaves', () => {
    return seen.pod('redis-stable-1')?.metadata.deletionTimestamp !== undefined
  })
  await startPod(space, 'debug', ['sleep', '3600'], 'Running')
  await letGo()

  expect(await stalled(space, 'ForeignPod')).toContain('Pod debug also uses claim data-redis-stable-1')
  expect(seen.pods().map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(['debug', 'redis-stable-0']),
  )
  expect(seen.pods()).toHaveLength(2)
  await removePod(space, 'debug')
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory.filter(({ name }) => name !== 'debug'))).toEqual([])
})

/** A pod on the claim of the top replica. */
async function startPod(
  space: Space,
  name: string,
  words: readonly string[],
  phase: 'Running' | 'Succeeded',
): Promise<void> {
  await createPod(space, name, {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: 'busybox:1',
        command: words,
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable-1' } }],
  })
  await until(space, `pod ${name} is ${phase}`, (seen) => seen.pod(name)?.status?.phase === phase)
}

async function removePod(space: Space, name: string): Promise<void> {
  await kubectlOutput(['delete', 'pod', name, '--namespace', space.namespace])
}

/** Keeps the pod's object, though its containers end, until the function that is returned lets it go. */
async function hold({ rest, namespace }: Space, name: string): Promise<() => Promise<void>> {
  const finalizers = (value: readonly string[]) =>
    rest.patch(pods, { namespace, name }, { type: 'merge', body: { metadata: { finalizers: value } } })
  const letGo = async () => {
    try {
      await finalizers([])
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  onTestFinished(letGo)
  await finalizers(['test.canary.example.com/hold'])
  return letGo
}
