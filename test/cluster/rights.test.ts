/**
 * What the operator seldom does, so that each of its rights is used by a test (audit/rights.test.ts): it fills its caches
 * by lists, tells an event again, and deletes a pod.
 */
import { expect, onTestFinished, test } from 'vitest'
import { condition } from '../harness/condition.ts'
import { walkthrough } from '../harness/manifest.ts'
import { events } from '../harness/objects.ts'
import { proxied, startOperator } from '../harness/operator.ts'
import { annotate, atRestOn, canaryActive, promote, promoteAnnotation, setImage } from '../harness/rollout.ts'
import { applyResource, deleteResource, openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

/** What an API server before Kubernetes 1.34 says to a watch that is to begin with everything there is. */
const noWatchList = {
  kind: 'answer',
  status: 422,
  body: {
    kind: 'Status',
    status: 'Failure',
    reason: 'Invalid',
    code: 422,
    message:
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
  },
} as const

test('with an API server that knows no WatchList it lists everything, and a rollout runs', async () => {
  const space = await openSpace('no-watch-list')
  const { faults, kubeconfig, close } = await proxied(space)
  onTestFinished(close)
  const refusal = faults.inject(noWatchList, { verb: 'watchList' })
  await startOperator(space, { flags: ['--kubeconfig', kubeconfig] })
  const { namespace } = space
  await applyResource(space, walkthrough({ namespace, image: 'redis:7.0', replicas: 1, probe: true }))
  await atRestOn(space, 'redis:7.0')
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  await promote(space)
  await atRestOn(space, 'redis:7.0.5')

  const refused = [...new Set(refusal.struck.map(({ resource }) => resource))]
  expect(refused.toSorted()).toEqual([
    'canarystatefulsets',
    'controllerrevisions',
    'jobs',
    'persistentvolumeclaims',
    'persistentvolumes',
    'pods',
    'services',
    'statefulsets',
    'volumesnapshots',
  ])
  for (const resource of refused) {
    const listed = faults.count({ resource, verb: 'list', status: 200 })
    expect(listed, `lists of ${resource}`).toBeGreaterThan(0)
  }
})

test('an event that happens again is counted in the one that is there', async () => {
  const space = await openSpace('events')
  const { namespace, rest } = space
  const operator = await startOperator(space)
  await applyResource(space, walkthrough({ namespace, image: 'redis:7.0', replicas: 1, probe: true }))
  await atRestOn(space, 'redis:7.0')
  for (const times of [1, 2]) {
    await annotate(space, promoteAnnotation, 'true')
    const removals = () => operator.log.filter((line) => line.includes('"removeAnnotation"')).length
    await condition('the approval is removed', () => removals() === times, [operator.onLine])
  }
  await deleteResource(space)
  await operator.stop()
  const { items } = await rest.list(events, { namespace })
  const told = items.filter(({ reason }) => reason === 'ApprovalIgnored')
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ series: { count: 2 } })
})

test('under OrderedReady a first deployment that never worked is replaced by the next one', async () => {
  const space = await openSpace('ordered')
  const operator = await startOperator(space)
  const absent = 'redis:0.0.0-not-there'
  const { spec, ...manifest } = walkthrough({
    namespace: space.namespace,
    image: absent,
    replicas: 1,
    probe: true,
  })
  const template = { ...spec.template, podManagementPolicy: 'OrderedReady' } as const
  await applyResource(space, { ...manifest, spec: { ...spec, template } })
  await until(space, 'its image is not there', ({ pod }) => {
    const [status] = pod('redis-stable-0')?.status?.containerStatuses ?? []
    return ['ErrImagePull', 'ImagePullBackOff'].includes(status?.state?.waiting?.reason ?? '')
  })
  await setImage(space, 'redis:7.0')
  await atRestOn(space, 'redis:7.0')
  expect(operator.log.filter((line) => line.includes('"deletePod"'))).toHaveLength(1)
})
