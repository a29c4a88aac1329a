import { describe } from 'vitest'
import type { Rule } from '../decision.ts'
import { activeWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aSnapshot,
  minute,
  now,
  snapshotting,
  stableWorld,
  withClaims,
  withRecord,
  withSnapshots,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { pruneSnapshots } from './prune-snapshots.ts'

const prune: Rule = (facts) => facts.record && pruneSnapshots(facts, facts.record)

/** The last rollout was the third. */
const atRest = world(stableWorld(), withRecord({ id: 3 }))

function keeping(keep: number, ttlSeconds?: number) {
  return withSpec({ snapshots: { policy: 'Auto', keep, ...(ttlSeconds !== undefined && { ttlSeconds }) } })
}

/** Of attempt `attempt`, `age` minutes old. */
function taken(
  attempt: number,
  { age = 1, ...changes }: { age?: number; ready?: boolean; deleting?: boolean } = {},
) {
  const name = `data-redis-stable-2-resource-${attempt}`
  return aSnapshot(2, { name, uid: `${name}-uid`, attempt, createdAt: now - age * minute, ...changes })
}

function deletes(attempt: number) {
  const { name, uid } = taken(attempt)
  return { decides: 'act deleteSnapshot', change: { snapshot: { name, uid } } }
}

describe('snapshots at rest: how many', () => {
  checkRows(prune, [
    {
      title: 'Those of the newest attempts are kept, and of the older ones the next goes',
      given: world(atRest, keeping(2), withSnapshots(taken(3), taken(2), taken(1))),
      ...deletes(1),
      says: 'Deleting VolumeSnapshot data-redis-stable-2-resource-1, which spec.volumes.snapshot does not keep any longer.',
    },
    {
      title: 'As many as the spec keeps stay',
      given: world(atRest, keeping(2), withSnapshots(taken(3), taken(2))),
      decides: 'nothing',
    },
    {
      title: 'Those of a rollout that the record does not know yet stay: it is an older record',
      given: world(atRest, keeping(0), withSnapshots(taken(4))),
      decides: 'nothing',
    },
    {
      title: 'An attempt whose snapshots never became ready goes, and pushes no good one out',
      given: world(atRest, keeping(1), withSnapshots(taken(3, { ready: false }), taken(2))),
      ...deletes(3),
    },
    {
      title: 'Nor does one whose snapshots are being deleted',
      given: world(atRest, keeping(1), withSnapshots(taken(3, { deleting: true }), taken(2))),
      decides: 'nothing',
    },
    {
      title: 'One ready snapshot of several makes an attempt that counts',
      given: world(atRest, keeping(1), withSnapshots(taken(3), aSnapshot(1, { ready: false }), taken(2))),
      ...deletes(2),
    },
    {
      title: 'One that a claim is still made from stays, until that has its volume',
      given: world(
        atRest,
        keeping(0),
        withSnapshots(taken(3)),
        withClaims(aClaim(2, { source: taken(3).name })),
      ),
      decides: 'nothing',
    },
    {
      title: 'Then it goes',
      given: world(
        atRest,
        keeping(0),
        withSnapshots(taken(3)),
        withClaims(aClaim(2, { source: taken(3).name, volume: 'v' })),
      ),
      ...deletes(3),
    },
    {
      title:
        'Those of an attempt whose restore was given up stay, and push none out: nothing else has what was there before',
      given: world(
        atRest,
        keeping(1, 60),
        withRecord({ id: 3, unrestoredAttempts: [2] }),
        withSnapshots(taken(3, { age: 0 }), taken(2)),
      ),
      decides: 'nothing',
    },
    {
      title: 'Others beside them go as ever',
      given: world(
        atRest,
        keeping(1),
        withRecord({ id: 3, unrestoredAttempts: [2] }),
        withSnapshots(taken(3), taken(2), taken(1)),
      ),
      ...deletes(1),
    },
    {
      title: 'In a rollout all of them stay',
      given: world(activeWorld(), snapshotting(2), keeping(0, 0), withSnapshots(taken(2))),
      decides: 'nothing',
    },
  ])
})

describe('snapshots at rest: for how long', () => {
  checkRows(prune, [
    {
      title: 'One that is as old as the spec allows goes, also where it is the newest',
      given: world(atRest, keeping(5, 600), withSnapshots(taken(3, { age: 10 }))),
      ...deletes(3),
    },
    {
      title: 'A younger one stays',
      given: world(atRest, keeping(5, 601), withSnapshots(taken(3, { age: 10 }))),
      decides: 'nothing',
    },
    {
      title: 'One of a claim that is still made from it stays however old it is',
      given: world(
        atRest,
        keeping(5, 600),
        withSnapshots(taken(3, { age: 10 })),
        withClaims(aClaim(2, { source: taken(3).name })),
      ),
      decides: 'nothing',
    },
  ])
})
