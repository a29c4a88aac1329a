import { describe } from 'vitest'
import {
  aJob,
  recordOf,
  canaryPod,
  foreignPod,
  migrating,
  newWorld,
  releasedPod,
  stablePod,
  stableWorld,
  snapshotting,
  unready,
  wanting,
  withCanary,
  withClaimDeleting,
  withJobs,
  withoutPods,
  withoutStable,
  withPods,
  withRecord,
  withResource,
  withRevisions,
  withRollout,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import {
  activeWorld,
  clearedWorld,
  displacedWorld,
  patchedWorld,
  returnedWorld,
  rolledOutWorld,
} from '../testing/rollout-worlds.ts'
import { checkRows } from '../testing/rows.ts'
import { orphan } from './orphan.ts'

const kept = withSpec({ deletionPolicy: 'Orphan' })
const deleted = (base: ReturnType<typeof stableWorld>) => world(base, kept, withResource({ deleting: true }))
const handedOver = withStable({ ours: false })
const releases = ['StatefulSet redis-stable and its pods stay, and are managed by nobody from now on']
const service = { name: 'redis', uid: 'service-uid', resourceVersion: '7' }

/** A roll back of a promotion that had begun: the template is still the new one. */
const revertingWorld = () =>
  world(patchedWorld({}, 1), withRollout({ decision: 'rollback', cause: 'aborted' }))

describe('orphan', () => {
  checkRows(orphan, [
    {
      title: 'A living resource goes on to the next rule',
      given: world(stableWorld(), kept),
      decides: 'nothing',
    },
    {
      title: 'A deletion that takes the replicas along is for another rule',
      given: world(stableWorld(), withResource({ deleting: true })),
      decides: 'nothing',
    },
    {
      title: 'At rest the set is handed over as it is',
      given: deleted(stableWorld()),
      decides: 'act releaseStable',
      says: 'Deleting: handing redis-stable over. Claims are kept.',
      tells: releases,
    },
    {
      title: 'Not beside a replica that is no set’s: while it stands the set can make no other of its name',
      given: world(deleted(stableWorld()), withoutPods('redis-stable-2'), withPods(releasedPod(2))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'It is waited for',
      given: world(
        deleted(stableWorld()),
        withoutPods('redis-stable-2'),
        withPods(releasedPod(2, { deleting: true })),
      ),
      decides: 'wait Terminating',
      says: 'Deleting: waiting until redis-stable-2 is gone. Claims are kept.',
    },
    {
      title: 'No replica comes back to a claim that somebody else mounts',
      given: world(deleted(clearedWorld()), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'One that mounts a claim which its replica has all the time changes nothing',
      given: world(deleted(clearedWorld()), withPods(foreignPod(1))),
      decides: 'act makeWhole',
    },
    {
      title: 'Then the finalizer goes',
      given: world(deleted(stableWorld()), handedOver),
      decides: 'act removeFinalizer',
      says: 'Deleting: its replicas stay. Claims are kept.',
    },
    {
      title: 'The Service that would go with the resource is let go of before anything else',
      given: { ...deleted(activeWorld()), ownService: service },
      decides: 'act releaseService',
      change: { service },
    },
    {
      title: 'An unready replica does not hold the deletion up',
      given: world(deleted(stableWorld()), withPods(unready(stablePod(1)))),
      decides: 'act releaseStable',
      tells: releases,
    },
    { title: 'The canary is emptied first', given: deleted(activeWorld()), decides: 'act emptyCanary' },
    {
      title: 'Not from a claim that is being deleted: the replica would come back empty',
      given: world(deleted(activeWorld()), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Nor while a stray stable pod waits for its claim',
      given: world(deleted(activeWorld()), withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'An emptied canary is waited for while it has pods',
      given: world(deleted(activeWorld()), withCanary({ replicas: 0 })),
      decides: 'wait Terminating',
      says: 'Deleting: waiting until the canary is gone. Claims are kept.',
    },
    {
      title: 'Its set is deleted before stable gets its replicas back',
      given: world(deleted(activeWorld()), withCanary({ replicas: 0 }), withoutPods('redis-canary-2')),
      decides: 'act deleteSet',
    },
    {
      title: 'Canary pods without a set are waited for',
      given: world(deleted(displacedWorld()), withPods(canaryPod(2, { deleting: true }))),
      decides: 'wait Terminating',
    },
    {
      title: 'One that nobody takes away is taken away by us',
      given: world(deleted(displacedWorld()), withPods(canaryPod(2, { orphan: true }))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-canary-2', uid: 'redis-canary-2-uid' } },
    },
    {
      title: 'A canary set that is not ours stays',
      given: world(deleted(stableWorld()), withCanary({ ours: false, replicas: 1 })),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title: 'The displaced replicas come back, in an undecided rollout',
      given: deleted(displacedWorld()),
      decides: 'act makeWhole',
      change: { replicas: 3 },
      says: 'Deleting: bringing back all replicas. Claims are kept.',
    },
    {
      title: 'So they do where the promotion is decided and the one patch was not made',
      given: deleted(clearedWorld()),
      decides: 'act makeWhole',
      change: { replicas: 3 },
    },
    {
      title: 'And where the rollout is rolled back already',
      given: deleted(rolledOutWorld()),
      decides: 'act makeWhole',
      change: { replicas: 3 },
    },
    {
      title: 'As many as the rollout began with, whatever the spec says by now',
      given: world(deleted(displacedWorld()), withSpec({ replicas: 5 })),
      decides: 'act makeWhole',
      change: { replicas: 3 },
    },
    {
      title: 'The controller has to have seen it',
      given: world(deleted(returnedWorld()), withStable({ observed: false })),
      decides: 'wait Terminating',
      says: 'Deleting: waiting until the controller of redis-stable has seen its replicas. Claims are kept.',
    },
    {
      title: 'But its pods need not be there',
      given: world(deleted(returnedWorld()), withoutPods('redis-stable-2')),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title:
        'A promotion that has begun is left as it is: the partition is not raised, and not lowered either',
      given: deleted(patchedWorld({}, 1)),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title: 'There, too, the controller has to have seen it',
      given: world(deleted(patchedWorld({}, 1)), withStable({ observed: false })),
      decides: 'wait Terminating',
    },
    {
      title: 'Replicas that a stranger took from it come back, and the partition says on which version',
      given: world(deleted(patchedWorld({}, 1)), withStable({ replicas: 1 })),
      decides: 'act makeWhole',
      change: { replicas: 3 },
    },
    {
      title:
        'From none at all they may all come back new, for the set has forgotten the version before: that is recorded',
      given: world(deleted(patchedWorld()), withStable({ replicas: 0 })),
      decides: 'act makeWhole',
      change: { replicas: 3, record: recordOf(withRollout({ touched: 3 })(patchedWorld())) },
    },
    {
      title: 'Its failing pods are left to whoever takes it over',
      given: world(
        deleted(patchedWorld({}, 1)),
        withPods(unready(stablePod(0)), unready(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title: 'A promotion that is taken back is taken back: one patch, and the partition held by nobody',
      given: deleted(revertingWorld()),
      decides: 'act makeWhole',
      change: { revision: 'old', partition: 0 },
    },
    {
      title: 'Not while a claim is being deleted',
      given: world(deleted(revertingWorld()), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Nor without the version before',
      given: world(deleted(revertingWorld()), wanting('new'), withRevisions()),
      decides: 'wait RevisionMissing',
    },
    {
      title: 'A pod of the version taken back that the set leaves standing is deleted',
      given: world(
        deleted(returnedWorld()),
        withPods(unready(stablePod(2, { revision: 'new' })), stablePod(0), stablePod(1)),
      ),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'A template that a stranger changed is put back',
      given: world(deleted(stableWorld()), withStable({ revision: 'new' })),
      decides: 'act makeWhole',
      change: { revision: 'old' },
    },
    {
      title: 'So is one that no label shows',
      given: world(deleted(stableWorld()), withStable({ edits: { template: 'kubectl-set' } })),
      decides: 'act makeWhole',
      change: { revision: 'old' },
    },
    {
      title: 'A set whose pods are no longer rolled is not handed over like that',
      given: world(deleted(stableWorld()), withStable({ partition: undefined })),
      decides: 'act makeWhole',
      change: { partition: 0 },
    },
    {
      title: 'An edited template is put back in a promotion that has begun, too, which stays as far as it is',
      given: world(deleted(patchedWorld({}, 1)), withStable({ edits: { template: 'kubectl-set' } })),
      decides: 'act makeWhole',
      change: { revision: 'new' },
    },
    {
      title: 'More replicas than wanted are left: no pod is taken away',
      given: world(deleted(stableWorld()), withSpec({ replicas: 1 })),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title: 'A set that a deletion had emptied before it was said that it stays gets its replicas back',
      given: world(deleted(stableWorld()), withStable({ replicas: 0 })),
      decides: 'act makeWhole',
      change: { replicas: 3 },
    },
    {
      title: 'A first deployment is handed over on what was asked for last',
      given: world(deleted(stableWorld()), withRecord({ proven: false })),
      decides: 'act releaseStable',
      tells: releases,
    },
    {
      title: 'Claims are to be retained',
      given: world(deleted(displacedWorld()), withStable({ retains: false })),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title:
        'A record that cannot be read does not tell how many replicas to bring back, or of which version',
      given: world(deleted(stableWorld()), withStable({ record: 'garbage' })),
      decides: 'wait RecordUnreadable',
    },
    {
      title: 'A set that is being deleted is waited for',
      given: world(deleted(stableWorld()), withStable({ deleting: true })),
      decides: 'wait Terminating',
    },
    {
      title: "Nothing is created: a missing set stays missing, and its pods are nobody's business",
      given: world(withoutStable(deleted(stableWorld()))),
      decides: 'act removeFinalizer',
    },
    {
      title: 'Nothing at all is there',
      given: deleted(newWorld()),
      decides: 'act removeFinalizer',
    },
  ])
})

describe('orphan: past a migration that cannot be taken back', () => {
  const irreversible = { started: true, irreversible: true } as const
  const left = 'redis:6 comes back and opens what its migration left, which cannot be taken back'
  const trouble = `the resource is deleted, so that nobody is asked: ${left}`
  const said = withRollout({ decision: 'rollback', cause: 'superseded', trouble })
  checkRows(orphan, [
    {
      title:
        'It is said, and recorded before anything else: a deletion does not wait for somebody to accept it',
      given: deleted(world(activeWorld(), migrating(irreversible), withJobs(aJob({ suspended: false })))),
      decides: 'act recordDecision',
      tells: [`Rolling back redis:7: ${trouble}`],
    },
    {
      title: 'Also of a Job of somebody else',
      given: deleted(
        world(
          activeWorld(),
          migrating({ type: 'External', irreversible: true }),
          withJobs(aJob({ name: 'theirs', ours: false, suspended: false })),
        ),
      ),
      decides: 'act recordDecision',
      tells: [`Rolling back redis:7: ${trouble}`],
    },
    {
      title: 'Once, and every sentence from then on says it',
      given: deleted(world(clearedWorld(), migrating(irreversible), said)),
      decides: 'act makeWhole',
      change: { replicas: 3 },
      says: `Deleting: bringing back all replicas. Claims are kept. redis:7 is rolled back: ${trouble}.`,
    },
    {
      title: 'Not where snapshots cover it',
      given: deleted(
        world(clearedWorld(), snapshotting(2), migrating({ ...irreversible, mountsClaims: true })),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'Nor of a promotion, which stays',
      given: deleted(world(patchedWorld({}, 1), migrating({ ...irreversible, done: true }))),
      decides: 'act releaseStable',
      tells: releases,
    },
  ])
})
