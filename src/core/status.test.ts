import { describe, expect, it } from 'vitest'
import type { CanaryStatefulSetStatus, Condition } from '../api/v1alpha1/types.ts'
import type { Observation } from './observation.ts'
import { plan } from './plan.ts'
import {
  aRevision,
  allAllowed,
  canaryPod,
  crashing,
  foreignPod,
  minute,
  newWorld,
  now,
  second,
  snapshotting,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withCanary,
  withoutClaim,
  withoutPods,
  withPods,
  withRecord,
  withResource,
  withRevisions,
  withRollout,
  withSpec,
  withStable,
  world,
} from './testing/builders.ts'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  displacedWorld,
  patchedWorld,
  returnedWorld,
  rolledOutWorld,
  startedWorld,
  wantingWorld,
} from './testing/rollout-worlds.ts'

const statusOf = (observation: Observation, at = now) => plan(observation, at).status

/** The world after its status was written. */
function written(observation: Observation, at = now): Observation {
  const status = statusOf(observation, at)
  return status === undefined ? observation : world(observation, withResource({ status }))
}

function conditionOf(status: CanaryStatefulSetStatus | undefined, type: Condition['type']) {
  return status?.conditions?.find((condition) => condition.type === type)
}

const at = (moment: number) => new Date(moment).toISOString().replace('.000Z', 'Z')
const later = now + 10 * minute

describe('status at rest', () => {
  it('says everything once', () => {
    expect(statusOf(stableWorld())).toEqual({
      phase: 'Stable',
      message: 'All replicas run redis:6.',
      observedGeneration: 1,
      targetRevision: 'old',
      stableRevision: 'redis-stable-hash',
      replicas: 3,
      stableReplicas: 3,
      canaryReplicas: 0,
      readyReplicas: 3,
      selector: 'canary.example.com/name=redis,canary.example.com/role',
      images: { stable: 'redis:6' },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'ReplicasAvailable',
          message: 'As many replicas are available as there should be now.',
          lastTransitionTime: at(now),
          observedGeneration: 1,
        },
        {
          type: 'Reconciling',
          status: 'False',
          reason: 'Settled',
          message: '',
          lastTransitionTime: at(now),
          observedGeneration: 1,
        },
        {
          type: 'Stalled',
          status: 'False',
          reason: 'NothingStalled',
          message: '',
          lastTransitionTime: at(now),
          observedGeneration: 1,
        },
      ],
    })
  })

  it('names both sets while the canary waits for its approval', () => {
    expect(statusOf(activeWorld())).toMatchObject({
      phase: 'CanaryActive',
      waiting: { for: 'AwaitingApproval', since: at(now) },
      targetRevision: 'new',
      stableRevision: 'redis-stable-hash',
      canaryRevision: 'redis-canary-hash',
      replicas: 3,
      stableReplicas: 2,
      canaryReplicas: 1,
      readyReplicas: 3,
      images: { stable: 'redis:6', canary: 'redis:7' },
    })
  })

  it('counts no terminating and no foreign pod', () => {
    const observation = world(
      activeWorld(),
      withPods(stablePod(1, { deleting: true }), foreignPod(0), unready(stablePod(0))),
    )
    expect(statusOf(observation)).toMatchObject({
      replicas: 2,
      stableReplicas: 1,
      canaryReplicas: 1,
      readyReplicas: 1,
    })
  })
})

