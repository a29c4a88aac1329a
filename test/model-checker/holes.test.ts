/**
 * The holes that the first design had, by the numbers under which they were found: each story goes to where the hole was, and
 * the operator does the right thing. What happens without the precondition that closes it is told in docs/explain/holes.md.
 */
import { describe, expect, it } from 'vitest'
import {
  annotate,
  canaryReplicas,
  deleteSet,
  image,
  promote,
  remove,
  replicas,
  scaleStable,
} from './people.ts'
import type { Scenario } from './scenario.ts'
import { type Story, storyOf } from './story.ts'

const b = 'the image is set to b'
const start = 'the operator (start): changeStable startRollout'
const arm = 'the operator (forward): armCanary'
const decide = 'the operator (decide): changeStable recordDecision'
const small = { replicas: 2, canaryReplicas: 1 } as const
const available = { ...small, before: [image('b')] } as const

function story(scenario: Omit<Scenario, 'title'>): Story {
  return storyOf({ title: '', ...scenario })
}

describe('the holes of the first design', () => {
  it('1. a pods cache that stands still shows the displaced replica as the one that returned: the rollback is not closed', () => {
    const told = story({ ...small, edits: [image('b'), image('a')], faults: { freezes: 1 } })
    told.does(b)
    told.goesOnTo(start)
    told.does(
      'the controller sees the stable set',
      "redis-stable-1 is scaled away; the leader's pods cache stands still before that",
      'redis-stable-1 is gone',
      'the image is set to a',
      decide,
      'the operator (rollBack): changeStable returnReplicas',
      'the controller sees the stable set',
    )

    expect(told.next()).toBe('RollingBack')
    expect(told.comesToRest()).toBe('Stable')
  })

  it('2. a dead leader arms the canary late: its set is gone by then', () => {
    const told = story({ ...small, edits: [image('b'), image('a')], faults: { takeovers: 1 } })
    told.does(b)
    told.goesOnTo('the operator (forward): changeStable recordTouched')
    told.does(
      'the controller sees the canary set',
      `${arm}: sent, and its leader dies`,
      'the image is set to a',
      decide,
    )
    expect(told.can('the late armCanary lands')).toBe(true)
    told.does('the operator (rollBack): deleteSet')

    expect(told.can('the late armCanary lands')).toBe(false)
    expect(told.comesToRest()).toBe('Stable')
  })

  it('3. currentRevision lags behind: the rollout is not closed before it has caught up', () => {
    const told = story({ ...available, edits: [promote] })
    told.does('a person approves')
    told.goesOnTo('redis-stable-0 is ready on b')
    told.does('time passes (minReadySeconds)')

    expect(told.next()).toBe('Promoting')
    told.does('the stable set has caught up')
    expect(told.next()).toBe('the operator (promote): changeStable closeRollout')
  })

  it('4. canaryReplicas is edited in the middle: the rollout goes on with what it began with', () => {
    const told = story({ ...small, edits: [image('b'), canaryReplicas(2)] })
    told.does(b)
    told.goesOnTo(arm)
    told.does('spec.canaryReplicas is set to 2')

    expect(told.comesToRest()).toBe('AwaitingApproval')
    expect(told.world.canary?.replicas).toBe(1)
    expect(told.world.stable?.replicas).toBe(1)
  })

  it('5. fewer replicas than canaries: no more of them than replicas', () => {
    const told = story({ replicas: 1, canaryReplicas: 2, edits: [image('b')] })
    told.does(b)

    expect(told.comesToRest()).toBe('AwaitingApproval')
    expect(told.world.canary?.replicas).toBe(1)
    expect(told.world.stable?.replicas).toBe(0)
  })

  it('6. replicas and image in one edit: the replicas that are to be displaced are made first', () => {
    const told = story({ ...small, edits: [replicas(3), image('b')] })
    told.does('spec.replicas is set to 3', b)

    expect(told.next()).toBe('the operator (steady): changeStable scale')
    told.goesOnTo(start)
    expect(told.world.claims.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2])
    expect(told.comesToRest()).toBe('AwaitingApproval')
  })

  it('7. a rollback that cannot end is left for a third version', () => {
    const told = story({
      ...small,
      code: { a: { starts: ['ready'], cannotOpen: ['b'] } },
      before: [image('b')],
      edits: [image('a'), image('c')],
    })
    told.does('the image is set to a')
    expect(told.comesToRest()).toBe('RollbackBlocked')
    told.does('the image is set to c')

    expect(told.next()).toBe('the operator (rollBack): changeStable closeRollout')
    expect(told.comesToRest()).toBe('AwaitingApproval')
  })

  it('8. a replica below is broken, and everything waits for it: force leads out', () => {
    const told = story({
      ...available,
      edits: [promote, image('c'), annotate('force', 'c')],
      faults: { failures: 1 },
    })
    told.does('redis-stable-0 is crashing no longer ready', 'a person approves')
    expect(told.comesToRest()).toBe('ReplicasUnavailable')
    told.does('the image is set to c', 'force=c is annotated')

    expect(told.comesToRest()).toBe('Stable')
  })

  it('9. a revert in the middle of a promotion: it is decided before old code opens what new code wrote', () => {
    const told = story({ ...available, edits: [promote, image('a')] })
    told.does('a person approves')
    told.goesOnTo('redis-stable-0 is ready on b')
    told.does('the image is set to a')

    expect(told.next()).toBe(decide)
    told.does(decide)
    expect(told.world.stable?.record?.rollout?.decision).toBe('rollback')
    expect(told.next()).toBe('the operator (rollBack): changeStable revertTemplate')
    expect(told.comesToRest()).toBe('Stable')
  })

  it('10. a canary set that an earlier attempt creates late is not taken for one of this attempt', () => {
    const told = story({
      ...small,
      edits: [image('b'), image('a'), replicas(3), image('b')],
      faults: { takeovers: 1 },
    })
    told.does(b)
    told.goesOnTo('redis-stable-1 is gone')
    told.does(
      'the operator (forward): createCanary: sent, and its leader dies',
      'the image is set to a',
      decide,
      'the operator (rollBack): changeStable returnReplicas',
      'the controller sees the stable set',
      'redis-stable-1 is created on a',
      'redis-stable-1 is ready on a',
      'time passes (minReadySeconds)',
      'the operator (rollBack): changeStable closeRollout',
      'the operator (steady): renewRevision',
      b,
      'guard is answered yes',
      'stableSet is answered yes',
      'canarySet is answered yes',
      'canaryPod is answered yes',
      start,
      'the controller sees the stable set',
      'redis-stable-1 is scaled away',
      'redis-stable-1 is gone',
      'the late createCanary lands',
      'the controller sees the canary set',
    )

    expect(told.next()).toBe('the operator (forward): deleteSet')
    expect(told.comesToRest()).toBe('AwaitingApproval')
    expect(told.world.canary?.attempt).toBe(told.world.stable?.record?.id)
  })

  it('11. what new code may touch is recorded before it can', () => {
    const told = story({ ...small, edits: [image('b')] })
    told.does(b)
    told.goesOnTo('the operator (forward): createCanary')

    expect(told.next()).toBe('the operator (forward): changeStable recordTouched')
    told.does('the operator (forward): changeStable recordTouched')
    expect(told.world.stable?.record?.rollout?.touched).toBe(1)
    expect(told.next()).toBe(arm)
  })

  it('12. an approval counts for one step, also where its leader dies before the annotation is gone', () => {
    const step = { canaryReplicas: 1, pause: true }
    const told = story({
      ...small,
      spec: { steps: [step, step] },
      before: [image('b')],
      edits: [promote],
      faults: { takeovers: 1 },
    })
    told.does(
      'a person approves',
      'guard is answered yes',
      'the operator (decide): changeStable nextStep: sent, and its leader dies',
      'the late changeStable lands',
    )
    expect(told.world.resource.annotations['promote']).toBe('true')

    expect(told.comesToRest()).toBe('AwaitingApproval')
    expect(told.world.stable?.record?.rollout).toMatchObject({ step: 1, ack: false })
    expect(told.world.resource.annotations['promote']).toBeUndefined()
  })

  it('13. a deletion that leaves the replicas waits for none that is broken', () => {
    const told = story({
      ...available,
      spec: { deletionPolicy: 'Orphan' },
      edits: [remove],
      faults: { failures: 1 },
    })
    told.does('redis-stable-0 is crashing no longer ready', 'the resource is deleted')

    expect(told.comesToRest()).toBe('gone')
    expect(told.world.stable).toMatchObject({ replicas: 2, revision: 'a', released: true })
  })

  it('14. a deletion in a promotion leaves the partition where it is', () => {
    const told = story({ ...available, spec: { deletionPolicy: 'Orphan' }, edits: [promote, remove] })
    told.does('a person approves')
    told.goesOnTo('the operator (promote): changeStable promote')
    told.does('the resource is deleted')

    expect(told.comesToRest()).toBe('gone')
    expect(told.world.stable).toMatchObject({ replicas: 2, revision: 'b', partition: 1, released: true })
  })

  it('15. two replicas that are to leave fail, and their set waits for ever: they are deleted', () => {
    const told = story({
      replicas: 3,
      canaryReplicas: 2,
      setting: { ordered: true },
      edits: [image('b')],
      faults: { failures: 2 },
    })
    told.does(b)
    told.goesOnTo(start)
    told.does('redis-stable-1 is running no longer ready', 'redis-stable-2 is running no longer ready')
    told.does('the controller sees the stable set')

    expect(told.can('redis-stable-2 is scaled away')).toBe(false)
    expect(told.next()).toBe('the operator (forward): deletePod')
    expect(told.comesToRest()).toBe('AwaitingApproval')
  })

  it('16. no policy keeps strangers away: no rollout begins', () => {
    const told = story({ ...small, without: ['guard'], edits: [image('b'), scaleStable(3)] })
    told.does(b)

    expect(told.comesToRest()).toBe('GuardMissing')
    expect(told.world.stable).toMatchObject({ replicas: 2, revision: 'a' })
    expect(told.world.canary).toBeUndefined()
  })

  it('17. the stable set is deleted by hand: nothing is made over its claims before a person says so', () => {
    const told = story({ ...small, edits: [deleteSet('stable'), annotate('force', 'a')] })
    told.does('a stranger deletes the stable set (background)')

    expect(told.comesToRest()).toBe('StableMissing')
    expect(told.world.stable).toBeUndefined()
    told.does('force=a is annotated')
    expect(told.comesToRest()).toBe('Stable')
  })
})
