import { describe, expect, it } from 'vitest'
import { changeStable, type StableIntent } from './action.ts'
import { factsOf } from './facts.ts'
import type { Observation } from './observation.ts'
import { plan } from './plan.ts'
import type { Rollout } from './record.ts'
import { rollbackCostsEvent } from './rollback-costs.ts'
import {
  aJob,
  aSnapshot,
  type Change,
  migrating,
  minute,
  now,
  recordOf,
  snapshotting,
  stableWorld,
  withJobs,
  withResource,
  withRollout,
  withSpec,
  world,
} from './testing/builders.ts'
import {
  activeWorld,
  inertWorld,
  patchedWorld,
  rollingBackWorld,
  touchedWorld,
} from './testing/rollout-worlds.ts'

/** Of a write that leaves the rollout with these changes. */
function eventOf(given: Observation, changes: Partial<Rollout>, intent: StableIntent = 'recordTouched') {
  const facts = factsOf(given, now)
  const record = recordOf(world(given, withRollout(changes)))
  if (facts.stable === undefined) throw new Error('this world has no stable set')
  return rollbackCostsEvent(facts, { kind: 'act', action: changeStable(facts.stable, intent, { record }) })
}

const written = { touched: 1, snapshots: { 'data-redis-stable-2': 'data-redis-stable-2-resource-3-uid' } }
const snapshots = world(inertWorld(), snapshotting(), (before) => ({
  ...before,
  snapshots: [aSnapshot(2, { takenAt: now - 6 * minute })],
}))
const moment = new Date(now - 6 * minute).toISOString().replace('.000Z', 'Z')

describe('new code may write from now on', () => {
  it.each<[string, Observation, Partial<Rollout>, string, string]>([
    [
      'and a snapshot has what was there',
      snapshots,
      written,
      'Normal',
      `From now on redis:7 may write to claim data-redis-stable-2: a rollback would give redis:6 back what was there at ${moment}, by snapshot. ` +
        'What is written since would be lost to it, and kept in volumes of their own',
    ],
    [
      'and there are no snapshots',
      inertWorld(),
      { touched: 1 },
      'Warning',
      'From now on redis:7 may write to claim data-redis-stable-2, and there are no snapshots: ' +
        'a rollback would leave redis:6 with what redis:7 wrote, which it may be unable to open',
    ],
    [
      'and what it writes is to be kept',
      world(snapshots, withSpec({ onRollback: 'KeepData' })),
      written,
      'Warning',
      'From now on redis:7 may write to claim data-redis-stable-2, and spec.volumes.onRollback is KeepData: ' +
        'a rollback would leave redis:6 with what redis:7 wrote, which it may be unable to open. ' +
        'There are snapshots: Restore would bring back what was there before',
    ],
    [
      'and the snapshot is gone already',
      world(snapshots, (before) => ({ ...before, snapshots: [] })),
      written,
      'Warning',
      'From now on redis:7 may write to claim data-redis-stable-2, and a snapshot is missing: ' +
        'a rollback would leave redis:6 with what redis:7 wrote, which it may be unable to open',
    ],
    [
      'to several claims of a replica',
      world(inertWorld(), withSpec({ claimTemplates: ['data', 'log'] })),
      { touched: 1 },
      'Warning',
      'From now on redis:7 may write to the claims of redis-stable-2, and there are no snapshots: ' +
        'a rollback would leave redis:6 with what redis:7 wrote, which it may be unable to open',
    ],
    [
      'to those of several replicas',
      inertWorld({ replicas: 4, canaryReplicas: 2 }),
      { touched: 2 },
      'Warning',
      'From now on redis:7 may write to the claims of redis-stable-2 to redis-stable-3, and there are no snapshots: ' +
        'a rollback would leave redis:6 with what redis:7 wrote, which it may be unable to open',
    ],
  ])('%s', (_, given, changes, type, note) => {
    expect(eventOf(given, changes)).toEqual({ type, reason: 'RollbackCosts', note })
  })

  it('where a storage does not tell when a snapshot was taken, without a moment', () => {
    const { takenAt: _, ...untold } = aSnapshot(2)
    const given = world(snapshots, (before) => ({ ...before, snapshots: [untold] }))
    expect(eventOf(given, written)?.note).toContain('back what was there before, by snapshot')
  })
})

