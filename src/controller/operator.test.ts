/** Which calls the operator makes, in order, and that it makes no others. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { annotations, finalizer } from '../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../api/v1alpha1/types.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { ApiError } from '../kube/client/api-error.ts'
import { missingImage } from './testing/fake-sets.ts'
import { type RunningOperator, startOperator } from './testing/running-operator.ts'

let operator: RunningOperator

afterEach(() => operator.stop())

const live = ['list pods', 'list persistentvolumeclaims']

const firstDeploy = [
  'patch canarystatefulsets/redis',
  'create services/redis-headless',
  'create controllerrevisions/redis-42923a489e',
  'get controllerrevisions/redis-42923a489e',
  'dry run: create statefulsets/redis-stable',
  ...live,
  'get controllerrevisions/redis-42923a489e',
  'create statefulsets/redis-stable',
  ...live,
  'patch statefulsets/redis-stable',
]

async function start(resource: CanaryStatefulSet = walkThrough()): Promise<void> {
  operator = await startOperator(resource)
  await operator.untilPhase('Stable')
}

function changeImage(image: string): void {
  operator.edit((resource) => ({ ...resource, spec: { ...resource.spec, image } }))
}

function annotate(name: string, value: string): void {
  operator.edit((resource) => ({
    ...resource,
    metadata: { ...resource.metadata, annotations: { ...resource.metadata.annotations, [name]: value } },
  }))
}

function podNames(): readonly string[] {
  return operator.store.list('pods').map(({ metadata }) => metadata.name)
}

function eventReasons(): readonly unknown[] {
  return operator.store.list('events').map((event) => (event as unknown as { reason: string }).reason)
}

describe('the calls', () => {
  it('of a first deploy', async () => {
    await start()
    // The first list asks whether all is installed, nine more fill the caches.
    expect(operator.newCalls().slice(10)).toEqual(firstDeploy)
    expect(operator.resource().metadata.finalizers).toEqual([finalizer])
    expect(eventReasons()).toEqual(['Deployed'])
  })

  it('of a rollout: questions, displaced, inert, recorded, armed; approved; away, one patch, one by one', async () => {
    await start()
    operator.newCalls()
    changeImage('redis:7.0.5')
    await operator.untilPhase('CanaryActive')
    expect(podNames().toSorted()).toEqual(['redis-canary-2', 'redis-stable-0', 'redis-stable-1'])
    const revision = `controllerrevisions/redis-${operator.resource().status?.targetRevision}`
    expect(operator.newCalls()).toEqual([
      `create ${revision}`,
      'dry run: patch statefulsets/redis-stable',
      `get ${revision}`,
      'dry run: patch statefulsets/redis-stable',
      `get ${revision}`,
      'dry run: create statefulsets/redis-canary',
      `get ${revision}`,
      'dry run: create pods/redis-canary-x',
      'list volumesnapshotclasses',
      'get persistentvolumeclaims/data-redis-stable-2',
      'get canarystatefulsets/redis',
      ...live,
      'patch statefulsets/redis-stable',
      `get ${revision}`,
      'create statefulsets/redis-canary',
      'patch statefulsets/redis-stable',
      'get canarystatefulsets/redis',
      ...live,
      'patch statefulsets/redis-canary',
    ])
    annotate(annotations.promote, 'true')
    await operator.untilPhase('Stable')
    expect(operator.newCalls()).toEqual([
      'get canarystatefulsets/redis',
      ...live,
      'patch statefulsets/redis-stable',
      'patch canarystatefulsets/redis',
      ...live,
      'patch statefulsets/redis-canary',
      ...live,
      'delete statefulsets/redis-canary',
      ...live,
      `get ${revision}`,
      'patch statefulsets/redis-stable',
      ...live,
      'patch statefulsets/redis-stable',
      ...live,
      'patch statefulsets/redis-stable',
      'get canarystatefulsets/redis',
      ...live,
      'patch statefulsets/redis-stable',
    ])
    expect(podNames().toSorted()).toEqual(['redis-stable-0', 'redis-stable-1', 'redis-stable-2'])
    expect(eventReasons()).toEqual([
      'Deployed',
      'RolloutStarted',
      'SnapshotsSkipped',
      'RollbackCosts',
      'CanaryApproved',
      'Promoted',
    ])
    expect(operator.log.filter(({ message }) => message.startsWith('reconcile failed'))).toEqual([])
  })

  it('of an image that cannot be pulled: taken back, told, and not tried again', async () => {
    await start()
    changeImage(missingImage)
    await operator.until(() => operator.resource().status?.message?.includes('was rejected') ?? false)
    expect(podNames().toSorted()).toEqual(['redis-stable-0', 'redis-stable-1', 'redis-stable-2'])
    expect(operator.store.get('statefulsets', 'default/redis-canary')).toBeUndefined()
    expect(eventReasons()).toEqual([
      'Deployed',
      'RolloutStarted',
      'SnapshotsSkipped',
      'RollbackCosts',
      'RollbackStarted',
      'RolledBack',
    ])
  })

  it('of more than one canary: the hand-over is probed', async () => {
    await start(walkThrough({ canaryReplicas: 2 }))
    changeImage('redis:7.0.5')
    await operator.untilPhase('CanaryActive')
    expect(operator.newCalls().filter((call) => call === 'dry run: create pods/redis-canary-x')).toHaveLength(
      2,
    )
    expect(podNames().toSorted()).toEqual(['redis-canary-1', 'redis-canary-2', 'redis-stable-0'])
  })

  it('of a deletion: scaled down, deleted, let go; claims stay', async () => {
    await start()
    operator.newCalls()
    operator.edit((resource) => ({
      ...resource,
      metadata: { ...resource.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
    }))
    await operator.until(() => operator.resource() === undefined)
    expect(operator.newCalls()).toEqual([
      ...live,
      'patch statefulsets/redis-stable',
      ...live,
      'delete statefulsets/redis-stable',
      ...live,
      'patch canarystatefulsets/redis',
    ])
    expect(operator.store.list('persistentvolumeclaims')).toHaveLength(3)
  })
})

describe('a headless Service', () => {
  it('that was deleted is made again, and that is told', async () => {
    await start()
    operator.newCalls()
    operator.store.remove('services', 'default/redis-headless')
    await operator.until(() => eventReasons().includes('ServiceMade'))
    expect(operator.newCalls()).toEqual(['create services/redis-headless'])
  })

  it('that is not headless is not changed, and nothing is built upon it until it is gone', async () => {
    const address = {
      metadata: { name: 'redis-headless', namespace: 'default' },
      spec: { clusterIP: '10.0.0.7' },
    }
    operator = await startOperator(walkThrough(), { services: [address as never] })
    await operator.until(() => operator.resource().status?.waiting?.for === 'ServiceNotHeadless')
    expect(operator.store.list('statefulsets')).toEqual([])
    operator.store.remove('services', 'default/redis-headless')
    await operator.untilPhase('Stable')
    expect(operator.store.get('services', 'default/redis-headless')).toMatchObject({
      spec: { clusterIP: 'None' },
    })
  })

  it('that is refused is said in the words of the API server', async () => {
    await start()
    const quota = new ApiError(403, { reason: 'Forbidden', message: 'exceeded quota: services' })
    operator.refuse(({ verb, plural }) => (verb === 'create' && plural === 'services' ? quota : undefined))
    operator.store.remove('services', 'default/redis-headless')
    await operator.until(() => operator.resource().status?.message?.includes('exceeded quota') ?? false)
    expect(operator.resource().status?.phase).toBe('Stable')
  })
})

describe('nothing is called', () => {
  it('when the operator comes back to a resource at rest, but the lists of its caches', async () => {
    await start()
    await operator.restart()
    operator.newCalls()
    // Something that does not matter: what comes after it proves that it was dealt with.
    annotate('unrelated', 'x')
    annotate(annotations.promote, 'true')
    await operator.until(() => !(annotations.promote in (operator.resource().metadata.annotations ?? {})))
    expect(operator.newCalls().filter((call) => !call.startsWith('list'))).toEqual([
      'patch canarystatefulsets/redis',
    ])
  })
})

describe('a refusal', () => {
  function judge(matches: string, error: ApiError): () => void {
    return operator.refuse(({ verb, plural, dryRun }) =>
      matches === `${dryRun ? 'dry ' : ''}${verb} ${plural}` ? error : undefined,
    )
  }
  const invalid = new ApiError(422, {
    reason: 'Invalid',
    message: 'the pod is invalid',
    details: { causes: [{ reason: 'FieldValueInvalid' }] },
  })
  const forbidden = new ApiError(403, { reason: 'Forbidden', message: 'exceeded quota' })

  it('of a dry run touches no pod and is read in the status', async () => {
    await start()
    judge('dry create pods', invalid)
    changeImage('redis:7.0.5')
    await operator.until(() => operator.resource().status?.message?.includes('the pod is invalid') ?? false)
    expect(podNames().toSorted()).toEqual(['redis-stable-0', 'redis-stable-1', 'redis-stable-2'])
    expect(operator.store.get('statefulsets', 'default/redis-canary')).toBeUndefined()
  })

  it('of a write is told as an event, and tried again until it is let through', async () => {
    await start()
    const allow = judge('create statefulsets', forbidden)
    changeImage('redis:7.0.5')
    await operator.until(() => eventReasons().includes('WriteRefused'))
    allow()
    await operator.untilPhase('CanaryActive')
  })

  it('of a status write holds nothing up', async () => {
    operator = await startOperator(walkThrough())
    const allow = operator.refuse(({ plural }) =>
      plural === 'canarystatefulsets/status' ? new ApiError(500, { message: 'etcd is away' }) : undefined,
    )
    await operator.until(() => podNames().length === 3)
    expect(operator.resource().status).toBeUndefined()
    allow()
    // An event is sooner than the back-off.
    annotate('unrelated', 'x')
    await operator.untilPhase('Stable')
  })
})

describe('a conflict', () => {
  it('ends the visit quietly, and the rollout goes on', async () => {
    await start()
    let conflicts = 0
    operator.refuse(({ verb, plural, dryRun, fieldManager }) => {
      if (verb !== 'patch' || plural !== 'statefulsets' || dryRun || fieldManager !== 'canary-operator')
        return undefined
      if (conflicts >= 2) return undefined
      conflicts += 1
      // What caused it reaches the caches, as on a real server.
      const set = operator.store.get('statefulsets', 'default/redis-stable')
      if (set) operator.store.put('statefulsets', set)
      return new ApiError(409, { reason: 'Conflict', message: 'the object has been modified' })
    })
    changeImage('redis:7.0.5')
    await operator.untilPhase('CanaryActive')
    expect(conflicts).toBe(2)
    expect(operator.log.filter(({ message }) => message.startsWith('reconcile failed'))).toEqual([])
  })

  it('that is none, because nothing changed, is told and tried again ever later', async () => {
    await start()
    operator.refuse(({ verb, plural, dryRun, fieldManager }) =>
      verb === 'patch' && plural === 'statefulsets' && !dryRun && fieldManager === 'canary-operator'
        ? new ApiError(422, { reason: 'Invalid', message: 'the server rejected our request' })
        : undefined,
    )
    changeImage('redis:7.0.5')
    await vi.waitUntil(() => operator.log.some(({ message }) => message.startsWith('reconcile failed')), {
      timeout: 4_000,
    })
    expect(podNames()).toHaveLength(3)
  })
})
