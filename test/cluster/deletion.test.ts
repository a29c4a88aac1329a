/**
 * Deleting a resource, in each of the ways that people do it: the canary goes first, then stable, then the resource
 * itself, and claims stay.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { statefulSets } from '../harness/objects.ts'
import { firstMoment } from '../harness/pod-history.ts'
import { boundClaims, canaryActive, deploy, setImage } from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('at rest', async () => {
  const space = await openSpace('delete-at-rest')
  await deploy(space, { image: 'redis:7.0', replicas: 2 })
  await expectGoneInOrder(space, 'background')
})

test('at rest, in the foreground', async () => {
  const space = await openSpace('delete-foreground')
  await deploy(space, { image: 'redis:7.0', replicas: 2 })
  await expectGoneInOrder(space, 'foreground')
})

test('while the canary waits for approval', async () => {
  const space = await openSpace('delete-active')
  await deployCanary(space)
  await expectGoneInOrder(space, 'background')
})

test('while the canary waits for approval, in the foreground', async () => {
  const space = await openSpace('delete-active-foreground')
  await deployCanary(space)
  await expectGoneInOrder(space, 'foreground')
})

test('with its whole namespace', async () => {
  const space = await openSpace('delete-namespace')
  await deployCanary(space)
  await kubectlOutput(['delete', 'namespace', space.namespace, '--timeout=90s'])
})

async function deployCanary(space: Space): Promise<void> {
  await deploy(space, { image: 'redis:7.0', replicas: 2 })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
}

async function expectGoneInOrder(space: Space, cascade: 'background' | 'foreground'): Promise<void> {
  const { seen, rest, namespace } = space
  const claims = boundClaims(seen)
  const hadCanary = seen.set('redis-canary') !== undefined
  const from = seen.podHistory.length

  await kubectlOutput(['delete', 'csts', 'redis', '-n', namespace, `--cascade=${cascade}`, '--wait=false'])
  const phase = until(space, 'the phase says so', () => seen.resource()?.status?.phase === 'Terminating')
  await Promise.all([phase, until(space, 'the resource is gone', () => seen.resource() === undefined)])
  // Live, for it was the operator that had to wait: nothing of ours may be left when the finalizer goes.
  const { items } = await rest.list(statefulSets, { namespace })
  expect(items.map(({ metadata }) => metadata.name)).toEqual([])
  await until(space, 'all pods are gone', () => seen.pods().length === 0)

  const stableLeaves = firstMoment(
    seen.podHistory,
    ({ name, leaving }) => leaving && name.includes('-stable-'),
    from,
  )
  const canaryGone = firstMoment(
    seen.podHistory,
    ({ name, change }) => change === 'deleted' && name.includes('-canary-'),
    from,
  )
  expect(stableLeaves).toBeGreaterThanOrEqual(0)
  if (hadCanary) expect(canaryGone).toBeGreaterThanOrEqual(0)
  expect(canaryGone).toBeLessThan(stableLeaves)
  expect(boundClaims(seen)).toEqual(claims)
}