describe('conditions', () => {
  const conditionsOf = (observation: Observation) => {
    const status = statusOf(observation)
    return (['Ready', 'Reconciling', 'Stalled'] as const).map((type) => {
      const condition = conditionOf(status, type)
      return `${condition?.status} ${condition?.reason}`
    })
  }

  it.each<[string, Observation, readonly string[]]>([
    ['at rest', stableWorld(), ['True ReplicasAvailable', 'False Settled', 'False NothingStalled']],
    [
      'a replica is missing',
      world(stableWorld(), withoutPods('redis-stable-1')),
      ['False ReplicasUnavailable', 'True Healing', 'False NothingStalled'],
    ],
    [
      'a replica is broken',
      world(stableWorld(), withPods(crashing(stablePod(1)))),
      ['False ReplicasUnavailable', 'False Settled', 'True ReplicaBroken'],
    ],
    [
      'a replica is too young',
      world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now - second }))),
      ['False ReplicasUnavailable', 'True Healing', 'False NothingStalled'],
    ],
    [
      'the displaced replica may be missing in a rollout',
      armedWorld(),
      ['True ReplicasAvailable', 'True CanaryStarting', 'False NothingStalled'],
    ],
    [
      'another one may not',
      world(armedWorld(), withoutPods('redis-stable-0')),
      ['False ReplicasUnavailable', 'True CanaryStarting', 'False NothingStalled'],
    ],
    [
      'one may be missing while a rollout without canary renews them',
      world(patchedWorld({ canaryReplicas: 0 }), withoutPods('redis-stable-2')),
      ['True ReplicasAvailable', 'True Promoting', 'False NothingStalled'],
    ],
    [
      'approval is awaited',
      activeWorld(),
      ['True ReplicasAvailable', 'True AwaitingApproval', 'False NothingStalled'],
    ],
    [
      'the rollout is paused by the spec',
      world(activeWorld(), withSpec({ paused: true })),
      ['True ReplicasAvailable', 'True RolloutPaused', 'False NothingStalled'],
    ],
    [
      'a failing canary is held',
      world(activeWorld(), withPods(crashing(canaryPod(2))), withSpec({ automaticRollback: false })),
      ['True ReplicasAvailable', 'False Settled', 'True CanaryFailing'],
    ],
    [
      'a revision was rejected',
      world(wantingWorld(), withRecord({ rejected: 'new' })),
      ['True ReplicasAvailable', 'False Settled', 'True RevisionRejected'],
    ],
    [
      'a rollback is blocked',
      world(returnedWorld(), withPods(crashing(stablePod(2)))),
      ['False ReplicasUnavailable', 'False Settled', 'True RollbackBlocked'],
    ],
    [
      'its replica is still to come back',
      world(returnedWorld(), withoutPods('redis-stable-2')),
      ['True ReplicasAvailable', 'True RollingBack', 'False NothingStalled'],
    ],
    [
      'a restore is blocked: its replica stays away until a person acts',
      world(rolledOutWorld(), snapshotting(2), withRollout({ restores: true }), withoutClaim(2)),
      ['False ReplicasUnavailable', 'False Settled', 'True RestoreBlocked'],
    ],
    [
      'a promotion is blocked by a replica that fails',
      world(patchedWorld(), withPods(crashing(stablePod(2, { revision: 'new' })))),
      ['False ReplicasUnavailable', 'False Settled', 'True PromotionBlocked'],
    ],
    [
      'two writers',
      world(activeWorld(), withPods(stablePod(2))),
      ['True ReplicasAvailable', 'False Settled', 'True TwoWriters'],
    ],
    [
      'there is no set',
      world(newWorld(), withCanary({ ours: false })),
      ['False ReplicasUnavailable', 'False Settled', 'True ForeignSet'],
    ],
  ])('%s', (_, observation, expected) => {
    expect(conditionsOf(observation)).toEqual(expected)
  })

  it('carry the sentence where they hold, and nothing where they do not', () => {
    const status = statusOf(world(wantingWorld(), withRecord({ rejected: 'new' })))
    expect(conditionOf(status, 'Stalled')?.message).toBe(status?.message)
    expect(conditionOf(status, 'Reconciling')?.message).toBe('')
  })

  it('keep their transition time while they hold', () => {
    const next = statusOf(world(written(stableWorld()), withPods(unready(stablePod(1), later))), later)
    expect(conditionOf(next, 'Stalled')?.lastTransitionTime).toBe(at(now))
    expect(conditionOf(next, 'Ready')?.lastTransitionTime).toBe(at(later))
  })

  it('keep their transition time when only the reason changes', () => {
    const before = written(world(armedWorld(), withPods(unready(canaryPod(2)))))
    const next = statusOf(world(before, withPods(canaryPod(2))), now + second)
    expect(conditionOf(next, 'Reconciling')).toMatchObject({
      status: 'True',
      reason: 'AwaitingApproval',
      lastTransitionTime: at(now),
    })
  })

  it('tell the generation that they are about', () => {
    const status = statusOf(world(stableWorld(), withResource({ generation: 4 })))
    expect(status?.observedGeneration).toBe(4)
    expect(status?.conditions?.map((condition) => condition.observedGeneration)).toEqual([4, 4, 4])
  })
})

