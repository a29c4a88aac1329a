import { describe, expect, it } from 'vitest'
import {
  availability,
  canaryAvailability,
  claimBeingDeleted,
  displacedGone,
  earliest,
  factsOf,
  foreignWriter,
  hopelessAt,
  imageOf,
  isHopeless,
  isWhole,
  nextAvailable,
  stuckPod,
} from './facts.ts'
import type { Observation, PodView } from './observation.ts'
import {
  aClaim,
  type Change,
  canaryPod,
  crashing,
  foreignPod,
  minute,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  withCanary,
  withClaims,
  withoutPods,
  withPods,
  withSpec,
  withStable,
  world,
} from './testing/builders.ts'
import {
  activeWorld,
  armedWorld,
  clearedWorld,
  displacedWorld,
  startedWorld,
} from './testing/rollout-worlds.ts'

const facts = (observation: Observation, at = now) => factsOf(observation, at)

describe('what counts now', () => {
  const counted = ({ replicas, canaries, first, boundary, end }: ReturnType<typeof facts>) => ({
    replicas,
    canaries,
    first,
    boundary,
    end,
  })

  it.each([
    [
      'at rest, what the spec says',
      stableWorld(),
      { replicas: 3, canaries: 1, first: 0, boundary: 2, end: 3 },
    ],
    [
      'two canaries',
      stableWorld({ canaryReplicas: 2 }),
      { replicas: 3, canaries: 2, first: 0, boundary: 1, end: 3 },
    ],
    [
      'no canary',
      stableWorld({ canaryReplicas: 0 }),
      { replicas: 3, canaries: 0, first: 0, boundary: 3, end: 3 },
    ],
    [
      'all of them',
      stableWorld({ canaryReplicas: 3 }),
      { replicas: 3, canaries: 3, first: 0, boundary: 0, end: 3 },
    ],
    [
      'more canaries than replicas',
      stableWorld({ canaryReplicas: 5 }),
      { replicas: 3, canaries: 3, first: 0, boundary: 0, end: 3 },
    ],
    [
      'no replicas',
      stableWorld({ replicas: 0 }),
      { replicas: 0, canaries: 0, first: 0, boundary: 0, end: 0 },
    ],
    [
      'ordinals that begin elsewhere',
      stableWorld({ start: 4 }),
      { replicas: 3, canaries: 1, first: 4, boundary: 6, end: 7 },
    ],
    [
      'ordinals of a set that is not there yet',
      newWorld({ start: 4 }),
      { replicas: 3, canaries: 1, first: 4, boundary: 6, end: 7 },
    ],
    [
      'in a rollout, what it began with',
      world(activeWorld({ canaryReplicas: 2 }), withSpec({ replicas: 9, canaryReplicas: 1 })),
      { replicas: 3, canaries: 2, first: 0, boundary: 1, end: 3 },
    ],
    [
      'ordinals of the living set, whatever the spec says',
      world(stableWorld({ start: 4 }), withSpec({ ordinalsStart: 0 })),
      { replicas: 3, canaries: 1, first: 4, boundary: 6, end: 7 },
    ],
  ])('%s', (_, observation, expected) => {
    expect(counted(facts(observation))).toEqual(expected)
  })

  it('pods are told apart by whose they are', () => {
    const { stablePods, canaryPods, foreignPods } = facts(world(activeWorld(), withPods(foreignPod(0))))
    expect([stablePods, canaryPods, foreignPods].map((pods) => pods.map((pod) => pod.name))).toEqual([
      ['redis-stable-0', 'redis-stable-1'],
      ['redis-canary-2'],
      ['debug'],
    ])
  })

  it('a record that cannot be read is no record', () => {
    const { parsed, record, rollout } = facts(world(activeWorld(), withStable({ record: 'garbage' })))
    expect([parsed?.ok, record, rollout]).toEqual([false, undefined, undefined])
  })
})

