import { describe, expect, it } from 'vitest'
import type { Observation } from './observation.ts'
import { plan } from './plan.ts'
import { sentence } from './reason.ts'
import {
  aClaim,
  allAllowed,
  approvedBy,
  canaryPod,
  crashing,
  minute,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  waitingFor,
  wanting,
  withCanary,
  withClaimDeleting,
  withClaims,
  withoutPods,
  withoutStable,
  withPods,
  withRecord,
  withResource,
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
  rollingBackWorld,
  startedWorld,
  steppedAt,
  wantingWorld,
} from './testing/rollout-worlds.ts'
import { wordsOf } from './testing/rows.ts'

describe('which rule decides', () => {
  const twoWriters = withPods(stablePod(2))
  it.each<[title: string, given: Observation, rule: string, words: string]>([
    [
      'gone is before everything',
      world(stableWorld(), withResource({ deleting: true, finalizer: false, paused: true })),
      'gone',
      'rest Gone',
    ],
    [
      'deletion is before a pause',
      world(stableWorld(), withResource({ deleting: true, paused: true })),
      'terminating',
      'act emptyStable',
    ],
    [
      'deletion is before the alarm',
      world(activeWorld(), twoWriters, withResource({ deleting: true })),
      'terminating',
      'act emptyCanary',
    ],
    [
      'deletion is before a foreign canary',
      world(stableWorld(), withCanary({ ours: false }), withResource({ deleting: true })),
      'terminating',
      'act emptyStable',
    ],
    [
      'the alarm is before a pause',
      world(activeWorld(), twoWriters, withResource({ paused: true })),
      'twoWriters',
      'wait TwoWriters',
    ],
    [
      'the alarm is before the rollout',
      world(rollingBackWorld(), twoWriters),
      'twoWriters',
      'wait TwoWriters',
    ],
    [
      'a pause is before everything that writes',
      world(newWorld(), withResource({ paused: true, finalizer: false })),
      'paused',
      'rest Paused',
    ],
    [
      'a foreign set is before the finalizer',
      world(stableWorld(), withStable({ ours: false }), withResource({ finalizer: false })),
      'ownership',
      'wait ForeignSet',
    ],
    [
      'a record that cannot be read is before the settings',
      world(stableWorld(), withStable({ record: '', retains: false })),
      'ownership',
      'wait RecordUnreadable',
    ],
    [
      'a missing stable set is before a rollout',
      withoutStable(activeWorld()),
      'create',
      'wait StableMissing',
    ],
    [
      'retention is before a scale-down',
      world(stableWorld(), withStable({ retains: false }), withSpec({ replicas: 1 })),
      'settings',
      'act putBackSettings',
    ],
    [
      'retention is before the displacement',
      world(wantingWorld(), allAllowed, withStable({ retains: false })),
      'settings',
      'act putBackSettings',
    ],
    [
      'an unproven version is before a canary',
      world(wantingWorld(), withRecord({ proven: false })),
      'bootstrap',
      'ask stableSet',
    ],
    [
      'an approval that cannot count is removed before a start',
      world(wantingWorld(), allAllowed, approvedBy('new')),
      'annotations',
      'act removeAnnotation',
    ],
    [
      'scaling is before a start',
      world(wantingWorld(), allAllowed, withSpec({ replicas: 5 })),
      'steady',
      'act scale',
    ],
    ['a new version starts', world(wantingWorld(), allAllowed), 'start', 'act startRollout'],
    [
      'a revert is before the displacement',
      world(startedWorld(), wanting('old')),
      'decide',
      'act recordDecision',
    ],
    [
      'a revert is before a blocked promotion',
      world(patchedWorld(), withPods(crashing(stablePod(2, { revision: 'new' }))), wanting('old')),
      'decide',
      'act recordDecision',
    ],
    [
      'an approval is before watching',
      world(activeWorld(), approvedBy('true')),
      'decide',
      'act recordDecision',
    ],
    [
      'a consumed approval is removed before anything moves',
      world(approvedWorld(), approvedBy('true')),
      'annotations',
      'act removeAnnotation',
    ],
    ['roll back', rollingBackWorld(), 'rollBack', 'act emptyCanary'],
    ['promote', approvedWorld(), 'promote', 'act emptyCanary'],
    ['forward', displacedWorld(), 'forward', 'act createCanary'],
    [
      'a template that nobody knows in a rollout is left alone, with the facts',
      world(activeWorld(), withStable({ revision: 'third' })),
      'unmatched',
      'wait Unmatched',
    ],
  ])('%s', (_, given, rule, words) => {
    const decided = plan(given, now)
    expect([decided.rule, wordsOf(decided)]).toEqual([rule, words])
  })

  it('what nobody understands is said without a guess and without a moment', () => {
    expect(plan(world(activeWorld(), withStable({ revision: 'third' })), now).status?.message).toBe(
      'The objects fit no rule, so nothing is touched: stable set with 2 replicas at revision third; ' +
        'canary set with 1 replicas at revision new; accepted old, rollout from old to new, undecided',
    )
  })
})

