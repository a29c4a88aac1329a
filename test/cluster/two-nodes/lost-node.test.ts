/**
 * Rollouts across two nodes, the canary on the second one, which is lost meanwhile: a node that falls silent while its
 * containers run on, and one that loses its power. Nobody else gets that claim before the canary's pod is gone for sure.
 */
import { expect, onTestFinished, test } from 'vitest'
import { kubectlOutput } from '../../../tools/kubectl.ts'
import { walkthrough } from '../../harness/manifest.ts'
import { isReady } from '../../harness/objects.ts'
import { startOperator } from '../../harness/operator.ts'
import { killPart, startPart } from '../../harness/parts.ts'
import { firstMoment, sharedClaims } from '../../harness/pod-history.ts'
import { differences } from '../../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  expectAllData,
  fillAll,
  podNamed,
  promote,
  promoteAnnotation,
  setImage,
  stalled,
} from '../../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../../harness/space.ts'
import { until } from '../../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('a node that falls silent: its canary is not promoted, nor given up, and goes on when it is heard of again', async () => {
  const space = await openSpace('silent-node')
  const { seen } = space
  await deployAcrossNodes(space)
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  const canary = podNamed(seen, 'redis-canary-2')
  expect(canary.spec.nodeName).toBe('n2')

  await lose('kubelet@n2')
  await until(space, 'the canary counts as unready', () => !isReady(seen.pod('redis-canary-2')))
  await until(space, 'the status says what is waited for', () =>
    seen.resource()?.status?.message?.includes('Waiting until the canary (redis-canary-2) is available'),
  )
  const isApproved = () => promoteAnnotation in (seen.resource()?.metadata.annotations ?? {})
  await Promise.all([until(space, 'the approval is there', isApproved), promote(space)])
  await until(space, 'the approval is removed', () => !isApproved())
  expect(seen.set('redis-canary')?.spec.replicas).toBe(1)
  expect(await differences(canary, 'redis-stable-2')).toEqual([])

  await startPart('kubelet@n2')
  await canaryActive(space, next)
  expect(podNamed(seen, 'redis-canary-2').metadata.uid).toBe(canary.metadata.uid)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('a node without power: the rollback waits for the pod that nobody can end, and ends when the node is back', async () => {
  const space = await openSpace('dead-node')
  const { seen } = space
  await deployAcrossNodes(space)
  const claims = boundClaims(seen)
  const started = seen.podHistory.length
  await changeResource(space, { spec: { image: next, template: leavingAtOnce } })
  await canaryActive(space, next)
  await changeResource(space, { spec: { strategy: { progressDeadlineSeconds: 10 } } })

  await lose('n2')
  await until(space, 'the canary is to go', () => {
    return seen.pod('redis-canary-2')?.metadata.deletionTimestamp !== undefined
  })
  expect(await stalled(space, 'PodStuck')).toContain('Pod redis-canary-2 does not end')
  expect(seen.resource()?.status?.phase).toBe('RollingBack')
  expect(seen.set('redis-canary')?.spec.replicas).toBe(0)
  expect(seen.set('redis-stable')?.spec.replicas).toBe(2)

  await startPart('n2')
  await stalled(space, 'RevisionRejected')
  await atRestOn(space, old)
  await expectAllData(space)
  const history = seen.podHistory
  const gone = firstMoment(history, (pod) => pod.name === 'redis-canary-2' && pod.change === 'deleted')
  const back = firstMoment(
    history,
    ({ name, change }) => name === 'redis-stable-2' && change === 'added',
    started,
  )
  expect(gone).toBeGreaterThan(started)
  expect(back).toBeGreaterThan(gone)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(history)).toEqual([])
})

/** Its pods are marked for deletion as soon as their node counts as lost. */
const leavingAtOnce = {
  template: {
    spec: {
      tolerations: ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'].map((key) => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 0,
      })),
    },
  },
}

/** Replicas 0 and 1 on n1, replica 2 on n2, each with its data. */
async function deployAcrossNodes(space: Space): Promise<void> {
  const { seen, namespace } = space
  await startOperator(space)
  await onlyOn('n1', async () => {
    await applyResource(space, walkthrough({ namespace, image: old, replicas: 2, probe: true }))
    await atRestOn(space, old)
  })
  await onlyOn('n2', async () => {
    await changeResource(space, { spec: { replicas: 3 } })
    await until(space, 'the third replica is ready', () => isReady(seen.pod('redis-stable-2')))
    await atRestOn(space, old)
  })
  await fillAll(space)
  expect(seen.pods().map(({ metadata, spec }) => `${metadata.name} on ${spec.nodeName}`)).toEqual(
    expect.arrayContaining(['redis-stable-0 on n1', 'redis-stable-1 on n1', 'redis-stable-2 on n2']),
  )
}

async function onlyOn(node: 'n1' | 'n2', work: () => Promise<void>): Promise<void> {
  const other = node === 'n1' ? 'n2' : 'n1'
  await kubectlOutput(['cordon', other])
  try {
    await work()
  } finally {
    await kubectlOutput(['uncordon', other])
  }
}

/** Kills the node or its kubelet, which is started again at the end, whatever comes. */
async function lose(what: 'n2' | 'kubelet@n2'): Promise<void> {
  onTestFinished(() => startPart(what))
  await killPart(what)
}