describe('availability', () => {
  const of = (pods: readonly PodView[], changes: object = {}) =>
    availability({ pods, from: 0, to: 2, revision: 'old', minReadySeconds: 5, ...changes }, now)
  const young = stablePod(1, { readySince: now - 5 * second + 1 })

  it.each<[string, readonly PodView[], boolean, string | undefined, object?]>([
    ['both there', [stablePod(0), stablePod(1)], true, undefined],
    ['an empty range', [], true, undefined, { to: 0 }],
    ['one missing', [stablePod(0)], false, undefined],
    ['both missing', [], false, undefined],
    ['one unready', [stablePod(0), unready(stablePod(1))], false, 'redis-stable-1'],
    ['one terminating', [stablePod(0, { deleting: true }), stablePod(1)], false, 'redis-stable-0'],
    ['one of another revision', [stablePod(0), stablePod(1, { revision: 'new' })], false, 'redis-stable-1'],
    [
      'one of another revision where any will do',
      [stablePod(0), stablePod(1, { revision: 'new' })],
      true,
      undefined,
      { revision: undefined },
    ],
    ['one a moment too young', [stablePod(0), young], false, 'redis-stable-1'],
    ['one just old enough', [stablePod(0), stablePod(1, { readySince: now - 5 * second })], true, undefined],
    ['one beyond the range', [stablePod(0), stablePod(1), unready(stablePod(2))], true, undefined],
    ['one below the range', [unready(stablePod(0)), stablePod(1)], true, undefined, { from: 1 }],
    [
      'one missing and one unready: the one that is there is named',
      [unready(stablePod(1))],
      false,
      'redis-stable-1',
    ],
  ])('%s', (_, pods, available, lacking, changes = {}) => {
    expect(of(pods, changes)).toEqual({
      available,
      lacking: lacking === undefined ? undefined : pods.find((pod) => pod.name === lacking),
    })
  })

  it.each([
    ['the canary of a rollout', activeWorld(), true],
    ['no canary set', displacedWorld(), false],
    [
      'a rollout without a canary',
      world(clearedWorld({ canaryReplicas: 0 }), withCanary({ ordinalsStart: 3 })),
      false,
    ],
    [
      'a canary set at rest',
      world(stableWorld(), withCanary({ replicas: 1, ordinalsStart: 2 }), withPods(canaryPod(2))),
      false,
    ],
    ['an armed canary without its pod', armedWorld(), false],
    ['a canary of another size', world(activeWorld(), withCanary({ replicas: 2 })), false],
    ['a canary at another ordinal', world(activeWorld(), withCanary({ ordinalsStart: 1 })), false],
    ['a canary that is not observed', world(activeWorld(), withCanary({ observed: false })), false],
    ['a pod at another ordinal', world(armedWorld(), withPods(canaryPod(1))), false],
    [
      'a canary by its own minReadySeconds, not by those of stable',
      world(
        activeWorld(),
        withCanary({ minReadySeconds: 30 }),
        withPods(canaryPod(2, { readySince: now - 9 * second })),
      ),
      false,
    ],
    [
      'a canary that is old enough for its own, though not for stable',
      world(
        activeWorld(),
        withStable({ minReadySeconds: 30 }),
        withPods(canaryPod(2, { readySince: now - 9 * second })),
      ),
      true,
    ],
  ])('canaryAvailability: %s', (_, observation, available) => {
    expect(canaryAvailability(facts(observation)).available).toBe(available)
  })
})

describe('moments at which facts change with no event', () => {
  it.each([
    ['nobody is young', stableWorld({ minReadySeconds: 5 }), undefined],
    [
      'a young replica',
      world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now - 2 * second }))),
      now + 3 * second,
    ],
    [
      'a young canary',
      world(activeWorld({ minReadySeconds: 5 }), withPods(canaryPod(2, { readySince: now - second }))),
      now + 4 * second,
    ],
    [
      'the first of several',
      world(
        stableWorld({ minReadySeconds: 5 }),
        withPods(stablePod(0, { readySince: now - second }), stablePod(1, { readySince: now - 2 * second })),
      ),
      now + 3 * second,
    ],
    [
      'a terminating one will not',
      world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now, deleting: true }))),
      undefined,
    ],
    [
      'an unready one may never',
      world(stableWorld({ minReadySeconds: 5 }), withPods(unready(stablePod(1)))),
      undefined,
    ],
    [
      'a foreign one does not count',
      world(stableWorld({ minReadySeconds: 5 }), withPods(foreignPod(1, { readySince: now }))),
      undefined,
    ],
    [
      'one that comes of age at this very moment has',
      world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now - 5 * second }))),
      undefined,
    ],
  ])('nextAvailable: %s', (_, observation, moment) => {
    expect(nextAvailable(facts(observation))).toBe(moment)
  })

  it.each<[string, PodView, number | undefined]>([
    ['a Ready pod', stablePod(0), undefined],
    ['an unready pod has its time', unready(stablePod(0), now - minute), now + 9 * minute],
    ['a failing pod has none', crashing(stablePod(0)), now],
    ['a terminating pod whose end nobody knows', crashing(stablePod(0, { deleting: true })), undefined],
    [
      'a terminating pod has its time after its grace period',
      stablePod(0, { deleting: true, endsBy: now }),
      now + 10 * minute,
    ],
    ['a pod whose time is over', unready(stablePod(0), now - 11 * minute), now - minute],
  ])('hopelessAt: %s', (_, pod, moment) => {
    expect(hopelessAt(facts(stableWorld()), pod)).toBe(moment)
    expect(isHopeless(facts(stableWorld()), pod)).toBe(moment !== undefined && moment <= now)
  })

  it('earliest of nothing is nothing', () => {
    expect(earliest(undefined, undefined)).toBeUndefined()
    expect(earliest(undefined, 7, 3)).toBe(3)
  })
})