describe('one write per transition', () => {
  const settled: readonly [string, Observation][] = [
    ['a new resource whose set is foreign', world(newWorld(), withCanary({ ours: false }))],
    ['rest', stableWorld()],
    ['healing', world(stableWorld(), withoutPods('redis-stable-1'))],
    ['a rejected revision', world(wantingWorld(), withRecord({ rejected: 'new' }))],
    ['displacing', startedWorld()],
    ['a canary that starts', armedWorld()],
    ['an active canary', activeWorld()],
    ['a promotion that waits', world(approvedWorld(), withCanary({ replicas: 0 }))],
    ['a promotion that renews', world(patchedWorld(), withoutPods('redis-stable-2'))],
    ['a blocked rollback', world(returnedWorld(), withPods(crashing(stablePod(2))))],
    ['a deletion', world(stableWorld(), withResource({ deleting: true }), withStable({ replicas: 0 }))],
  ]

  it.each(settled)('%s: what was written is not written again, ten minutes later either', (_, before) => {
    const after = written(before)
    expect(statusOf(after) ?? after.resource.status).toEqual(after.resource.status)
    const again = statusOf(after, now + 4 * minute)
    expect(again ?? after.resource.status).toEqual(after.resource.status)
  })

  it.each<[string, Observation, string]>([
    ['an action', world(startedWorld(), withPods(unready(stablePod(2)))), 'act'],
    ['an action that begins a phase', world(wantingWorld(), allAllowed), 'act'],
    ['a question', wantingWorld(), 'ask'],
  ])('nothing is written with %s: what comes of it is seen in a moment', (_, observation, kind) => {
    const { status, next } = plan(observation, now)
    expect([next.kind, status]).toEqual([kind, undefined])
  })

  it('counts lag while the operator is at work', () => {
    const before = written(world(stableWorld(), withPods(unready(stablePod(0)), unready(stablePod(1)))))
    expect(statusOf(world(before, withPods(stablePod(0))))).toBeUndefined()
  })

  it('so do hashes and images, which are the sets’ own affair until the canary is active', () => {
    const before = written(armedWorld())
    expect(statusOf(world(before, withCanary({ hash: 'another' })))).toBeUndefined()
    expect(statusOf(world(before, withStable({ hash: 'another' })))).toBeUndefined()
  })

  it('the work of a phase is one saying, whatever is done just now', () => {
    const before = written(world(approvedWorld(), withCanary({ replicas: 0 })))
    const { status } = before.resource
    expect(status?.message).toBe('Promoting redis:7.')
    const later = world(patchedWorld(), withoutPods('redis-stable-2'))
    expect(statusOf(world(later, withResource(status === undefined ? {} : { status })))).toBeUndefined()
  })

  it('counts are exact when it is done', () => {
    const before = written(world(stableWorld(), withPods(unready(stablePod(1)))))
    expect(statusOf(world(before, withPods(stablePod(1))))?.readyReplicas).toBe(3)
  })

  it('counts are exact while a person is waited for', () => {
    const before = written(activeWorld())
    expect(statusOf(world(before, withPods(unready(stablePod(0)))))?.readyReplicas).toBe(2)
  })

  it('counts are exact where a person has to act', () => {
    const foreign = world(stableWorld(), withCanary({ ours: false }), withPods(unready(stablePod(0))))
    const before = written(world(foreign, withPods(unready(stablePod(1)))))
    expect(before.resource.status?.readyReplicas).toBe(1)
    expect(statusOf(world(before, withPods(stablePod(1))))?.readyReplicas).toBe(2)
  })

  it.each<[string, Observation, Observation]>([
    [
      'another message',
      world(stableWorld(), withPods(unready(stablePod(1)))),
      world(stableWorld(), withPods(crashing(stablePod(1)))),
    ],
    [
      'another generation',
      world(stableWorld(), withPods(unready(stablePod(1)))),
      world(stableWorld(), withPods(unready(stablePod(1))), withResource({ generation: 2 })),
    ],
    ['another wait', world(startedWorld()), displacedWait()],
    ['fewer available', armedWorld(), world(armedWorld(), withoutPods('redis-stable-0'))],
  ])('%s is written though the operator is at work', (_, before, after) => {
    const { status } = written(before).resource
    expect(status).toBeDefined()
    expect(statusOf(world(after, withResource(status === undefined ? {} : { status })))).toBeDefined()
  })

  it('status that was lost is written again', () => {
    expect(statusOf(stableWorld())).toBeDefined()
    expect(statusOf(armedWorld())).toBeDefined()
  })

  it.each([
    ['paused', world(stableWorld(), withResource({ paused: true }))],
    ['gone', world(stableWorld(), withResource({ deleting: true, finalizer: false }))],
  ])('nothing is written while the resource is %s', (_, observation) => {
    expect(statusOf(observation)).toBeUndefined()
  })
})

