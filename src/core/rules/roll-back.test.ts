import { describe } from 'vitest'
import {
  activeWorld,
  approvedWorld,
  patchedWorld,
  returnedWorld,
  rolledOutWorld,
  rollingBackWorld,
} from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aKeptVolume,
  aRevision,
  type Change,
  canaryPod,
  crashing,
  endless,
  minute,
  newWorld,
  now,
  recordOf,
  second,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withCanary,
  withoutNode,
  withClaimDeleting,
  withClaims,
  withKeptVolumes,
  withoutPods,
  withPods,
  withResource,
  withRevisions,
  withRollout,
  withSpec,
  withStable,
  world,
  foreignPod,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { rollBack } from './roll-back.ts'

const wait = (doing: string) => `Rolling back redis:7 (its canary failed): ${doing}.`
const kept = { accepted: 'old', proven: true, id: 3 }
const rejected = (rejectedFor: string) => ({ ...kept, rejected: 'new', rejectedFor })
const rolledBackNote = ['Rollout of redis:7 was rolled back to redis:6']

describe('rollBack: when it has no say', () => {
  checkRows(rollBack, [
    { title: 'Without a stable set', given: newWorld(), decides: 'nothing' },
    { title: 'At rest', given: stableWorld(), decides: 'nothing' },
    { title: 'While nothing is decided', given: activeWorld(), decides: 'nothing' },
    { title: 'When promotion is decided', given: approvedWorld(), decides: 'nothing' },
  ])
})

