import { describe } from 'vitest'
import { activeWorld, wantingWorld } from '../testing/rollout-worlds.ts'
import {
  aRevision,
  canaryPod,
  crashing,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withCanary,
  withClaimDeleting,
  withoutPods,
  withPods,
  withRecord,
  withRevisions,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { steady } from './steady.ts'

const healing = 'Waiting until every replica is available on redis:6.'
/** `new` was tried and failed; the spec still asks for it. */
const rejectedWorld = world(wantingWorld(), withRecord({ rejected: 'new' }))

describe('steady: what it leaves to others', () => {
  checkRows(steady, [
    { title: 'Without a stable set the next rule is asked', given: newWorld(), then: 'nothing' },
    {
      title: 'An unproven revision is not its business',
      given: world(stableWorld(), withRecord({ proven: false })),
      then: 'nothing',
    },
    { title: 'A rollout is not its business', given: activeWorld(), then: 'nothing' },
    { title: 'A new revision is left to the start gate', given: wantingWorld(), then: 'nothing' },
  ])
})

describe('steady: rest', () => {
  checkRows(steady, [
    {
      title: 'All replicas available on the accepted revision is rest',
      given: stableWorld(),
      then: 'rest Stable',
      says: 'All replicas run redis:6.',
    },
    { title: 'Ordinals may begin elsewhere', given: stableWorld({ start: 7 }), then: 'rest Stable' },
    { title: 'Zero replicas are at rest', given: stableWorld({ replicas: 0 }), then: 'rest Stable' },
    {
      title: 'A missing replica is waited for',
      given: world(stableWorld(), withoutPods('redis-stable-1')),
      then: 'wait Healing',
      says: healing,
    },
    {
      title: 'A replica that is not Ready is waited for',
      given: world(stableWorld(), withPods(unready(stablePod(1)))),
      then: 'wait Healing',
      says: healing,
    },
    {
      title: 'A replica that keeps crashing is named',
      given: world(stableWorld(), withPods(crashing(stablePod(1)))),
      then: 'wait Healing',
      says: 'Waiting until every replica is available on redis:6; redis-stable-1 keeps crashing.',
    },
    {
      title: 'A young replica is waited for until a known moment',
      given: world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now - second }))),
      then: 'wait Healing',
      wakeAt: now + 4 * second,
    },
    {
      title: 'A terminating replica is waited for',
      given: world(stableWorld(), withPods(stablePod(1, { deleting: true }))),
      then: 'wait Healing',
    },
    {
      title: 'A set that its controller has not seen yet is waited for',
      given: world(stableWorld(), withStable({ observed: false })),
      then: 'wait Healing',
    },
    {
      title: 'A rejected revision is not tried again, and said',
      given: rejectedWorld,
      then: 'rest RevisionRejected',
      says:
        'redis:7 was rejected and is not tried again; the replicas run the version before it. ' +
        'Revert the spec, or change it to another version.',
    },
    {
      title: 'A rejection holds while replicas are scaled: it is the revision that was rejected',
      given: world(
        rejectedWorld,
        withSpec({ replicas: 2 }),
        withStable({ replicas: 2 }),
        withoutPods('redis-stable-2'),
      ),
      then: 'rest RevisionRejected',
    },
    {
      title: 'A third revision is left to the start gate',
      given: world(rejectedWorld, wanting('third')),
      then: 'nothing',
    },
  ])
})

describe('steady: putting back', () => {
  checkRows(steady, [
    {
      title: 'More replicas are wanted',
      given: world(stableWorld(), withSpec({ replicas: 5 })),
      then: 'act scale',
      change: { replicas: 5 },
    },
    {
      title: 'Fewer replicas are wanted',
      given: world(stableWorld(), withSpec({ replicas: 1 })),
      then: 'act scale',
      change: { replicas: 1 },
    },
    {
      title: 'Replicas are scaled while a revision stays rejected',
      given: world(rejectedWorld, withSpec({ replicas: 4 })),
      then: 'act scale',
      change: { replicas: 4 },
    },
    {
      title: 'Replicas come before a new revision, which then finds them all at the accepted one',
      given: world(wantingWorld(), withSpec({ replicas: 4 })),
      then: 'act scale',
      change: { replicas: 4 },
    },
    {
      title: 'minReadySeconds of the spec is put on the set',
      given: world(stableWorld(), withSpec({ minReadySeconds: 9 })),
      then: 'act putBackSettings',
      change: { partition: 0, settings: true },
    },
    {
      title: 'Retention that would delete claims is put back',
      given: world(stableWorld(), withStable({ retains: false })),
      then: 'act putBackSettings',
      change: { partition: 0, settings: true },
    },
    {
      title: 'A partition that somebody left is put back',
      given: world(stableWorld(), withStable({ partition: 2 })),
      then: 'act putBackSettings',
      change: { partition: 0, settings: true },
    },
    {
      title: 'A template that is not the accepted one is put back',
      given: world(stableWorld(), withStable({ revision: '' })),
      then: 'act revertTemplate',
      change: { partition: 0, settings: true, revision: 'old' },
    },
    {
      title: 'No pod is replaced by that while a claim is being deleted',
      given: world(stableWorld(), withStable({ revision: '' }), withClaimDeleting(1)),
      then: 'wait ClaimDeleting',
    },
    {
      title: 'A rejection ends when the spec is reverted',
      given: world(stableWorld(), withRecord({ rejected: 'new' })),
      then: 'act clearRejected',
      change: { record: { accepted: 'old', proven: true, id: 1 } },
    },
    {
      title: 'A broken pod of a revision that is not wanted any more is deleted',
      given: world(
        stableWorld(),
        withRevisions(aRevision('old', 1), aRevision('new', 2)),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      then: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'Not while a claim is being deleted',
      given: world(
        stableWorld(),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
        withClaimDeleting(2),
      ),
      then: 'wait ClaimDeleting',
    },
    {
      title: 'A broken pod of the accepted revision is left alone',
      given: world(stableWorld(), withPods(crashing(stablePod(2)))),
      then: 'wait Healing',
    },
  ])
})

describe('steady: a canary that should not be there', () => {
  checkRows(steady, [
    {
      title: 'An armed one is emptied',
      given: world(stableWorld(), withCanary({ replicas: 1, ordinalsStart: 2 })),
      then: 'act emptyCanary',
    },
    {
      title: 'An emptied one is waited for while it has pods',
      given: world(stableWorld(), withCanary(), withPods(canaryPod(2))),
      then: 'wait Healing',
    },
    {
      title: 'One whose controller has not seen the 0 is waited for',
      given: world(stableWorld(), withCanary({ observed: false })),
      then: 'wait Healing',
    },
    { title: 'An inert one is deleted', given: world(stableWorld(), withCanary()), then: 'act deleteSet' },
    {
      title: 'It goes before stable is scaled',
      given: world(stableWorld(), withCanary(), withSpec({ replicas: 4 })),
      then: 'act deleteSet',
    },
    {
      title: 'It goes while a revision stays rejected',
      given: world(rejectedWorld, withCanary({ replicas: 1, ordinalsStart: 2 })),
      then: 'act emptyCanary',
    },
  ])
})
