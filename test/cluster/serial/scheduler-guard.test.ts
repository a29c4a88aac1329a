/**
 * The last fence: where nobody refuses a stranger's scale-up of stable beside the canary, the scheduler does not let
 * the second writer run, and the operator puts things right when it is back.
 */
import { execFile } from 'node:child_process'
import { setTimeout as pass } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { kubectl, kubectlOutput } from '../../../tools/kubectl.ts'
import { repository } from '../../harness/cluster.ts'
import { startOperator } from '../../harness/operator.ts'
import { sharedClaims } from '../../harness/pod-history.ts'
import { differences } from '../../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../../harness/rollout.ts'
import { openSpace, type Space } from '../../harness/space.ts'
import { until } from '../../harness/wait.ts'

test('with the guard policy gone, a stray stable pod stays Pending beside the canary', async () => {
  const space = await openSpace('scheduler-guard')
  const { seen } = space
  const operator = await deploy(space, { image: 'redis:7.0' })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const canary = podNamed(seen, 'redis-canary-2').metadata.uid
  await operator.stop()

  await removeGuard()
  await scaleStable(space)
  const words = await until(space, 'the scheduler refuses redis-stable-2', () => {
    const scheduled = seen
      .pod('redis-stable-2')
      ?.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    return scheduled?.status === 'False' && scheduled.message
  })
  expect(words).toContain('anti-affinity')
  expect(seen.pod('redis-stable-2')?.spec.nodeName).toBeUndefined()
  expect(await differences(podNamed(seen, 'redis-canary-2'), 'redis-stable-2')).toEqual([])

  await installGuard()
  await startOperator(space)
  await until(space, 'the stray pod is gone', () => seen.pod('redis-stable-2') === undefined)
  expect(podNamed(seen, 'redis-canary-2').metadata.uid).toBe(canary)
  await canaryActive(space, 'redis:7.0.5')
  await promote(space)
  await atRestOn(space, 'redis:7.0.5')
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function removeGuard(): Promise<void> {
  onTestFinished(installGuard)
  await kubectlOutput(['delete', 'validatingadmissionpolicybinding', 'canary-protect'])
}

async function installGuard(): Promise<void> {
  await promisify(execFile)(process.execPath, ['tools/install.ts'], { cwd: repository })
}

/** Tried until it is let through: no event tells that a policy is no longer in force. */
async function scaleStable({ namespace }: Space): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const scale = ['scale', 'statefulset', 'redis-stable', '--replicas=3', '--namespace', namespace]
    const { ok, stderr } = await kubectl(scale)
    if (ok) return
    if (!stderr.includes('canary-protect') || performance.now() > deadline) throw new Error(stderr)
    await pass(100)
  }
}