describe('gone', () => {
  it.each([
    ['the displaced pod is gone', displacedWorld(), true],
    ['it is still there', startedWorld(), false],
    ['it is terminating', world(startedWorld(), withPods(stablePod(2, { deleting: true }))), false],
    ['the size is not observed', world(displacedWorld(), withStable({ observed: false })), false],
    ['the size is another', world(displacedWorld(), withStable({ replicas: 3 })), false],
    ['a pod beyond N is there', world(displacedWorld(), withPods(stablePod(5))), false],
  ])('displacedGone: %s', (_, observation, gone) => {
    expect(displacedGone(facts(observation))).toBe(gone)
  })

  it.each([
    ['on the claim', foreignPod(2), 'debug'],
    ['not started yet', foreignPod(2, { phase: 'Pending' }), 'debug'],
    ['on a lower claim', foreignPod(1), undefined],
    ['ended', foreignPod(2, { phase: 'Succeeded' }), undefined],
    ['ended badly', foreignPod(2, { phase: 'Failed' }), undefined],
  ])('foreignWriter: %s', (_, pod, name) => {
    expect(foreignWriter(facts(world(displacedWorld(), withPods(pod))), 2)?.pod.name).toBe(name)
  })

  it('a foreign writer is named with its claim', () => {
    const found = foreignWriter(facts(world(stableWorld(), withPods(foreignPod(2)))), 2)
    expect([found?.pod.name, found?.claim.name]).toEqual(['debug', 'data-redis-stable-2'])
  })
})

describe('a claim that is being deleted', () => {
  const deleting = (ordinal: number) => withClaims(aClaim(ordinal, { deleting: true }))
  it.each([
    ['nobody deletes one', stableWorld(), undefined],
    ['of a replica', world(stableWorld(), deleting(1)), 'data-redis-stable-1'],
    ['of a displaced replica', world(displacedWorld(), deleting(2)), 'data-redis-stable-2'],
    [
      'of a replica that is missing',
      world(stableWorld(), withoutPods('redis-stable-1'), deleting(1)),
      'data-redis-stable-1',
    ],
    [
      'of the first replica, which is missing',
      world(stableWorld(), withoutPods('redis-stable-0'), deleting(0)),
      'data-redis-stable-0',
    ],
    ['beyond the replicas', world(stableWorld(), deleting(3)), undefined],
    [
      'beyond the replicas, but a pod still keeps it',
      world(stableWorld(), deleting(3), withPods(stablePod(3))),
      'data-redis-stable-3',
    ],
    ['below the first ordinal', world(stableWorld({ start: 4 }), deleting(3)), undefined],
  ])('%s', (_, observation, name) => {
    expect(claimBeingDeleted(facts(observation))?.name).toBe(name)
  })
})

describe('whole', () => {
  const ofEdit = stablePod(2, { hash: 'edited' })
  it.each([
    ['at rest', stableWorld(), 'old', true],
    ['ordinals begin elsewhere', stableWorld({ start: 4 }), 'old', true],
    ['another revision is asked about', stableWorld(), 'new', false],
    ['not observed', world(stableWorld(), withStable({ observed: false })), 'old', false],
    ['currentRevision lags', world(stableWorld(), withStable({ caughtUp: false })), 'old', false],
    ['another size', world(stableWorld(), withStable({ replicas: 4 })), 'old', false],
    ['a pod too many', world(stableWorld(), withPods(stablePod(3))), 'old', false],
    ['a pod missing', world(stableWorld(), withoutPods('redis-stable-0')), 'old', false],
    [
      'a pod at another revision',
      world(stableWorld(), withPods(stablePod(0, { revision: 'new' }))),
      'old',
      false,
    ],
    ['a pod terminating', world(stableWorld(), withPods(stablePod(0, { deleting: true }))), 'old', false],
    ['a pod of an edit that was put back', world(stableWorld(), withPods(ofEdit)), 'old', false],
    [
      'one below the partition',
      world(stableWorld(), withPods(ofEdit), withStable({ partition: 3 })),
      'old',
      true,
    ],
    ['no stable set', newWorld(), 'old', false],
  ])('%s', (_, observation, revision, whole) => {
    expect(isWhole(facts(observation), revision)).toBe(whole)
  })
})

