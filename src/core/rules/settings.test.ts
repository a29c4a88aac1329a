import { describe } from 'vitest'
import { activeWorld, patchedWorld } from '../testing/rollout-worlds.ts'
import {
  newWorld,
  stableWorld,
  wanting,
  withRecord,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { retained } from '../moves/retain.ts'
import { settings } from './settings.ts'

const service = { name: 'redis', uid: 'service-uid', resourceVersion: '7' }
const settling = 'Waiting until the settings of StatefulSet redis-stable are seen by its controller.'

describe('settings', () => {
  checkRows(settings, [
    { title: 'Without a stable set the next rule is asked', given: newWorld(), decides: 'nothing' },
    {
      title: 'Settings as they should be are left alone',
      given: stableWorld({ minReadySeconds: 5 }),
      decides: 'nothing',
    },
    {
      title: 'Retention that would delete claims is put back',
      given: world(stableWorld(), withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
      says: settling,
    },
    {
      title: 'Before the first revision is proven, too',
      given: world(stableWorld(), withRecord({ proven: false }), withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'In the middle of a rollout, too',
      given: world(activeWorld(), withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'A Service that is to outlive the resource is let go of in time',
      given: { ...world(stableWorld(), withSpec({ deletionPolicy: 'Orphan' })), ownService: service },
      decides: 'act releaseService',
      change: { service },
    },
    {
      title: 'One that is to go with it stays its own',
      given: { ...stableWorld(), ownService: service },
      decides: 'nothing',
    },
    {
      title: 'minReadySeconds of the spec is put on the set',
      given: world(stableWorld(), withSpec({ minReadySeconds: 9 })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'More minReadySeconds are put on the set at once: they make nothing less safe',
      given: world(stableWorld({ minReadySeconds: 5 }), wanting('new'), withSpec({ minReadySeconds: 9 })),
      decides: 'act putBackSettings',
    },
    {
      title: 'Fewer come with the version that they are meant for: its probe guards nothing yet',
      given: world(stableWorld({ minReadySeconds: 5 }), wanting('new'), withSpec({ minReadySeconds: 0 })),
      decides: 'nothing',
    },
    {
      title: 'Fewer are put on the set when it runs that version',
      given: world(stableWorld({ minReadySeconds: 5 }), withSpec({ minReadySeconds: 0 })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'The same are left alone, whatever version is wanted',
      given: world(stableWorld({ minReadySeconds: 5 }), wanting('new')),
      decides: 'nothing',
    },
    {
      title: 'A partition in a promotion is no setting: it is never raised, nor lowered by this',
      given: patchedWorld(),
      decides: 'nothing',
    },
    {
      title: 'A settled set that its controller has not seen yet holds nothing up here',
      given: world(stableWorld(), withStable({ observed: false })),
      decides: 'nothing',
    },
  ])
})

describe('retained: what is asked before anything is removed', () => {
  checkRows(retained, [
    { title: 'Without a stable set there is nothing to retain', given: newWorld(), decides: 'nothing' },
    { title: 'Claims that are retained hold nothing up', given: stableWorld(), decides: 'nothing' },
    {
      title: 'Retention is put back first',
      given: world(stableWorld(), withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'And its controller must have seen it: only then it lets the claims go',
      given: world(stableWorld(), withStable({ observed: false })),
      decides: 'wait Settling',
      says: settling,
    },
    {
      title: 'A set that is not ours is left alone',
      given: world(stableWorld(), withStable({ retains: false, ours: false })),
      decides: 'nothing',
    },
    {
      title: 'Nor is it waited for',
      given: world(stableWorld(), withStable({ observed: false, ours: false })),
      decides: 'nothing',
    },
    {
      title: 'A set that is being deleted is too late for it',
      given: world(stableWorld(), withStable({ retains: false, deleting: true, observed: false })),
      decides: 'nothing',
    },
  ])
})
