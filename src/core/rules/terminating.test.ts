import { describe } from 'vitest'
import { activeWorld, armedWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aSnapshot,
  canaryPod,
  endless,
  newWorld,
  stablePod,
  stableWorld,
  unready,
  withCanary,
  withClaims,
  withClaimDeleting,
  withoutPods,
  withoutStable,
  withPods,
  withResource,
  withSnapshots,
  withSpec,
  withStable,
  withStablePods,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { orphan } from './orphan.ts'
import { terminating } from './terminating.ts'

const deleted = withResource({ deleting: true })
const noPods = withStablePods(() => undefined)

describe('terminating', () => {
  checkRows(terminating, [
    { title: 'A living resource goes on to the next rule', given: stableWorld(), decides: 'nothing' },
    {
      title: 'The canary is emptied first',
      given: world(activeWorld(), deleted),
      decides: 'act emptyCanary',
      says: 'Deleting: scaling redis-canary to 0. Claims are kept.',
    },
    {
      title: 'An emptied canary is waited for while it has pods, and stable is not touched',
      given: world(activeWorld(), deleted, withCanary({ replicas: 0 })),
      decides: 'wait Terminating',
      says: 'Deleting: waiting until redis-canary is gone. Claims are kept.',
    },
    {
      title: 'A canary without pods is not deleted before its controller has seen the 0',
      given: world(
        activeWorld(),
        deleted,
        withCanary({ replicas: 0, observed: false }),
        withoutPods('redis-canary-2'),
      ),
      decides: 'wait Terminating',
    },
    {
      title: 'A canary without pods is deleted',
      given: world(activeWorld(), deleted, withCanary({ replicas: 0 }), withoutPods('redis-canary-2')),
      decides: 'act deleteSet',
      says: 'Deleting: deleting redis-canary. Claims are kept.',
    },
    {
      title: 'A canary that is being deleted is waited for',
      given: world(activeWorld(), deleted, withCanary({ deleting: true })),
      decides: 'wait Terminating',
    },
    {
      title: 'Nor is it deleted twice',
      given: world(armedWorld(), deleted, withCanary({ deleting: true, replicas: 0 })),
      decides: 'wait Terminating',
    },
    {
      title: 'A canary pod that does not end is for people',
      given: world(activeWorld(), deleted, withCanary({ replicas: 0 }), withPods(endless(canaryPod(2)))),
      decides: 'wait PodStuck',
    },
    {
      title: 'So is a stable one',
      given: world(stableWorld(), deleted, withStable({ replicas: 0 }), withPods(endless(stablePod(2)))),
      decides: 'wait PodStuck',
    },
    {
      title: 'Canary pods whose set was deleted without them are taken away',
      given: world(stableWorld(), deleted, withPods(canaryPod(2, { orphan: true }))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-canary-2', uid: 'redis-canary-2-uid' } },
    },
    {
      title: 'So are stable ones',
      given: world(newWorld(), deleted, withPods(stablePod(0, { orphan: true }))),
      decides: 'act deletePod',
    },
    {
      title: 'Not those of a set that is only unknown to us: they have a controller',
      given: world(newWorld(), deleted, withPods(stablePod(0))),
      decides: 'wait Terminating',
    },
    {
      title: 'Canary pods whose set is gone already are waited for',
      given: world(stableWorld(), deleted, withPods(canaryPod(2, { deleting: true }))),
      decides: 'wait Terminating',
      says: 'Deleting: waiting for the last pods. Claims are kept.',
    },
    {
      title: 'Then stable is emptied',
      given: world(stableWorld(), deleted),
      decides: 'act emptyStable',
      says: 'Deleting: scaling redis-stable to 0. Claims are kept.',
    },
    {
      title: 'Stable is waited for while it has pods',
      given: world(stableWorld(), deleted, withStable({ replicas: 0 })),
      decides: 'wait Terminating',
      says: 'Deleting: waiting until redis-stable is gone. Claims are kept.',
    },
    {
      title: 'Stable without pods is not deleted before its controller has seen the 0',
      given: world(stableWorld(), deleted, withStable({ replicas: 0, observed: false }), noPods),
      decides: 'wait Terminating',
    },
    {
      title: 'Retention that would delete claims is put back before stable is emptied',
      given: world(stableWorld(), deleted, withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'And before an empty one is deleted',
      given: world(stableWorld(), deleted, withStable({ retains: false, replicas: 0 }), noPods),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'Stable is not emptied before its controller has seen that claims are retained',
      given: world(stableWorld(), deleted, withStable({ observed: false })),
      decides: 'wait Settling',
    },
    {
      title: 'The canary holds no claims of its own, so it goes all the same',
      given: world(activeWorld(), deleted, withStable({ retains: false })),
      decides: 'act emptyCanary',
    },
    {
      title: 'A broken pod on which OrderedReady stalls is deleted',
      given: world(stableWorld(), deleted, withStable({ replicas: 0 }), withPods(unready(stablePod(1)))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-1', uid: 'redis-stable-1-uid' } },
      says: 'Deleting: removing redis-stable-1. Claims are kept.',
    },
    {
      title: 'Not before stable is emptied',
      given: world(stableWorld(), deleted, withPods(unready(stablePod(1, { revision: 'new' })))),
      decides: 'act emptyStable',
    },
    {
      title: 'A set that is not ours keeps its broken pods and its retention',
      given: world(
        stableWorld(),
        deleted,
        withStable({ ours: false, replicas: 0, retains: false }),
        withPods(unready(stablePod(1))),
      ),
      decides: 'act removeFinalizer',
    },
    {
      title: 'Stable without pods is deleted',
      given: world(stableWorld(), deleted, withStable({ replicas: 0 }), noPods),
      decides: 'act deleteSet',
      says: 'Deleting: deleting redis-stable. Claims are kept.',
    },
    {
      title: 'Stable pods whose set is gone already are waited for',
      given: world(newWorld(), deleted, withPods(stablePod(0, { deleting: true }))),
      decides: 'wait Terminating',
    },
    {
      title: 'When nothing of ours is left, the finalizer goes',
      given: world(newWorld(), deleted),
      decides: 'act removeFinalizer',
      says: 'Deleting: everything of ours is gone. Claims are kept.',
    },
    {
      title: 'A stable set that is not ours stays, with its pods',
      given: world(stableWorld(), deleted, withStable({ ours: false })),
      decides: 'act removeFinalizer',
    },
    {
      title: 'A canary set that is not ours stays, and stable goes all the same',
      given: world(stableWorld(), deleted, withCanary({ ours: false, replicas: 1 })),
      decides: 'act emptyStable',
    },
    {
      title: 'A record that cannot be read does not hold the deletion up',
      given: world(stableWorld(), deleted, withStable({ record: 'garbage' })),
      decides: 'act emptyStable',
    },
    {
      title: 'A missing stable set does not hold the deletion up',
      given: world(withoutStable(armedWorld()), deleted),
      decides: 'act emptyCanary',
    },
    {
      title: 'A claim that is being deleted does not hold the deletion up: a person deleted both',
      given: world(stableWorld(), deleted, withClaimDeleting(1)),
      decides: 'act emptyStable',
    },
  ])
})

describe('snapshots of a resource that is deleted', () => {
  const snapshot = aSnapshot(2)
  const left = world(newWorld(), deleted, withSnapshots(snapshot))
  checkRows(terminating, [
    {
      title: 'They go when everything else has gone: until then a claim may be made of one',
      given: left,
      decides: 'act deleteSnapshot',
      change: { snapshot: { name: snapshot.name, uid: snapshot.uid } },
      says: `Deleting: deleting VolumeSnapshot ${snapshot.name}, as spec.volumes.snapshot.onDelete says. Claims are kept.`,
    },
    {
      title: 'Not before',
      given: world(stableWorld(), deleted, withSnapshots(snapshot)),
      decides: 'act emptyStable',
    },
    {
      title: 'One that goes already is not waited for',
      given: world(left, withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'act removeFinalizer',
    },
    {
      title: 'One that a claim is still made of stays',
      given: world(left, withClaims(aClaim(2, { source: snapshot.name }))),
      decides: 'act removeFinalizer',
    },
    {
      title: 'All stay where the spec says so',
      given: world(left, withSpec({ snapshots: { policy: 'Auto', keep: 1, onDelete: 'Keep' } })),
      decides: 'act removeFinalizer',
    },
    {
      title: 'What a Job has stored is not ours to delete',
      given: world(left, withSnapshots(aSnapshot(2, { byJob: true }))),
      decides: 'act removeFinalizer',
    },
  ])
  checkRows(orphan, [
    {
      title: 'Where the replicas stay, too, once they are handed over',
      given: world(
        stableWorld(),
        deleted,
        withSpec({ deletionPolicy: 'Orphan' }),
        withStable({ ours: false }),
        withSnapshots(snapshot),
      ),
      decides: 'act deleteSnapshot',
    },
    {
      title: 'Not before',
      given: world(stableWorld(), deleted, withSpec({ deletionPolicy: 'Orphan' }), withSnapshots(snapshot)),
      decides: 'act releaseStable',
      tells: ['StatefulSet redis-stable and its pods stay, and are managed by nobody from now on'],
    },
  ])
})