describe('a migration that cannot be taken back begins', () => {
  const irreversible: Change = migrating({ irreversible: true })
  const started = (given: Observation, more: Partial<Rollout> = {}) =>
    eventOf(given, { ...more, ...startedIn(given) }, 'startMigration')

  function startedIn(given: Observation): Partial<Rollout> {
    const { migration } = recordOf(given).rollout ?? {}
    return migration === undefined ? {} : { migration: { ...migration, started: true } }
  }

  it('beside a canary that writes already: another cause, told once more', () => {
    expect(started(world(activeWorld(), irreversible))).toEqual({
      type: 'Warning',
      reason: 'RollbackCosts',
      note:
        'From now on the migration to redis:7 cannot be taken back: a rollback would leave redis:6 with what it did, and is held until ' +
        'somebody accepts that: kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new',
    })
  })

  it("and its Job is somebody else's, which is there before it is recorded", () => {
    const given = world(
      activeWorld(),
      migrating({ type: 'External', irreversible: true }),
      withJobs(aJob({ name: 'theirs', ours: false, suspended: false })),
    )
    expect(started(given)).toMatchObject({ type: 'Warning', reason: 'RollbackCosts' })
  })

  it('on claims that snapshots cover: those are the way back', () => {
    const given = world(snapshots, migrating({ irreversible: true, mountsClaims: true }))
    expect(started(given, written)).toMatchObject({
      type: 'Normal',
      note: expect.stringContaining('by snapshot'),
    })
  })

  it('and somebody has accepted the loss already', () => {
    const given = world(activeWorld(), irreversible, withResource({ acceptDataLoss: 'new' }))
    expect(started(given)).toBeUndefined()
  })

  it('one that can be is no cause', () => {
    expect(started(world(activeWorld(), migrating()))).toBeUndefined()
  })
})

describe('nothing is told', () => {
  it.each<[string, Observation, Partial<Rollout>]>([
    ['of a further replica', patchedWorld(), { touched: 2 }],
    ['of the decision to promote', activeWorld(), { decision: 'promote' }],
    [
      'of that decision, though somebody else migrates already: that is recorded next',
      world(
        activeWorld(),
        migrating({ type: 'External', irreversible: true }),
        withJobs(aJob({ name: 'theirs', ours: false, suspended: false })),
      ),
      { decision: 'promote' },
    ],
    ['before new code may write', inertWorld(), {}],
    ['of a rollback', activeWorld(), { decision: 'rollback', cause: 'aborted' }],
    ['in a rollback', rollingBackWorld(), { touched: 3 }],
    ['where there are no claims', world(inertWorld(), withSpec({ claimTemplates: [] })), { touched: 1 }],
  ])('%s', (_, given, changes) => {
    expect(eventOf(given, changes)).toBeUndefined()
  })

  it('of what is no write to the record', () => {
    const given = activeWorld()
    expect(rollbackCostsEvent(factsOf(given, now), { kind: 'wait' })).toBeUndefined()
    const { stable } = factsOf(given, now)
    const action = stable && changeStable(stable, 'promote', { replicas: 3 })
    expect(action && rollbackCostsEvent(factsOf(given, now), { kind: 'act', action })).toBeUndefined()
  })
})

describe('the plan tells it with the write', () => {
  it('that records what the canary may touch', () => {
    const { next, events } = plan(inertWorld(), now)
    expect(next).toMatchObject({ kind: 'act', action: { intent: 'recordTouched' } })
    expect(events?.map(({ reason }) => reason)).toEqual(['RollbackCosts'])
  })

  it('that moves the first replica of a promotion without a canary, and not with the next', () => {
    const shape = { canaryReplicas: 0 }
    const first = world(patchedWorld(shape), withRollout({ touched: 0 }))
    expect(plan(first, now).next).toMatchObject({ action: { intent: 'lowerPartition' } })
    expect(plan(first, now).events?.map(({ reason }) => reason)).toEqual(['RollbackCosts'])
    const second = patchedWorld(shape, 2)
    expect(plan(second, now).next).toMatchObject({ action: { intent: 'lowerPartition' } })
    expect(plan(second, now).events).toBeUndefined()
  })

  it('that starts the canary, where a snapshot has gone missing since', () => {
    const there = world(touchedWorld(), snapshotting(2))
    expect(plan(there, now).next).toMatchObject({ action: { kind: 'armCanary' } })
    expect(plan(there, now).events).toBeUndefined()
    const { events } = plan({ ...there, snapshots: [] }, now)
    expect(events?.map(({ type, reason }) => [type, reason])).toEqual([['Warning', 'RollbackCosts']])
    expect(events?.[0]?.note).toContain('and a snapshot is missing')
  })

  it('and not at rest', () => {
    expect(plan(stableWorld(), now).events).toBeUndefined()
  })
})