function displacedWait(): Observation {
  return world(displacedWorld(), withPods(foreignPod(2)))
}

describe('waiting', () => {
  it('keeps since when it began', () => {
    const before = written(activeWorld())
    expect(statusOf(world(before, withPods(unready(stablePod(0)))), later)?.waiting).toEqual({
      for: 'AwaitingApproval',
      since: at(now),
    })
  })

  it('begins anew for something else', () => {
    const before = written(activeWorld())
    const observation = world(before, withPods(unready(canaryPod(2), later)))
    expect(statusOf(observation, later)?.waiting).toEqual({ for: 'CanaryStarting', since: at(later) })
  })

  it('is left out where nothing is waited for', () => {
    expect(written(activeWorld()).resource.status?.waiting).toBeDefined()
    const before = world(stableWorld(), withResource({ status: written(activeWorld()).resource.status }))
    expect(statusOf(before)).not.toHaveProperty('waiting')
  })
})

describe('images and revisions', () => {
  it('tell the old one after a rejection', () => {
    const observation = world(
      stableWorld(),
      wanting('new'),
      withRevisions(aRevision('old', 1), aRevision('new', 2)),
      withRecord({ rejected: 'new' }),
    )
    expect(statusOf(observation)).toMatchObject({ targetRevision: 'new', images: { stable: 'redis:6' } })
  })

  it('leave out a hash that is not published yet', () => {
    const observation = world(newWorld(), withStable({ record: 'garbage' }), (before) => ({
      ...before,
      stable: before.stable && withoutHash(before.stable),
    }))
    expect(statusOf(observation)).not.toHaveProperty('stableRevision')
  })

  it('keep that of the stable set for the moment in which its controller has not seen a change', () => {
    const before = written(stableWorld())
    const observation = world(
      before,
      withSpec({ replicas: 4 }),
      withStable({ replicas: 4, observed: false }),
      (seen) => ({
        ...seen,
        stable: seen.stable && withoutHash(seen.stable),
      }),
    )
    expect(statusOf(observation)).toMatchObject({ stableRevision: 'redis-stable-hash' })
  })

  it('name the selector of both sets, for the scale subresource', () => {
    expect(statusOf(world(stableWorld(), withSpec({ replicas: 3 })))?.selector).toBe(
      'canary.example.com/name=redis,canary.example.com/role',
    )
  })
})

function withoutHash<T extends { readonly hash?: string }>(set: T): Omit<T, 'hash'> {
  const { hash: _, ...rest } = set
  return rest
}