describe('a pod on which its controller stalls', () => {
  const outdated = unready(stablePod(1, { revision: 'new' }))
  const withoutHash: Change = ({ stable, ...before }) => {
    if (stable === undefined) throw new Error('this world has no stable set')
    const { hash: _, ...rest } = stable
    return { ...before, stable: rest }
  }
  it.each([
    ['none at rest', stableWorld(), undefined],
    [
      'an unready one of a revision that is not asked for',
      world(stableWorld(), withPods(outdated)),
      'redis-stable-1',
    ],
    [
      'a Ready one of such a revision is replaced by its controller',
      world(stableWorld(), withPods(stablePod(1, { revision: 'new' }))),
      undefined,
    ],
    [
      'an unready one of the right revision may become Ready',
      world(stableWorld(), withPods(unready(stablePod(1)))),
      undefined,
    ],
    [
      'from the top',
      world(stableWorld(), withPods(outdated, unready(stablePod(2, { revision: 'new' })))),
      'redis-stable-2',
    ],
    [
      'one at a time: none while another one is terminating',
      world(stableWorld(), withPods(outdated, stablePod(2, { deleting: true }))),
      undefined,
    ],
    [
      'from the top, in whatever order they are listed',
      world(stableWorld(), withPods(unready(stablePod(2, { revision: 'new' })), outdated)),
      'redis-stable-2',
    ],
    [
      'one that is terminating goes by itself',
      world(stableWorld(), withPods({ ...outdated, deleting: true })),
      undefined,
    ],
    [
      'a set that is not observed may still move',
      world(stableWorld(), withPods(outdated), withStable({ observed: false })),
      undefined,
    ],
    [
      'an unready one of an edit that was put back, which no label shows',
      world(stableWorld(), withPods(unready(stablePod(1, { hash: 'edited' })))),
      'redis-stable-1',
    ],
    [
      'an unready one of the very template may become Ready',
      world(stableWorld(), withPods(unready(stablePod(1, { hash: 'redis-stable-hash' })))),
      undefined,
    ],
    [
      'what the template is called is not always known',
      world(stableWorld(), withPods(unready(stablePod(1, { hash: 'before' }))), withoutHash),
      undefined,
    ],
    [
      'a set that is not rolled replaces none',
      world(stableWorld(), withPods(outdated), withStable({ partition: undefined })),
      undefined,
    ],
    [
      'a Parallel set waits for it as well',
      world(stableWorld({ ordered: false }), withPods(outdated)),
      'redis-stable-1',
    ],
    [
      'one below the partition would return as it is',
      world(stableWorld(), withPods(outdated), withStable({ partition: 2 })),
      undefined,
    ],
    [
      'one at the partition would not',
      world(stableWorld(), withPods(outdated), withStable({ partition: 1 })),
      'redis-stable-1',
    ],
    [
      'the partition is counted from the first ordinal',
      world(
        stableWorld({ start: 4 }),
        withPods(unready(stablePod(5, { revision: 'new' }))),
        withStable({ partition: 2 }),
      ),
      undefined,
    ],
    [
      'an unready one beyond the set',
      world(startedWorld(), withPods(unready(stablePod(2)))),
      'redis-stable-2',
    ],
    ['an available one beyond the set is removed by its controller', startedWorld(), undefined],
    [
      'but not while one of the set is unready',
      world(startedWorld(), withPods(unready(stablePod(0)))),
      'redis-stable-2',
    ],
    [
      'a young one beyond the set',
      world(startedWorld({ minReadySeconds: 5 }), withPods(stablePod(2, { readySince: now }))),
      'redis-stable-2',
    ],
    [
      'a young one beyond the set holds up nobody else',
      world(
        startedWorld({ canaryReplicas: 2, minReadySeconds: 5 }),
        withPods(stablePod(1, { readySince: now })),
      ),
      'redis-stable-1',
    ],
    [
      'the first ordinal beyond the set counts from where the set begins',
      startedWorld({ start: 4 }),
      undefined,
    ],
  ])('%s', (_, observation, name) => {
    expect(stuckPod(facts(observation))?.name).toBe(name)
  })
})

describe('the image of a revision', () => {
  it.each([
    ['the wanted one, from the spec', 'new', 'redis:7'],
    ['a stored one, from its ControllerRevision', 'old', 'redis:6'],
    ['an unknown one, by its hash', 'third', 'third'],
  ])('%s', (_, revision, image) => {
    expect(imageOf(facts(activeWorld()), revision)).toBe(image)
  })
})