describe('rollBack: the canary goes', () => {
  checkRows(rollBack, [
    {
      title: 'First it is emptied',
      given: rollingBackWorld(),
      decides: 'act emptyCanary',
      says: wait('taking the canary away'),
    },
    {
      title: 'Not while a held claim is being deleted: its pod is all that keeps the data',
      given: world(rollingBackWorld(), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      says:
        'Claim data-redis-stable-2 is being deleted and only its pod redis-canary-2 still keeps the data, so no pod is taken away. ' +
        'Copy the data away; then delete that pod yourself: the rollout is taken back, and the replica comes back empty.',
    },
    {
      title: 'Not while any other held claim is being deleted',
      given: world(rollingBackWorld(), withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not while stable was scaled up by a stranger: its pod waits for the canary to let go',
      given: world(
        rollingBackWorld(),
        withStable({ replicas: 3 }),
        withPods(stablePod(2, { phase: 'Pending' })),
      ),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Nor is it let in while the last canary pod ends',
      given: world(
        rollingBackWorld(),
        withCanary({ replicas: 0 }),
        withPods(canaryPod(2, { deleting: true }), stablePod(2, { phase: 'Pending' })),
        withStable({ replicas: 3 }),
      ),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Not beside somebody else who is on their claims',
      given: world(rolledOutWorld(), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
      says: 'Pod debug also uses claim data-redis-stable-2: nothing is started on it until that pod is gone.',
    },
    {
      title: 'Replicas that are back stay, whatever canary set a dead leader creates late',
      given: world(returnedWorld(), withCanary({ observed: false })),
      decides: 'wait RollingBack',
    },
    {
      title: 'Not while the stray pod is still there',
      given: world(rollingBackWorld(), withPods(stablePod(2, { phase: 'Pending', deleting: true }))),
      decides: 'wait RollingBack',
      says: wait('waiting until the displaced replicas are gone'),
    },
    {
      title: 'Under OrderedReady nobody takes a displaced replica away while one below fails: we do',
      given: world(rollingBackWorld(), withPods(stablePod(2), unready(stablePod(0)))),
      decides: 'act deletePod',
      says: wait('replacing a pod that its set leaves standing'),
    },
    {
      title: 'Not before the controller has seen the size of stable',
      given: world(rollingBackWorld(), withStable({ observed: false })),
      decides: 'wait RollingBack',
    },
    {
      title: 'A canary pod that does not end is for people',
      given: world(rollingBackWorld(), withCanary({ replicas: 0 }), withPods(endless(canaryPod(2)))),
      decides: 'wait PodStuck',
    },
    {
      title: 'Also where its set is gone',
      given: world(rollingBackWorld(), withPods(endless(canaryPod(2))), (before) => ({
        ...before,
        canary: undefined,
      })),
      decides: 'wait PodStuck',
    },
    {
      title: 'An emptied canary is waited for',
      given: world(rollingBackWorld(), withCanary({ replicas: 0 })),
      decides: 'wait RollingBack',
      says: wait('waiting until the canary is gone'),
    },
    {
      title: 'A terminating canary pod still writes',
      given: world(
        rollingBackWorld(),
        withCanary({ replicas: 0 }),
        withPods(canaryPod(2, { deleting: true })),
      ),
      decides: 'wait RollingBack',
    },
    {
      title: 'The set is not deleted before its controller has seen the 0',
      given: world(
        rollingBackWorld(),
        withCanary({ replicas: 0, observed: false }),
        withoutPods('redis-canary-2'),
      ),
      decides: 'wait RollingBack',
    },
    {
      title: 'Then the set is deleted, so that no late write can arm it',
      given: world(rollingBackWorld(), withCanary({ replicas: 0 }), withoutPods('redis-canary-2')),
      decides: 'act deleteSet',
      says: wait('deleting the empty canary set'),
    },
    {
      title: 'A canary set that was never armed is deleted as well',
      given: world(rolledOutWorld(), withCanary(), withRollout({ touched: 0 })),
      decides: 'act deleteSet',
    },
    {
      title: 'A canary set that is being deleted is waited for',
      given: world(rollingBackWorld(), withCanary({ deleting: true })),
      decides: 'wait RollingBack',
    },
    {
      title: 'A canary pod that outlives its set is waited for',
      given: world(rolledOutWorld(), withPods(canaryPod(2, { deleting: true }))),
      decides: 'wait RollingBack',
      says: wait('waiting until the last canary pod is gone'),
    },
  ])
})

/** Half of the promotion was done when it was taken back. */
function halfDone(...changes: readonly Change[]) {
  return world(
    patchedWorld({}, 1),
    wanting('old'),
    withRollout({ decision: 'rollback', cause: 'reverted' }),
    ...changes,
  )
}

/** When it was is noted, for whoever waits for the pods. */
const returning = (() => {
  const { rollout, ...kept } = recordOf(rolledOutWorld())
  return { ...kept, rollout: { ...rollout, at: { ...rollout?.at, returned: now } } }
})()

describe('rollBack: stable gets its replicas back', () => {
  checkRows(rollBack, [
    {
      title: 'Before the one patch the template is the old one still: only the replicas return',
      given: rolledOutWorld(),
      decides: 'act returnReplicas',
      change: { replicas: 3, record: returning },
      says: wait('bringing the replicas back on redis:6'),
    },
    {
      title: 'As many as the rollout began with, whatever the spec says by now',
      given: world(rolledOutWorld(), withSpec({ replicas: 7 })),
      decides: 'act returnReplicas',
      change: { replicas: 3, record: returning },
    },
    {
      title:
        'After the one patch the template goes back in one write, and no partition stays, below which the version would be a guess',
      given: halfDone(),
      decides: 'act revertTemplate',
      change: { revision: 'old', replicas: 3, partition: 0 },
    },
    {
      title: 'No pod is replaced by that while a held claim is being deleted',
      given: halfDone(withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'The old version is stored again while the spec tells it',
      given: halfDone(withRevisions(aRevision('new', 2))),
      decides: 'act createRevision',
      change: { revision: 'old', number: 4 },
    },
    {
      title: 'A version that is neither stored nor in the spec cannot be put back, which is said',
      given: halfDone(withRevisions(aRevision('new', 2)), wanting('third')),
      decides: 'wait RevisionMissing',
    },
    {
      title: 'A broken pod of the new version, which OrderedReady does not replace, is deleted',
      given: halfDone(withStable({ revision: 'old' }), withPods(crashing(stablePod(2, { revision: 'new' })))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'Not before its controller has seen the old template, or it would return on the new one',
      given: halfDone(
        withStable({ revision: 'old', observed: false }),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'wait RollingBack',
    },
    {
      title: 'Not while a held claim is being deleted',
      given: halfDone(
        withStable({ revision: 'old' }),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
        withClaimDeleting(2),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not below the partition, where Kubernetes keeps the version before',
      given: halfDone(
        withStable({ revision: 'old' }),
        withPods(crashing(stablePod(0, { revision: 'new' })), stablePod(1), stablePod(2)),
      ),
      decides: 'wait RollingBack',
    },
    {
      title: 'A healthy pod of the new version is left to Kubernetes',
      given: halfDone(withStable({ revision: 'old' })),
      decides: 'wait RollingBack',
      says: 'Rolling back redis:7 (the spec was reverted): waiting until every replica is available on redis:6.',
    },
  ])
})

describe('rollBack: the end', () => {
  checkRows(rollBack, [
    {
      title: 'When every replica is available on the old version, a failed one is rejected',
      given: returnedWorld(),
      decides: 'act closeRollout',
      change: { record: rejected('its canary failed') },
      tells: rolledBackNote,
    },
    {
      title: 'What was seen of its failure stays with the rejection',
      given: world(returnedWorld(), withRollout({ trouble: 'redis-canary-2 keeps crashing' })),
      decides: 'act closeRollout',
      change: { record: rejected('redis-canary-2 keeps crashing') },
      tells: rolledBackNote,
    },
    {
      title: 'One that was not available in time is rejected too',
      given: returnedWorld({}, 'deadline'),
      decides: 'act closeRollout',
      change: { record: rejected('its canary was not available in time') },
      tells: rolledBackNote,
    },
    {
      title: 'One that a person aborted is rejected as well',
      given: returnedWorld({}, 'aborted'),
      decides: 'act closeRollout',
      change: { record: rejected('it was aborted') },
      tells: ['Rollout of redis:7 was rolled back to redis:6'],
    },
    {
      title:
        'What the new version wrote is kept, and how to let it go is told; of an earlier attempt it was told then',
      given: world(
        returnedWorld({}, 'aborted'),
        withRollout({ touched: 1, restores: true }),
        withClaims(
          aClaim(2, { uid: 'restored', volume: 'another', source: 'data-redis-stable-2-resource-3' }),
        ),
        withKeptVolumes(aKeptVolume(2, { name: 'older', attempt: 2 }), aKeptVolume(2)),
      ),
      decides: 'act closeRollout',
      tells: [
        'What redis:7 wrote to claim data-redis-stable-2 is kept in volume volume-2. To let it go, with its disk: ' +
          `kubectl patch pv volume-2 --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'`,
        'Rollout of redis:7 was rolled back to redis:6',
      ],
    },
    {
      title:
        'Where somebody deleted that volume meanwhile, that is told; not of an attempt that restores nothing',
      given: world(
        returnedWorld({}, 'aborted'),
        withRollout({ touched: 1, restores: true }),
        withClaims(
          aClaim(2, { uid: 'restored', volume: 'another', source: 'data-redis-stable-2-resource-3' }),
        ),
        withKeptVolumes(aKeptVolume(2, { name: 'older', attempt: 2 })),
      ),
      decides: 'act closeRollout',
      tells: [
        'What redis:7 wrote to claim data-redis-stable-2 is not kept any more: somebody deleted the volume that had it. ' +
          'If its disk is needed, look for it in the storage itself, which a volume with reclaim policy Retain leaves there',
        'Rollout of redis:7 was rolled back to redis:6',
      ],
    },
    {
      title: 'What was restored, and is kept since that was given up, is not said to be of the new version',
      given: world(
        returnedWorld({}, 'aborted'),
        withRollout({ touched: 1, restores: true, unrestored: [2] }),
        withClaims(aClaim(2, { uid: 'given', volume: 'volume-2' })),
        withKeptVolumes(
          aKeptVolume(2, { name: 'made', claimUid: 'restored', restored: true }),
          aKeptVolume(2),
        ),
      ),
      decides: 'act closeRollout',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rejected: 'new',
          rejectedFor: 'it was aborted',
          unrestoredAttempts: [3],
        },
      },
      tells: [
        'What claim data-redis-stable-2 had when its restore was given up is kept in volume made. To let it go, with its disk: ' +
          `kubectl patch pv made --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'`,
        'Rollout of redis:7 was rolled back to redis:6; not restored: the data of redis-stable-2',
      ],
    },
    {
      title: 'One whose volume was made after all is restored',
      given: world(
        returnedWorld({}, 'aborted'),
        withRollout({ touched: 1, restores: true, unrestored: [2] }),
        withClaims(aClaim(2, { uid: 'restored', volume: 'made', source: 'data-redis-stable-2-resource-3' })),
        withKeptVolumes(aKeptVolume(2)),
      ),
      decides: 'act closeRollout',
      tells: [
        'What redis:7 wrote to claim data-redis-stable-2 is kept in volume volume-2. To let it go, with its disk: ' +
          `kubectl patch pv volume-2 --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'`,
        'Rollout of redis:7 was rolled back to redis:6',
      ],
    },
    {
      title: 'One that is to be tried again is not',
      given: world(returnedWorld({}, 'aborted'), wanting('new'), withResource({ retry: 'true' })),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: ['Rollout of redis:7 was rolled back to redis:6'],
    },
    {
      title: 'One that a person reverted is not',
      given: world(returnedWorld({}, 'reverted'), wanting('old')),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: rolledBackNote,
    },
    {
      title: 'One that gave way to another version is not',
      given: world(returnedWorld({}, 'superseded'), wanting('third')),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: rolledBackNote,
    },
    {
      title: 'Zero replicas are rolled back when no pod is left',
      given: returnedWorld({ replicas: 0 }, 'reverted'),
      decides: 'act closeRollout',
      tells: rolledBackNote,
    },
    {
      title: 'A replica that is missing is waited for',
      given: world(returnedWorld(), withoutPods('redis-stable-2')),
      decides: 'wait RollingBack',
      wakeAt: now + 9 * minute,
      says: wait('waiting until every replica is available on redis:6'),
    },
    {
      title: 'A replica that was there before the set was scaled is not the returned one',
      given: world(returnedWorld(), withStable({ observed: false })),
      decides: 'wait RollingBack',
    },
    {
      title: 'A lagging currentRevision is waited for',
      given: world(returnedWorld(), withStable({ caughtUp: false })),
      decides: 'wait RollingBack',
    },
    {
      title: 'A young replica is waited for',
      given: world(
        returnedWorld({ minReadySeconds: 5 }),
        withPods(stablePod(2, { readySince: now - second })),
      ),
      decides: 'wait RollingBack',
    },
    {
      title: 'A replica that is not Ready yet is waited for',
      given: world(returnedWorld(), withPods(unready(stablePod(2)))),
      decides: 'wait RollingBack',
      wakeAt: now + 9 * minute,
    },
  ])
})

describe('rollBack: when the old version cannot open the data', () => {
  const blocked = withPods(crashing(stablePod(2)))
  const setImage = (image: string) =>
    `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"${image}"}}'`
  const holds =
    'The rollback holds: redis-stable-2 keeps crashing on redis:6; it may be unable to open data that redis:7 wrote. Its claim is kept as it is. '
  checkRows(rollBack, [
    {
      title: 'It is said, with the way out',
      given: world(returnedWorld(), blocked),
      decides: 'wait RollbackBlocked',
      says:
        holds +
        'Set spec.image to a version that opens it. redis:7 was rejected; to try it again all the same: ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/retry=true',
    },
    {
      title: 'Where nothing was rejected, the same version leads out again',
      given: world(returnedWorld({}, 'reverted'), blocked, wanting('old')),
      decides: 'wait RollbackBlocked',
      says: `${holds}To go forward again: ${setImage('redis:7')}`,
    },
    {
      title: 'An old version that never becomes Ready is as blocked as one that crashes',
      given: world(returnedWorld(), withPods(unready(stablePod(2), now - 10 * minute))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'A replica that nobody makes is as blocked',
      given: world(returnedWorld(), withoutPods('redis-stable-2')),
      at: now + 9 * minute,
      decides: 'wait RollbackBlocked',
      says:
        'The rollback holds: redis-stable-2 is not created (look at the events of StatefulSet redis-stable). Its claim is kept as it is. ' +
        'Mend that, and it goes on by itself.',
    },
    {
      title: 'So is one that finds no node; its data is not to blame',
      given: world(returnedWorld(), withPods(withoutNode(stablePod(2), now - 10 * minute))),
      decides: 'wait RollbackBlocked',
      says:
        'The rollback holds: redis-stable-2 finds no node (look at its events). Its claim is kept as it is. ' +
        'Mend that, and it goes on by itself.',
    },
    {
      title: 'A terminating replica that does not end is as blocked',
      given: world(returnedWorld(), withPods(stablePod(2, { deleting: true, endsBy: now - 10 * minute }))),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'A replica of the new version that does not end is as blocked',
      given: halfDone(
        withStable({ revision: 'old' }),
        withPods(stablePod(2, { revision: 'new', deleting: true, endsBy: now - 10 * minute })),
      ),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'Nothing is missing while the last replica is merely young',
      given: world(
        returnedWorld({ minReadySeconds: 5 }),
        withPods(stablePod(2, { readySince: now + 9 * minute - second })),
      ),
      at: now + 9 * minute,
      decides: 'wait RollingBack',
    },
    {
      title: 'A replica above one that is on its way is not missing yet: OrderedReady makes it after that',
      given: world(
        returnedWorld({ canaryReplicas: 2 }),
        withPods(unready(stablePod(1), now + 8 * minute)),
        withoutPods('redis-stable-2'),
      ),
      at: now + 9 * minute,
      decides: 'wait RollingBack',
      wakeAt: now + 18 * minute,
    },
    {
      title: 'A replica above one that is terminating is not missing yet either',
      given: world(
        returnedWorld({ canaryReplicas: 2 }),
        withPods(stablePod(1, { deleting: true })),
        withoutPods('redis-stable-2'),
      ),
      at: now + 9 * minute,
      decides: 'wait RollingBack',
    },
    {
      title: 'A third version closes it unfinished',
      given: world(returnedWorld(), blocked, wanting('third')),
      decides: 'act closeRollout',
      change: { record: rejected('its canary failed') },
      tells: ['The rollback to redis:6 was left unfinished for redis:8'],
    },
    {
      title: 'With two displaced replicas too, though OrderedReady never makes the upper one',
      given: world(
        returnedWorld({ canaryReplicas: 2 }),
        withPods(crashing(stablePod(1))),
        withoutPods('redis-stable-2'),
        wanting('third'),
      ),
      decides: 'act closeRollout',
      change: { record: rejected('its canary failed') },
      tells: ['The rollback to redis:6 was left unfinished for redis:8'],
    },
    {
      title: 'Where a replica still runs what was taken back it goes straight in: no rollout could begin',
      given: world(
        returnedWorld({ canaryReplicas: 2 }),
        withPods(stablePod(1, { revision: 'new' }), crashing(stablePod(2))),
        wanting('third'),
      ),
      decides: 'act closeRollout',
      change: { record: { ...rejected('its canary failed'), proven: false } },
      tells: ['The rollback to redis:6 was left unfinished for redis:8'],
    },
    {
      title:
        'Not where the first step of the next rollout would leave the broken replica where it is: only force leads out',
      given: world(
        returnedWorld({ canaryReplicas: 2 }),
        withPods(crashing(stablePod(1))),
        withSpec({ canaryReplicas: 1 }),
        wanting('third'),
      ),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'The version that failed does not: it is rejected',
      given: world(returnedWorld(), blocked, wanting('new')),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'Unless it is to be tried again: then it does, and is not rejected',
      given: world(returnedWorld(), blocked, wanting('new'), withResource({ retry: 'true' })),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: ['The rollback to redis:6 was left unfinished for redis:7'],
    },
    {
      title: 'One that was aborted is rejected and tried again in the same way',
      given: world(returnedWorld({}, 'aborted'), blocked, wanting('new'), withResource({ retry: 'new' })),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: ['The rollback to redis:6 was left unfinished for redis:7'],
    },
    {
      title: 'A retry that names another version does not count',
      given: world(returnedWorld(), blocked, wanting('new'), withResource({ retry: 'third' })),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'Nor does one of a version that the spec does not ask for',
      given: world(returnedWorld(), blocked, wanting('old'), withResource({ retry: 'new' })),
      decides: 'wait RollbackBlocked',
      says:
        holds +
        'Set spec.image to a version that opens it. redis:7 was rejected; to try it again all the same: ' +
        `${setImage('redis:7')}, then kubectl annotate canarystatefulset redis -n default canary.example.com/retry=true`,
    },
    {
      title: 'The version that a person had reverted does, when it is wanted again',
      given: world(returnedWorld({}, 'reverted'), blocked, wanting('new')),
      decides: 'act closeRollout',
      change: { record: kept },
      tells: ['The rollback to redis:6 was left unfinished for redis:7'],
    },
    {
      title: 'The old version does not: it is what fails',
      given: world(returnedWorld({}, 'reverted'), blocked, wanting('old')),
      decides: 'wait RollbackBlocked',
    },
    {
      title:
        'After a half-done promotion the new version goes straight in again: there is nothing left to compare it with',
      given: halfDone(withStable({ revision: 'old' }), blocked, wanting('new')),
      decides: 'act closeRollout',
      change: { record: { ...kept, proven: false } },
      tells: ['The rollback to redis:6 was left unfinished for redis:7'],
    },
    {
      title: 'A blip of a replica below is no reason to go straight in',
      given: world(returnedWorld({}, 'reverted'), blocked, withPods(unready(stablePod(0))), wanting('new')),
      decides: 'wait RollbackBlocked',
      says:
        holds +
        'To go straight to redis:7, every replica and no canary: ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
    },
    {
      title: 'So does a third version: the set begins with the broken replica and waits for it',
      given: halfDone(withStable({ revision: 'old' }), blocked, wanting('third')),
      decides: 'act closeRollout',
      change: { record: { ...kept, proven: false } },
      tells: ['The rollback to redis:6 was left unfinished for redis:8'],
    },
  ])
})