describe('when it wakes up by itself', () => {
  const young = (observation: Observation, pod = stablePod(0, { readySince: now - second })) =>
    world(observation, withPods(pod))
  const five = { minReadySeconds: 5 }

  it.each<[title: string, given: Observation, wakeAt: number | undefined]>([
    ['never at rest', stableWorld(five), undefined],
    ['never while approval is awaited', activeWorld(five), undefined],
    ['when a replica becomes available at rest', young(stableWorld(five)), now + 4 * second],
    [
      'when a replica becomes available while another version is rejected',
      young(world(wantingWorld(five), withRecord({ rejected: 'new' }))),
      now + 4 * second,
    ],
    [
      'when a replica becomes available while approval is awaited: Ready depends on it',
      young(activeWorld(five)),
      now + 4 * second,
    ],
    [
      'when a canary becomes available',
      world(activeWorld(five), withPods(canaryPod(2, { readySince: now - second }))),
      now + 4 * second,
    ],
    [
      'when a canary becomes available by its own minReadySeconds',
      world(
        activeWorld(five),
        withCanary({ minReadySeconds: 60 }),
        withPods(canaryPod(2, { readySince: now - 10 * second })),
      ),
      now + 50 * second,
    ],
    ['when a replica becomes available in a promotion', young(patchedWorld(five)), now + 4 * second],
    ['when a replica becomes available in a rollback', young(returnedWorld(five)), now + 4 * second],
    [
      'at the deadline of a canary',
      world(armedWorld(five), waitingFor('CanaryStarting', steppedAt)),
      steppedAt + 10 * minute,
    ],
    [
      'at the earlier of both',
      young(
        world(armedWorld(five), waitingFor('CanaryStarting', steppedAt), withPods(unready(canaryPod(2)))),
      ),
      now + 4 * second,
    ],
    ['never before an event while a pod is displaced', startedWorld(), undefined],
  ])('%s', (_, given, wakeAt) => {
    expect(plan(given, now).wakeAt).toBe(wakeAt)
  })

  it('an action needs no alarm: its own write wakes', () => {
    expect(plan(world(young(activeWorld(five)), approvedBy('third')), now)).not.toHaveProperty('wakeAt')
  })
})

describe('edits of a rollout under way', () => {
  it.each<[title: string, given: Observation, words: string]>([
    ['replicas are held', world(activeWorld(), withSpec({ replicas: 1 })), 'wait AwaitingApproval'],
    [
      'canaryReplicas are held',
      world(activeWorld(), withSpec({ canaryReplicas: 2 })),
      'wait AwaitingApproval',
    ],
    ['replicas are scaled after it', world(stableWorld(), withSpec({ replicas: 4 })), 'act scale'],
  ])('%s', (_, given, words) => {
    expect(wordsOf(plan(given, now))).toBe(words)
  })
})

describe('no ordinal at all, and all of them', () => {
  it('zero replicas are created with zero', () => {
    expect(wordsOf(plan(stableWorld({ replicas: 0 }), now))).toBe('rest Stable')
  })

  it('every replica may be displaced: an empty stable set serves nobody, which is allowed', () => {
    const given = armedWorld({ replicas: 1 })
    expect(plan(given, now).status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True' })
  })
})

describe('a held claim that is being deleted', () => {
  const worlds: readonly [string, Observation][] = [
    ['a start', world(wantingWorld(), allAllowed)],
    ['the end of a canary in a promotion', approvedWorld()],
    ['the end of a canary in a rollback', rollingBackWorld()],
    ['the next ordinal of a promotion', patchedWorld()],
    ['a stuck pod', world(startedWorld(), withPods(unready(stablePod(2))))],
    ['a new version before the first was whole', world(wantingWorld(), withRecord({ proven: false }))],
  ]
  it.each(worlds)('holds %s up', (_, given) => {
    for (const ordinal of [0, 1, 2])
      expect(wordsOf(plan(world(given, withClaimDeleting(ordinal)), now))).toBe('wait ClaimDeleting')
  })

  it.each(worlds)('and one of nobody does not hold %s up', (_, given) => {
    const words = wordsOf(plan(world(given, withClaims(aClaim(9, { deleting: true }))), now))
    expect(words).toMatch(/^(act|ask) /)
  })

  it('is named even where its pod is missing', () => {
    const given = world(rollingBackWorld(), withClaimDeleting(1), withoutPods('redis-stable-1'))
    expect(plan(given, now).reason).toEqual({
      code: 'ClaimDeleting',
      claim: 'data-redis-stable-1',
    })
  })

  it.each([
    [
      'alone',
      [withoutPods('redis-stable-1')],
      'Claim data-redis-stable-1 is being deleted and finalizer example.org/audit still keeps it, so no pod is taken away. ' +
        'Find out who set example.org/audit; where they are gone for good, take it out of its metadata.finalizers. When it is gone, its replica comes back empty.',
    ],
    [
      'beside its pod',
      [],
      'Claim data-redis-stable-1 is being deleted and its pod redis-stable-1 and finalizer example.org/audit keep the data, so no pod is taken away. ' +
        'Copy the data away; then delete that pod yourself, and the replica comes back empty. ' +
        'Find out who set example.org/audit; where they are gone for good, take it out of its metadata.finalizers.',
    ],
  ])('and whose finalizer keeps it, %s', (_, changes, words) => {
    const leaving = aClaim(1, { deleting: true, finalizer: 'example.org/audit' })
    const given = world(rollingBackWorld(), withClaims(leaving), ...changes)
    expect(sentence(plan(given, now).reason)).toBe(words)
  })
})
