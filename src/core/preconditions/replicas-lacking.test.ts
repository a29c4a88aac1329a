import { describe } from 'vitest'
import type { Facts } from '../facts.ts'
import {
  crashing,
  minute,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withoutImage,
  withoutPods,
  withPods,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { replicasLacking } from './replicas-lacking.ts'

const waits = (trouble: string) =>
  `${trouble}; the rollout waits for it. Mend the replica, or what it depends on.`

const below = (facts: Facts) =>
  replicasLacking(facts, { from: facts.first, to: facts.boundary, revision: 'old' }, 'the rollout')

describe('replicasLacking: the way out where the running version is broken', () => {
  checkRows(below, [
    {
      title: 'Where another version is wanted, the command that goes straight to it',
      given: world(stableWorld(), withPods(crashing(stablePod(0))), wanting('new')),
      decides: 'wait ReplicasUnavailable',
      says:
        `${waits('redis-stable-0 keeps crashing')} If the running version itself is broken, go straight to the new one, ` +
        'every replica and no canary: kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
    },
  ])
})

describe('replicasLacking', () => {
  checkRows(below, [
    { title: 'All available', given: stableWorld(), decides: 'nothing' },
    { title: 'Nobody to be available', given: stableWorld({ canaryReplicas: 3 }), decides: 'nothing' },
    { title: 'Ordinals may begin elsewhere', given: stableWorld({ start: 3 }), decides: 'nothing' },
    {
      title: 'One beyond the range does not count',
      given: world(stableWorld(), withPods(crashing(stablePod(2)))),
      decides: 'nothing',
    },
    {
      title: 'A missing one is on its way',
      given: world(stableWorld(), withoutPods('redis-stable-0')),
      decides: 'wait Healing',
      says: 'Waiting until every replica is available on redis:6.',
    },
    {
      title: 'A terminating one is on its way',
      given: world(stableWorld(), withPods(stablePod(0, { deleting: true }))),
      decides: 'wait Healing',
    },
    {
      title: 'A terminating one has its time after its grace period',
      given: world(stableWorld(), withPods(stablePod(0, { deleting: true, endsBy: now - minute }))),
      decides: 'wait Healing',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'One that does not end needs a person after that',
      given: world(stableWorld(), withPods(stablePod(0, { deleting: true, endsBy: now - 10 * minute }))),
      decides: 'wait ReplicasUnavailable',
      says: waits('redis-stable-0 does not end'),
    },
    {
      title: 'A young one is on its way',
      given: world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(0, { readySince: now - second }))),
      decides: 'wait Healing',
    },
    {
      title: 'One of another revision is on its way',
      given: world(stableWorld(), withPods(stablePod(0, { revision: 'third' }))),
      decides: 'wait Healing',
    },
    {
      title: 'An unready one is on its way until its time is over, at a known moment',
      given: world(stableWorld(), withPods(unready(stablePod(0), now - minute))),
      decides: 'wait Healing',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'The time is the one of the spec',
      given: world(
        stableWorld(),
        withSpec({ progressDeadlineSeconds: 90 }),
        withPods(unready(stablePod(0), now - minute)),
      ),
      decides: 'wait Healing',
      wakeAt: now + 30 * second,
    },
    {
      title: 'After that it needs a person',
      given: world(stableWorld(), withPods(unready(stablePod(0), now - 10 * minute))),
      decides: 'wait ReplicasUnavailable',
      says: waits('redis-stable-0 is not ready'),
    },
    {
      title: 'One that has not started until then as well',
      given: world(
        stableWorld(),
        withPods({ ...unready(stablePod(0), now - 10 * minute), phase: 'Pending' }),
      ),
      decides: 'wait ReplicasUnavailable',
      says: waits('redis-stable-0 is not running yet'),
    },
    {
      title: 'One that keeps crashing needs a person at once',
      given: world(stableWorld(), withPods(crashing(stablePod(1)))),
      decides: 'wait ReplicasUnavailable',
      says: waits('redis-stable-1 keeps crashing'),
    },
    {
      title: 'One that cannot get its image needs a person at once',
      given: world(stableWorld(), withPods(withoutImage(stablePod(1)))),
      decides: 'wait ReplicasUnavailable',
      says: waits('redis-stable-1 cannot get its image'),
    },
    {
      title: 'One that failed but is being replaced is on its way',
      given: world(stableWorld(), withPods(crashing(stablePod(1, { deleting: true })))),
      decides: 'wait Healing',
    },
  ])
})
