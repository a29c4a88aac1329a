/**
 * Objects that do not change cost nothing: the API server's audit log over a minute shows no request of the operator
 * but its watches and its Lease. And a spec that the API server refuses leaves the running pods alone.
 */
import { setTimeout as pass } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { auditPosition, operatorRequests } from '../../harness/audit.ts'
import { walkthrough } from '../../harness/manifest.ts'
import { startOperator } from '../../harness/operator.ts'
import { atRestOn, canaryActive, expectAllData, fillAll, setImage, stalled } from '../../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../../harness/space.ts'

const windowMs = 60_000
const names = ['resting', 'waiting', 'refused'] as const

test('a stable, a waiting and a refused resource cost no request for a minute', async () => {
  const space = await openSpace('quiet')
  const { seen, namespace } = space
  await startOperator(space, { leaderElect: true })
  for (const name of names) {
    await applyResource(space, walkthrough({ namespace, name, image: 'redis:7.0', replicas: 2, probe: true }))
  }
  await Promise.all(names.map((name) => atRestOn(space, 'redis:7.0', { name })))
  await Promise.all(names.map((name) => fillAll(space, name)))
  await setImage(space, 'redis:7.0.5', 'waiting')
  await canaryActive(space, 'redis:7.0.5', { name: 'waiting' })
  await refuse(space)
  const pods = seen.pods().map(({ metadata }) => metadata.uid)

  const since = await auditPosition()
  const began = Date.now()
  await pass(windowMs)
  // The last write before may be in the log only after its event has come: what counts is when it was received.
  const logged = await operatorRequests(space, since)
  const requests = logged.filter(({ at }) => Date.parse(at) >= began)

  const others = requests.filter(({ verb, resource }) => verb !== 'watch' && resource !== 'leases')
  expect(others).toEqual([])
  // The log is read right: the Lease was renewed all along.
  expect(
    requests.filter(({ resource, verb }) => resource === 'leases' && verb !== 'get').length,
  ).toBeGreaterThan(10)
  expect(seen.pods().map(({ metadata }) => metadata.uid)).toEqual(pods)
  await expectAllData(space, 'refused')
})

/** The resource is valid by its own schema, but the set that it asks for is not. */
async function refuse(space: Space): Promise<void> {
  const { template } = space.seen.resource('refused')?.spec ?? {}
  const containers = (template?.template.spec.containers ?? []).map((container) => ({
    ...container,
    volumeMounts: [{ name: 'nowhere', mountPath: '/data' }],
  }))
  const pods = space.seen.pods().map(({ metadata }) => metadata.uid)
  await changeResource(space, { spec: { template: { template: { spec: { containers } } } } }, 'refused')
  const sentence = await stalled(space, 'SetRefused', { name: 'refused' })
  expect(sentence).toMatch(/volumeMounts.*nowhere|nowhere.*volumeMounts/)
  expect(space.seen.pods().map(({ metadata }) => metadata.uid)).toEqual(pods)
}
