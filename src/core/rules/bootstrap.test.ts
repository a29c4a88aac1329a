import { describe } from 'vitest'
import type { Observation } from '../observation.ts'
import { activeWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aRevision,
  crashing,
  minute,
  newWorld,
  no,
  now,
  second,
  type Shape,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withAnswers,
  withCanary,
  withClaimDeleting,
  withClaims,
  withoutImage,
  withoutNode,
  withoutPods,
  withPods,
  withRecord,
  withRevisions,
  withSpec,
  withStable,
  withStablePods,
  world,
  yes,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { bootstrap } from './bootstrap.ts'

/** All replicas are available, and nobody has noticed yet. */
function unprovenWorld(shape: Shape = {}): Observation {
  return world(stableWorld(shape), withRecord({ proven: false }))
}

const bothStored = withRevisions(aRevision('old', 1), aRevision('new', 2))
const brokenFirst = world(
  unprovenWorld(),
  withPods(crashing(stablePod(0))),
  withoutPods('redis-stable-1', 'redis-stable-2'),
)

describe('bootstrap', () => {
  checkRows(bootstrap, [
    { title: 'Without a stable set the next rule is asked', given: newWorld(), decides: 'nothing' },
    { title: 'A proven revision goes on to the next rule', given: stableWorld(), decides: 'nothing' },
    {
      title: 'A rollout goes on to the next rule',
      given: world(activeWorld(), withRecord({ proven: false })),
      decides: 'nothing',
    },
    {
      title:
        'A canary set that a dead leader created late goes first, however long the first deployment takes',
      given: world(brokenFirst, withCanary()),
      decides: 'act deleteSet',
      says: 'Removing StatefulSet redis-canary, which no rollout needs.',
    },
    {
      title: 'When all replicas are available for the first time, the revision is proven',
      given: unprovenWorld(),
      decides: 'act recordProven',
      change: { record: { accepted: 'old', proven: true, id: 1 } },
      tells: ['All replicas run redis:6'],
    },
    {
      title: 'Ordinals may begin elsewhere',
      given: unprovenWorld({ start: 5 }),
      decides: 'act recordProven',
      tells: ['All replicas run redis:6'],
    },
    {
      title: 'A replica that is missing is waited for',
      given: world(unprovenWorld(), withoutPods('redis-stable-2')),
      decides: 'wait FirstDeploy',
      says: 'Deploying redis:6 for the first time.',
    },
    {
      title: 'A replica that is not Ready is waited for',
      given: world(unprovenWorld(), withPods(unready(stablePod(2)))),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'A replica that cannot get its image is named',
      given: world(unprovenWorld(), withPods(withoutImage(stablePod(0)))),
      decides: 'wait FirstDeploy',
      says: 'Deploying redis:6 for the first time; redis-stable-0 cannot get its image. If the version is at fault, change the spec: another one goes straight in.',
    },
    {
      title: 'So is one that finds no node',
      given: world(unprovenWorld(), withPods(withoutNode(stablePod(0)))),
      decides: 'wait FirstDeploy',
      says: 'Deploying redis:6 for the first time; redis-stable-0 finds no node (look at its events). If the version is at fault, change the spec: another one goes straight in.',
    },
    {
      title: 'A terminating replica is waited for',
      given: world(unprovenWorld(), withPods(stablePod(2, { deleting: true }))),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'A replica counts only after minReadySeconds',
      given: world(
        unprovenWorld({ minReadySeconds: 5 }),
        withPods(stablePod(2, { readySince: now - 3 * second })),
      ),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'Several young replicas are waited for',
      given: world(
        unprovenWorld({ minReadySeconds: 5 }),
        withPods(stablePod(1, { readySince: now - second }), stablePod(2, { readySince: now - 3 * second })),
      ),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'At exactly minReadySeconds a replica counts',
      given: world(
        unprovenWorld({ minReadySeconds: 5 }),
        withPods(stablePod(2, { readySince: now - 5 * second })),
      ),
      decides: 'act recordProven',
      tells: ['All replicas run redis:6'],
    },
    {
      title: 'A replica of another revision does not prove this one',
      given: world(unprovenWorld(), withPods(stablePod(2, { revision: 'new' }))),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'A replica too many does not prove it',
      given: world(unprovenWorld(), withPods(stablePod(3))),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'A set that its controller has not seen yet proves nothing',
      given: world(unprovenWorld(), withStable({ observed: false })),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'A set whose currentRevision lags proves nothing',
      given: world(unprovenWorld(), withStable({ caughtUp: false })),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'Zero replicas prove nothing',
      given: unprovenWorld({ replicas: 0 }),
      decides: 'wait FirstDeploy',
      says: 'No replica is asked for (spec.replicas is 0), so redis:6 waits to be deployed for the first time. To scale up: kubectl scale canarystatefulset redis -n default --replicas=N',
    },
    {
      title: 'An edit of replicas goes straight in',
      given: world(unprovenWorld(), withSpec({ replicas: 5 })),
      decides: 'act scale',
      change: { replicas: 5 },
    },
    {
      title: 'An edit of the version is stored first',
      given: world(brokenFirst, wanting('new')),
      decides: 'act createRevision',
      change: { revision: 'new', number: 2 },
    },
    {
      title: 'An edit of the version is asked about before any pod is touched',
      given: world(brokenFirst, wanting('new'), bothStored),
      decides: 'ask stableSet',
      question: { kind: 'stableSet', revision: 'new' },
    },
    {
      title: 'An edit that the API server refuses leaves the pods alone',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withAnswers({ stableSet: no('bad volume mount') }),
      ),
      decides: 'wait SetRefused',
      says: 'The API server refuses StatefulSet redis-stable, so nothing was changed: bad volume mount',
    },
    {
      title: 'An edit of the version goes straight in, whole, with replicas and partition',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withAnswers({ stableSet: yes }),
        withSpec({ replicas: 2 }),
      ),
      decides: 'act replaceUnproven',
      change: {
        record: { accepted: 'new', proven: false, id: 1 },
        revision: 'new',
        replicas: 2,
        partition: 0,
      },
    },
    {
      title: 'A version that was forced in the middle of a restore: what its replica waits for is named',
      given: world(
        unprovenWorld(),
        withPods(unready(stablePod(2))),
        withClaims(aClaim(2, { source: 'data-redis-stable-2-resource-3' })),
      ),
      decides: 'wait FirstDeploy',
      says:
        'Deploying redis:6; claim data-redis-stable-2 waits until the storage makes its volume of VolumeSnapshot data-redis-stable-2-resource-3. ' +
        'What the storage says: kubectl describe pvc data-redis-stable-2 -n default',
    },
    {
      title: 'Not one that has its volume, nor one of no replica',
      given: world(
        unprovenWorld(),
        withPods(unready(stablePod(2))),
        withClaims(aClaim(2, { source: 'a', volume: 'v' }), aClaim(3, { source: 'a' }), aClaim(1)),
      ),
      decides: 'wait FirstDeploy',
      says: 'Deploying redis:6 for the first time.',
    },
    {
      title: 'A template that a stranger changed is replaced',
      given: world(unprovenWorld(), withStable({ revision: 'new' }), withAnswers({ stableSet: yes })),
      decides: 'act replaceUnproven',
    },
    {
      title:
        'A partition that a stranger left would keep pods at the version before, so all of it is written again',
      given: world(unprovenWorld(), withStable({ partition: 2 }), withAnswers({ stableSet: yes })),
      decides: 'act replaceUnproven',
      change: {
        record: { accepted: 'old', proven: false, id: 1 },
        revision: 'old',
        replicas: 3,
        partition: 0,
      },
    },
    {
      title: 'A template that runs ahead of the record is written with it',
      given: world(
        unprovenWorld(),
        wanting('new'),
        bothStored,
        withStable({ revision: 'new' }),
        withAnswers({ stableSet: yes }),
      ),
      decides: 'act replaceUnproven',
      change: {
        record: { accepted: 'new', proven: false, id: 1 },
        revision: 'new',
        replicas: 3,
        partition: 0,
      },
    },
    {
      title: 'An edit waits until claims are retained: it may scale down, too',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withAnswers({ stableSet: yes }),
        withStable({ retains: false }),
      ),
      decides: 'act putBackSettings',
    },
    {
      title: 'No pod is taken away by an edit while its claim is being deleted',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withAnswers({ stableSet: yes }),
        withClaimDeleting(0),
      ),
      decides: 'wait ClaimDeleting',
      says:
        'Claim data-redis-stable-0 is being deleted and only its pod redis-stable-0 still keeps the data, so no pod is taken away. ' +
        'Copy the data away; then delete that pod yourself, and the replica comes back empty.',
    },
    {
      title: 'A broken pod of the version before, which OrderedReady does not replace, is deleted',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withStable({ revision: 'new' }),
        withRecord({ accepted: 'new' }),
      ),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-0', uid: 'redis-stable-0-uid' } },
    },
    {
      title: 'Not before its controller has seen the new version',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withStable({ revision: 'new', observed: false }),
        withRecord({ accepted: 'new' }),
      ),
      decides: 'wait FirstDeploy',
    },
    {
      title: 'Not while its claim is being deleted',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withStable({ revision: 'new' }),
        withRecord({ accepted: 'new' }),
        withClaimDeleting(0),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A broken pod of this very version is left to Kubernetes',
      given: brokenFirst,
      decides: 'wait FirstDeploy',
      says: 'Deploying redis:6 for the first time; redis-stable-0 keeps crashing. If the version is at fault, change the spec: another one goes straight in.',
    },
    {
      title: 'A Parallel set waits for another pod before it replaces a broken one, so that one is deleted',
      given: world(
        brokenFirst,
        wanting('new'),
        bothStored,
        withSpec({ ordered: false }),
        withStable({ revision: 'new' }),
        withRecord({ accepted: 'new' }),
      ),
      decides: 'act deletePod',
    },
    {
      title: 'A broken pod beyond the set is deleted',
      given: world(unprovenWorld(), withPods(unready(stablePod(3), now - minute))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-3', uid: 'redis-stable-3-uid' } },
    },
    {
      title: 'A terminating pod is not deleted again',
      given: world(
        unprovenWorld(),
        withStablePods((pod) => pod),
        withPods(unready(stablePod(3, { deleting: true }))),
      ),
      decides: 'wait FirstDeploy',
    },
  ])
})
