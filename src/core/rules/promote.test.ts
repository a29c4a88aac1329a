import { describe } from 'vitest'
import {
  activeWorld,
  approvedWorld,
  clearedWorld,
  decidedAt,
  patchedWorld,
  rollingBackWorld,
  startedAt,
  steppedAt,
} from '../testing/rollout-worlds.ts'
import {
  withRollout,
  recordOf,
  aClaim,
  aRevision,
  canaryPod,
  crashing,
  migrating,
  minute,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  withCanary,
  withClaimDeleting,
  withClaims,
  withoutPods,
  withPods,
  withRevisions,
  withSpec,
  withStable,
  world,
  foreignPod,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { promote } from './promote.ts'

const doing = (what: string) => `Promoting redis:7: ${what}.`

/** The record of a promotion in which new code may have written to that many replicas. */
function recordWith(touched: number, steps: readonly number[] = [1]) {
  return {
    accepted: 'old',
    proven: true,
    id: 3,
    rollout: {
      from: 'old',
      to: 'new',
      replicas: 3,
      steps: steps.map((canaryReplicas) => ({ canaryReplicas })),
      step: 0,
      decision: 'promote',
      touched,
      ack: true,
      at: { started: startedAt, stepped: steppedAt, decided: decidedAt },
    },
  }
}

describe('promote: what holds it', () => {
  checkRows(promote, [
    {
      title: 'A canary that fails before it is taken away proves nothing: it is held',
      given: world(approvedWorld(), withPods(crashing(canaryPod(2)))),
      decides: 'wait CanaryFailing',
    },
    {
      title: 'A pause does not leave the displaced replicas missing: the one patch is made',
      given: world(clearedWorld(), withSpec({ paused: true })),
      decides: 'act promote',
    },
    {
      title: 'A pause holds the next lowering',
      given: world(patchedWorld(), withSpec({ paused: true })),
      decides: 'wait RolloutPaused',
      says:
        'The rollout of redis:7 is paused by spec.paused and stays where it is. To go on: ' +
        `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"paused":false}}'. ` +
        'To take it back, revert the spec.',
    },
    {
      title: 'A replica that fails meanwhile is said first',
      given: world(
        patchedWorld(),
        withSpec({ paused: true }),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'wait PromotionBlocked',
    },
    {
      title: 'After the last lowering there is nothing to hold',
      given: world(patchedWorld({}, 0), withSpec({ paused: true })),
      decides: 'act closeRollout',
      tells: ['All replicas run redis:7'],
    },
  ])
})

describe('promote: when it has no say', () => {
  checkRows(promote, [
    { title: 'Without a stable set', given: newWorld(), decides: 'nothing' },
    { title: 'At rest', given: stableWorld(), decides: 'nothing' },
    { title: 'While nothing is decided', given: activeWorld(), decides: 'nothing' },
    { title: 'When roll back is decided', given: rollingBackWorld(), decides: 'nothing' },
    {
      title: 'When stable runs neither of the two versions',
      given: world(clearedWorld(), withStable({ revision: 'third' })),
      decides: 'nothing',
    },
  ])
})

describe('promote: the canary goes', () => {
  checkRows(promote, [
    {
      title: 'It is emptied when the replicas below it are all there',
      given: approvedWorld(),
      decides: 'act emptyCanary',
      says: doing('taking the canary away'),
    },
    {
      title: 'It keeps serving while one of them is broken',
      given: world(approvedWorld(), withPods(crashing(stablePod(0)))),
      decides: 'wait ReplicasUnavailable',
      says:
        'redis-stable-0 keeps crashing; the promotion waits for it. Mend the replica, or what it depends on. ' +
        'If the running version itself is broken, go straight to the new one, every replica and no canary: kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
    },
    {
      title:
        'It is looked at again at its own deadline while it keeps serving and is unready: no event tells of that',
      given: world(approvedWorld(), withPods(crashing(stablePod(0)), unready(canaryPod(2)))),
      decides: 'wait ReplicasUnavailable',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'And at that deadline, too, while a claim that is being deleted holds it',
      given: world(approvedWorld(), withPods(unready(canaryPod(2))), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Replicas that a stranger has scaled away are put back first',
      given: world(
        approvedWorld(),
        withStable({ replicas: 0 }),
        withoutPods('redis-stable-0', 'redis-stable-1'),
      ),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'It keeps serving while one of them is missing',
      given: world(approvedWorld(), withoutPods('redis-stable-1')),
      decides: 'wait Healing',
      says: 'Waiting until every replica is available on redis:6.',
    },
    {
      title: 'It keeps serving while one of them is young',
      given: world(
        approvedWorld({ minReadySeconds: 5 }),
        withPods(stablePod(0, { readySince: now - second })),
      ),
      decides: 'wait Healing',
    },
    {
      title: 'Once it is emptied there is no way back to serving',
      given: world(approvedWorld(), withCanary({ replicas: 0 }), withPods(crashing(stablePod(0)))),
      decides: 'wait Promoting',
      says: doing('waiting until the canary is gone'),
    },
    {
      title: 'It is not emptied while a held claim is being deleted',
      given: world(approvedWorld(), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'It is not emptied while stable was scaled up by a stranger',
      given: world(approvedWorld(), withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Its pods are waited for',
      given: world(approvedWorld(), withCanary({ replicas: 0 })),
      decides: 'wait Promoting',
    },
    {
      title: 'The empty set is deleted before stable gets its replicas back',
      given: world(approvedWorld(), withCanary({ replicas: 0 }), withoutPods('redis-canary-2')),
      decides: 'act deleteSet',
      says: doing('deleting the empty canary set'),
    },
    {
      title:
        'A canary pod that outlives its set is taken away: of one that was deleted with --cascade=orphan nobody else does',
      given: world(clearedWorld(), withPods(canaryPod(2, { orphan: true }))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-canary-2', uid: 'redis-canary-2-uid' } },
    },
    {
      title: 'Not while its claim is being deleted',
      given: world(clearedWorld(), withPods(canaryPod(2)), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Then it is waited for',
      given: world(clearedWorld(), withPods(canaryPod(2, { deleting: true }))),
      decides: 'wait Promoting',
      says: doing('waiting until the last canary pod is gone'),
    },
  ])
})

describe('promote: the one patch', () => {
  checkRows(promote, [
    {
      title: 'It gives stable template, replicas and partition together',
      given: clearedWorld(),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 2 },
      says: doing('giving stable the new version and all its replicas'),
    },
    {
      title: 'Not beside somebody else who is on the claims of the displaced',
      given: world(clearedWorld(), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'The partition is counted from the first ordinal, as Kubernetes does',
      given: clearedWorld({ start: 4 }),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 2 },
    },
    {
      title: 'Two displaced replicas return on the new version',
      given: clearedWorld({ canaryReplicas: 2 }),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 1 },
    },
    {
      title: 'Where all were displaced, all return on the new version',
      given: clearedWorld({ canaryReplicas: 3 }),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 0 },
    },
    {
      title: 'Where none was displaced, none moves yet',
      given: clearedWorld({ canaryReplicas: 0 }),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 3 },
    },
    {
      title: 'It restores the replicas that the rollout began with, whatever the spec says by now',
      given: world(clearedWorld(), withSpec({ replicas: 9, canaryReplicas: 2 })),
      decides: 'act promote',
      change: { revision: 'new', replicas: 3, partition: 2 },
    },
    {
      title: 'Not while a held claim is being deleted',
      given: world(clearedWorld(), withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not without the new template at hand: it is stored again from the spec',
      given: world(clearedWorld(), withRevisions(aRevision('old', 1))),
      decides: 'act createRevision',
      change: { revision: 'new', number: 4 },
    },
    {
      title: 'Not before the controller has seen what stable is now',
      given: world(clearedWorld(), withStable({ observed: false })),
      decides: 'wait Promoting',
    },
  ])
})

describe('promote: one ordinal after the other', () => {
  const waiting = doing('waiting until every replica is available')
  checkRows(promote, [
    {
      title: 'When all are available, the next lower one is given to new code, recorded in the same write',
      given: patchedWorld(),
      decides: 'act lowerPartition',
      change: { record: recordWith(2), partition: 1 },
      says: doing('moving redis-stable-1 to the new version'),
    },
    {
      title: 'And the next one',
      given: patchedWorld({}, 1),
      decides: 'act lowerPartition',
      change: { record: recordWith(3), partition: 0 },
      says: doing('moving redis-stable-0 to the new version'),
    },
    {
      title: 'Ordinals may begin elsewhere',
      given: patchedWorld({ start: 4 }),
      decides: 'act lowerPartition',
      change: { record: recordWith(2), partition: 1 },
      says: doing('moving redis-stable-5 to the new version'),
    },
    {
      title: 'Without a canary the topmost one goes first',
      given: patchedWorld({ canaryReplicas: 0 }),
      decides: 'act lowerPartition',
      change: { record: recordWith(1, [0]), partition: 2 },
      says: doing('moving redis-stable-2 to the new version'),
    },
    {
      title: 'One at a time: the one that moved must be available first',
      given: world(patchedWorld({}, 1), withPods(unready(stablePod(1, { revision: 'new' })))),
      decides: 'wait Promoting',
      wakeAt: now + 9 * minute,
      says: waiting,
    },
    {
      title: 'The one that is to move must have moved',
      given: world(patchedWorld({}, 1), withPods(stablePod(1))),
      decides: 'wait Promoting',
    },
    {
      title: 'Those that have not moved must be available too',
      given: world(patchedWorld(), withPods(unready(stablePod(0)))),
      decides: 'wait Promoting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'A missing replica is waited for',
      given: world(patchedWorld(), withoutPods('redis-stable-2')),
      decides: 'wait Promoting',
    },
    {
      title: 'A terminating replica is waited for',
      given: world(patchedWorld(), withPods(stablePod(0, { deleting: true }))),
      decides: 'wait Promoting',
    },
    {
      title: 'A young replica of the new version is waited for',
      given: world(
        patchedWorld({ minReadySeconds: 5 }),
        withPods(stablePod(2, { revision: 'new', readySince: now - second })),
      ),
      decides: 'wait Promoting',
    },
    {
      title: 'A young replica of the old version as well',
      given: world(
        patchedWorld({ minReadySeconds: 5 }),
        withPods(stablePod(0, { readySince: now - 2 * second })),
      ),
      decides: 'wait Promoting',
    },
    {
      title: 'Not before the controller has seen the last step',
      given: world(patchedWorld(), withStable({ observed: false })),
      decides: 'wait Promoting',
    },
    {
      title:
        'Stable that a stranger scaled down is put back first: what is missing comes back on the new version',
      given: world(patchedWorld(), withStable({ replicas: 2 })),
      decides: 'act returnReplicas',
      change: { replicas: 3 },
    },
    {
      title:
        'From none at all they may all come back new, for the set has forgotten the version before: that is recorded',
      given: world(patchedWorld(), withStable({ replicas: 0 })),
      decides: 'act returnReplicas',
      change: { replicas: 3, record: recordOf(withRollout({ touched: 3 })(patchedWorld())) },
    },
    {
      title: 'Not while a held claim is being deleted',
      given: world(patchedWorld(), withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A replica that is not Ready for too long holds it, with the way back',
      given: world(patchedWorld(), withPods(unready(stablePod(2, { revision: 'new' }), now - 10 * minute))),
      decides: 'wait PromotionBlocked',
      says:
        'The promotion holds: redis-stable-2 is not ready. ' +
        `To take the promotion back: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:6"}}'`,
    },
    {
      title:
        'Beside one that fails, another one has its time: for that one a third image may supersede the promotion',
      given: world(
        patchedWorld(),
        withPods(crashing(stablePod(0)), unready(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'wait PromotionBlocked',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Past a migration that cannot be taken back no revert is advised, which would be held',
      given: world(
        patchedWorld(),
        migrating({ started: true, done: true, irreversible: true }),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'wait PromotionBlocked',
      says:
        'The promotion holds: redis-stable-2 keeps crashing. Mend that, and it goes on. ' +
        'Its migration cannot be taken back: a revert would be held until somebody accepts the loss.',
    },
    {
      title: 'Where both versions have one image, the way back is in the template',
      given: world(
        patchedWorld(),
        withSpec({ targetImage: 'redis:6' }),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'wait PromotionBlocked',
      says: 'The promotion holds: redis-stable-2 keeps crashing. To take the promotion back: change spec.template back',
    },
    {
      title: 'Stable that a stranger scaled up is put back too',
      given: world(patchedWorld(), withStable({ replicas: 4 })),
      decides: 'act returnReplicas',
      change: { replicas: 3 },
    },
    {
      title: 'Not while a claim of a pod that would go is being deleted',
      given: world(
        patchedWorld(),
        withStable({ replicas: 4 }),
        withPods(stablePod(3)),
        withClaims(aClaim(3, { deleting: true })),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A replica that fails on the new version holds it, with the way back',
      given: world(patchedWorld(), withPods(crashing(stablePod(2, { revision: 'new' })))),
      decides: 'wait PromotionBlocked',
      says:
        'The promotion holds: redis-stable-2 keeps crashing. ' +
        `To take the promotion back: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:6"}}'`,
    },
  ])
})

describe('promote: the end', () => {
  checkRows(promote, [
    {
      title: 'When every replica is available on the new version, it is the accepted one',
      given: patchedWorld({}, 0),
      decides: 'act closeRollout',
      change: { record: { accepted: 'new', proven: true, id: 3 } },
      tells: ['All replicas run redis:7'],
    },
    {
      title: 'The last one is waited for',
      given: world(patchedWorld({}, 0), withPods(unready(stablePod(0, { revision: 'new' })))),
      decides: 'wait Promoting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'The last one must have moved',
      given: world(patchedWorld({}, 0), withPods(stablePod(0))),
      decides: 'wait Promoting',
    },
    {
      title: 'A young last one is waited for',
      given: world(
        patchedWorld({ minReadySeconds: 5 }, 0),
        withPods(stablePod(0, { revision: 'new', readySince: now - second })),
      ),
      decides: 'wait Promoting',
    },
    {
      title: 'A lagging currentRevision is waited for, or an evicted pod would return on the old version',
      given: world(patchedWorld({}, 0), withStable({ caughtUp: false })),
      decides: 'wait Promoting',
    },
    {
      title: 'A last one that fails is named, with the way back',
      given: world(patchedWorld({}, 0), withPods(crashing(stablePod(0, { revision: 'new' })))),
      decides: 'wait PromotionBlocked',
    },
    {
      title: 'No pod at all is not the end of a promotion',
      given: world(patchedWorld({}, 0), withoutPods('redis-stable-0', 'redis-stable-1', 'redis-stable-2')),
      decides: 'wait Promoting',
    },
  ])
})
