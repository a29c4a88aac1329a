import { describe } from 'vitest'
import type { SetView } from '../observation.ts'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  clearedWorld,
  displacedWorld,
  inertWorld,
  patchedWorld,
  rollingBackWorld,
  startedAt,
  startedWorld,
  steppedAt,
  touchedWorld,
} from '../testing/rollout-worlds.ts'
import {
  canaryPod,
  crashing,
  foreignPod,
  endless,
  minute,
  newWorld,
  no,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  waitingFor,
  withAnswers,
  withCanary,
  withClaimDeleting,
  withoutPods,
  withPods,
  withRollout,
  withSpec,
  withStable,
  world,
  yes,
  withoutNode,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { forward } from './forward.ts'

function withoutAttempt(canary: SetView | undefined): SetView | undefined {
  if (canary === undefined) return undefined
  const { attempt: _, ...rest } = canary
  return rest
}

const deadlineAt = steppedAt + 10 * minute

describe('forward: when it has no say', () => {
  checkRows(forward, [
    { title: 'Without a stable set', given: newWorld(), decides: 'nothing' },
    { title: 'At rest', given: stableWorld(), decides: 'nothing' },
    { title: 'When promotion is decided', given: approvedWorld(), decides: 'nothing' },
    { title: 'When the canary of a promotion is gone', given: clearedWorld(), decides: 'nothing' },
    { title: 'When the one patch was made', given: patchedWorld(), decides: 'nothing' },
    { title: 'When roll back is decided', given: rollingBackWorld(), decides: 'nothing' },
    {
      title: 'When the template of stable is not the one that the rollout comes from',
      given: world(activeWorld(), withStable({ revision: 'third' })),
      decides: 'nothing',
    },
  ])
})

describe('forward: displacing', () => {
  const waiting = 'Making room: redis-stable-2 must be gone before the canary may use that data.'
  checkRows(forward, [
    {
      title: 'The displaced replica is waited for',
      given: startedWorld(),
      decides: 'wait Displacing',
      says: waiting,
    },
    {
      title: 'A terminating replica still writes',
      given: world(startedWorld(), withPods(stablePod(2, { deleting: true }))),
      decides: 'wait Displacing',
      says: waiting,
    },
    {
      title: 'One that does not end is for people',
      given: world(startedWorld(), withPods(endless(stablePod(2)))),
      decides: 'wait PodStuck',
    },
    {
      title: 'Of several, the last one is waited for',
      given: world(startedWorld({ canaryReplicas: 2 }), withoutPods('redis-stable-2')),
      decides: 'wait Displacing',
      says: 'Making room: redis-stable-1 to redis-stable-2 must be gone before the canary may use that data.',
    },
    {
      title: 'No pod is not enough: the controller must have seen the size',
      given: world(displacedWorld(), withStable({ observed: false })),
      decides: 'wait Displacing',
    },
    {
      title: 'A broken replica that OrderedReady does not remove is deleted',
      given: world(startedWorld(), withPods(unready(stablePod(2)))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'Not before the controller has seen the size',
      given: world(startedWorld(), withStable({ observed: false }), withPods(unready(stablePod(2)))),
      decides: 'wait Displacing',
    },
    {
      title: 'Not by us where the set is Parallel',
      given: world(startedWorld(), withSpec({ ordered: false }), withPods(unready(stablePod(2)))),
      decides: 'wait Displacing',
    },
    {
      title: 'Not while its claim is being deleted',
      given: world(startedWorld(), withPods(unready(stablePod(2))), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'OrderedReady removes nobody while one below is broken: the displaced pod is deleted',
      given: world(startedWorld(), withPods(unready(stablePod(0)))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'A foreign pod on a displaced claim is waited for',
      given: world(displacedWorld(), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
      says: 'Pod debug also uses claim data-redis-stable-2: nothing is started on it until that pod is gone.',
    },
    {
      title: 'A foreign pod that has ended writes no more',
      given: world(displacedWorld(), withPods(foreignPod(2, { phase: 'Failed' }))),
      decides: 'act createCanary',
    },
    {
      title: 'A foreign pod that comes when the canary is armed already stops nothing that runs',
      given: world(activeWorld(), withPods(foreignPod(2))),
      decides: 'wait AwaitingApproval',
    },
    {
      title: 'Stable that a stranger scaled up is put back',
      given: world(activeWorld(), withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Stable that a stranger scaled down is put back too',
      given: world(activeWorld(), withStable({ replicas: 1 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Not while a held claim is being deleted, which the stray pod may be the last to keep',
      given: world(activeWorld(), withStable({ replicas: 3 }), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'The rollout keeps the replicas that it began with, whatever the spec says by now',
      given: world(activeWorld(), withSpec({ replicas: 9, canaryReplicas: 3 })),
      decides: 'wait AwaitingApproval',
    },
  ])
})

describe('forward: the canary set', () => {
  checkRows(forward, [
    {
      title: 'It is created when the displaced replica is gone, on its claim by name',
      given: displacedWorld(),
      decides: 'act createCanary',
      change: { revision: 'new', claimOrdinal: 2, attempt: 3 },
      says: 'Creating StatefulSet redis-canary.',
    },
    {
      title: 'The claim is that of the absolute ordinal',
      given: displacedWorld({ start: 4 }),
      decides: 'act createCanary',
      change: { revision: 'new', claimOrdinal: 6, attempt: 3 },
    },
    {
      title: 'Several canaries get a placeholder instead of a name',
      given: displacedWorld({ canaryReplicas: 2 }),
      decides: 'act createCanary',
      change: { revision: 'new', claimOrdinal: undefined, attempt: 3 },
    },
    {
      title: 'Not while a held claim is being deleted',
      given: world(displacedWorld(), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not while a canary pod of an earlier set is left',
      given: world(displacedWorld(), withPods(canaryPod(2, { deleting: true }))),
      decides: 'wait Creating',
    },
    {
      title: 'One that nobody takes away is taken away by us',
      given: world(displacedWorld(), withPods(canaryPod(2, { orphan: true }))),
      decides: 'act deletePod',
    },
    {
      title: 'One that has a controller is not: its set may be there, and only our cache not show it yet',
      given: world(displacedWorld(), withPods(canaryPod(2))),
      decides: 'wait Creating',
    },
    {
      title: 'A set that is being deleted is waited for',
      given: world(displacedWorld(), withCanary({ deleting: true })),
      decides: 'wait Creating',
    },
    {
      title:
        'A set that a late write of an earlier attempt made is deleted: its claims may be those of another ordinal',
      given: world(displacedWorld(), withCanary({ attempt: 2 })),
      decides: 'act deleteSet',
    },
    {
      title: 'Armed or not',
      given: world(touchedWorld(), withCanary({ attempt: 2, replicas: 1, ordinalsStart: 2 })),
      decides: 'act emptyCanary',
    },
    {
      title: 'A set that does not tell its attempt is not armed',
      given: world(touchedWorld(), (before) => ({ ...before, canary: withoutAttempt(before.canary) })),
      decides: 'act deleteSet',
    },
    {
      title: 'Not while a held claim is being deleted, either',
      given: world(touchedWorld(), withCanary({ attempt: 2, replicas: 1 }), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A set of another version is emptied',
      given: world(displacedWorld(), withCanary({ revision: 'third', replicas: 1 })),
      decides: 'act emptyCanary',
    },
    {
      title: 'An empty set of another version is waited for while it has pods',
      given: world(displacedWorld(), withCanary({ revision: 'third' }), withPods(canaryPod(2))),
      decides: 'wait CanaryLeft',
    },
    {
      title: 'An empty set of another version is deleted',
      given: world(displacedWorld(), withCanary({ revision: 'third' })),
      decides: 'act deleteSet',
    },
  ])
})

describe('forward: arming', () => {
  const touched = (count: number) => ({
    record: {
      accepted: 'old',
      proven: true,
      id: 3,
      rollout: {
        from: 'old',
        to: 'new',
        replicas: 3,
        steps: [{ canaryReplicas: count }],
        step: 0,
        touched: count,
        ack: false,
        at: { started: startedAt, stepped: now },
      },
    },
  })
  checkRows(forward, [
    {
      title: 'What new code may touch is recorded before it can',
      given: inertWorld(),
      decides: 'act recordTouched',
      change: touched(1),
      says: 'Waiting until the canary (redis-canary-2) is available on redis:7.',
    },
    {
      title: 'With the moment from which its time is counted',
      given: world(inertWorld(), withRollout({ touched: 1 })),
      decides: 'act recordTouched',
      change: touched(1),
    },
    {
      title: 'All of it',
      given: inertWorld({ canaryReplicas: 2 }),
      decides: 'act recordTouched',
      change: touched(2),
    },
    {
      title: 'Not while a held claim is being deleted',
      given: world(inertWorld(), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Then one patch gives the set its first ordinal and its replicas',
      given: touchedWorld(),
      decides: 'act armCanary',
      change: { ordinalsStart: 2, replicas: 1 },
    },
    {
      title: 'The first ordinal is absolute',
      given: touchedWorld({ start: 4, canaryReplicas: 2 }),
      decides: 'act armCanary',
      change: { ordinalsStart: 5, replicas: 2 },
    },
    {
      title: 'A canary may be called 0, whichever replica it displaces',
      given: world(touchedWorld({ start: 4 }), withRollout({ fromZero: true })),
      decides: 'act armCanary',
      change: { ordinalsStart: 0, replicas: 1 },
    },
    {
      title: 'That is frozen: an edit in the middle renames nobody',
      given: world(activeWorld({ start: 4 }), withSpec({ fromZero: true })),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-6) runs redis:7 on the data of redis-stable-6. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ' +
        'To take it back, revert the spec. Held until this rollout is closed: spec.strategy.ordinals.',
    },
    {
      title: 'One that is called 0 is waited for under that name',
      given: world(
        armedWorld({ start: 4 }),
        withRollout({ fromZero: true }),
        withSpec({ fromZero: true }),
        withCanary({ ordinalsStart: 0 }),
        withPods(canaryPod(0, { claims: ['data-redis-stable-6'] })),
      ),
      decides: 'wait AwaitingApproval',
    },
    {
      title: 'Every replica may be displaced',
      given: touchedWorld({ canaryReplicas: 3 }),
      decides: 'act armCanary',
      change: { ordinalsStart: 0, replicas: 3 },
    },
    {
      title: 'Not while a displaced pod is there',
      given: world(touchedWorld(), withPods(stablePod(2, { deleting: true }))),
      decides: 'wait Displacing',
    },
    {
      title: 'Not while a foreign pod uses a displaced claim',
      given: world(touchedWorld(), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'Not while a held claim is being deleted, either',
      given: world(touchedWorld(), withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A set with another size is put right',
      given: world(activeWorld(), withCanary({ replicas: 2 })),
      decides: 'act armCanary',
      change: { ordinalsStart: 2, replicas: 1 },
    },
    {
      title: 'A set at another ordinal is put right',
      given: world(activeWorld(), withCanary({ ordinalsStart: 0 })),
      decides: 'act armCanary',
      change: { ordinalsStart: 2, replicas: 1 },
    },
  ])
})

const uncompleted = world(
  activeWorld({ canaryReplicas: 2 }),
  withPods(unready(canaryPod(1, { claims: ['data-redis-stable.ordinal'] }))),
)

describe('forward: watching', () => {
  const starting = waitingFor('CanaryStarting', steppedAt)
  const startingWords = 'Waiting until the canary (redis-canary-2) is available on redis:7.'
  checkRows(forward, [
    {
      title: 'An armed canary is waited for until its deadline',
      given: world(armedWorld(), starting),
      decides: 'wait CanaryStarting',
      says: startingWords,
      wakeAt: deadlineAt,
    },
    {
      title: 'A canary that is not Ready is waited for until its deadline',
      given: world(armedWorld(), starting, withPods(unready(canaryPod(2), steppedAt))),
      decides: 'wait CanaryStarting',
      wakeAt: deadlineAt,
    },
    {
      title: 'One that finds no node is named long before that: one may come, or nobody will ever look',
      given: world(armedWorld(), starting, withPods(withoutNode(canaryPod(2), steppedAt))),
      decides: 'wait CanaryStarting',
      says: 'Waiting until the canary (redis-canary-2) is available on redis:7; redis-canary-2 finds no node (look at its events).',
      wakeAt: deadlineAt,
    },
    {
      title:
        'While a claim is being deleted a person is told, not asked for an approval that could not count',
      given: world(activeWorld(), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      says:
        'Claim data-redis-stable-2 is being deleted and only its pod redis-canary-2 still keeps the data, so no pod is taken away. ' +
        'Copy the data away; then delete that pod yourself: the rollout is taken back, and the replica comes back empty.',
    },
    {
      title: 'A young canary is waited for as any other',
      given: world(
        activeWorld({ minReadySeconds: 5 }),
        starting,
        withPods(canaryPod(2, { readySince: now - second })),
      ),
      decides: 'wait CanaryStarting',
    },
    {
      title: 'A canary set that its controller has not seen yet is waited for',
      given: world(activeWorld(), starting, withCanary({ observed: false })),
      decides: 'wait CanaryStarting',
    },
    {
      title: 'An available canary waits for its approval, and says how it is given',
      given: activeWorld(),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ' +
        'To take it back, revert the spec.',
    },
    {
      title: 'Under the annotation that the spec names',
      given: world(activeWorld(), withSpec({ promoteAnnotation: 'my.domain/go' })),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default my.domain/go=true. ' +
        'To take it back, revert the spec.',
    },
    {
      title: 'Edits that wait until it is closed are named',
      given: world(activeWorld(), withSpec({ replicas: 5, canaryReplicas: 2 })),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ' +
        'To take it back, revert the spec. Held until this rollout is closed: spec.replicas 5 and spec.canaryReplicas 2.',
    },
    {
      title: 'Where the images are equal, the revision tells the versions apart',
      given: world(activeWorld(), withSpec({ targetImage: 'redis:6' })),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-2) runs redis:6 (revision new) on the data of redis-stable-2. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ' +
        'To take it back, revert the spec.',
    },
    {
      title: 'Every canary must be available',
      given: world(activeWorld({ canaryReplicas: 2 }), starting, withPods(unready(canaryPod(1), steppedAt))),
      decides: 'wait CanaryStarting',
      says: 'Waiting until the canary (redis-canary-1 to redis-canary-2) is available on redis:7.',
      wakeAt: deadlineAt,
    },
    {
      title: 'A canary that the status does not speak of yet has all its time',
      given: armedWorld(),
      decides: 'wait CanaryStarting',
      wakeAt: now + 10 * minute,
    },
    {
      title: 'A pod made before the hand-over policy was in force keeps its placeholder: is it in force now?',
      given: uncompleted,
      decides: 'ask handover',
    },
    {
      title: 'While it is not, a successor would be no better',
      given: world(uncompleted, withAnswers({ handover: no('the claim name stayed', now + minute) })),
      decides: 'wait HandoverMissing',
      wakeAt: now + minute,
    },
    {
      title: 'When it is, the pod is replaced',
      given: world(uncompleted, withAnswers({ handover: yes })),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-canary-1', uid: 'redis-canary-1-uid' } },
    },
    {
      title: 'Not while a held claim is being deleted',
      given: world(uncompleted, withAnswers({ handover: yes }), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'The pod of a single canary has its claims by name, and is left alone',
      given: world(activeWorld(), withPods(canaryPod(2, { claims: [] })), withAnswers({ handover: yes })),
      decides: 'wait AwaitingApproval',
    },
    {
      title: 'Each of its claims must be completed',
      given: world(
        activeWorld({ canaryReplicas: 2 }),
        withSpec({ claimTemplates: ['data', 'log'] }),
        withAnswers({ handover: yes }),
      ),
      decides: 'act deletePod',
    },
    {
      title: 'Such a pod that is terminating already is not deleted again',
      given: world(
        activeWorld({ canaryReplicas: 2 }),
        starting,
        withPods(unready(canaryPod(1, { claims: ['data-redis-stable.ordinal'], deleting: true }), steppedAt)),
      ),
      decides: 'wait CanaryStarting',
      wakeAt: deadlineAt,
    },
  ])
})

const pausedBySpec = withSpec({ paused: true })
const held =
  'The rollout of redis:7 is paused by spec.paused and stays where it is. To go on: ' +
  `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"paused":false}}'. ` +
  'To take it back, revert the spec.'

describe('forward: paused by the spec', () => {
  checkRows(forward, [
    {
      title: 'What is displaced already is waited for',
      given: world(startedWorld(), pausedBySpec),
      decides: 'wait Displacing',
    },
    {
      title: 'A stray scale-up of stable is put back all the same',
      given: world(displacedWorld(), withStable({ replicas: 3 }), pausedBySpec),
      decides: 'act restoreDisplacement',
    },
    {
      title: 'No canary set is made',
      given: world(displacedWorld(), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held,
    },
    {
      title: 'A canary set of an earlier attempt is removed all the same',
      given: world(displacedWorld(), withCanary({ attempt: 2 }), pausedBySpec),
      decides: 'act deleteSet',
    },
    {
      title: 'Nothing is recorded as touched',
      given: world(inertWorld(), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held,
    },
    {
      title: 'No canary is armed',
      given: world(touchedWorld(), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held,
    },
    {
      title: 'One that runs is kept, and its approval has to wait',
      given: world(activeWorld(), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held,
    },
    {
      title: 'One that is not available is looked at again at its deadline',
      given: world(armedWorld(), withPods(unready(canaryPod(2))), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held,
      wakeAt: now + 9 * minute,
    },
    {
      title: 'What ails it is said',
      given: world(activeWorld(), withPods(crashing(canaryPod(2))), pausedBySpec),
      decides: 'wait RolloutPaused',
      says: held.replace('where it is.', 'where it is; redis-canary-2 keeps crashing.'),
    },
    {
      title: 'A canary pod whose claim names were not completed is replaced all the same',
      given: world(
        activeWorld({ canaryReplicas: 2 }),
        withPods(canaryPod(2, { claims: ['data-redis-stable.ordinal'] })),
        withAnswers({ handover: yes }),
        pausedBySpec,
      ),
      decides: 'act deletePod',
    },
  ])
})

describe('forward: a canary that fails and is not rolled back by itself', () => {
  const byHand = withSpec({ automaticRollback: false })
  const fails = (trouble: string) =>
    `The canary of redis:7 fails (${trouble}) and is held, because spec.rollback.automatic is false. ` +
    'To take it back, revert the spec, or: kubectl annotate canarystatefulset redis -n default canary.example.com/abort=true'
  checkRows(forward, [
    {
      title: 'It is held, with the way out',
      given: world(activeWorld(), withPods(crashing(canaryPod(2))), byHand),
      decides: 'wait CanaryFailing',
      says: fails('redis-canary-2 keeps crashing'),
    },
    {
      title: 'Before its deadline it is waited for like any other',
      given: world(armedWorld(), withPods(unready(canaryPod(2))), byHand),
      decides: 'wait CanaryStarting',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'At its deadline it is held as failing',
      given: world(armedWorld(), withPods(unready(canaryPod(2))), byHand),
      at: now + 9 * minute,
      decides: 'wait CanaryFailing',
      says: fails('it was not available in time; redis-canary-2 is not ready'),
    },
    {
      title: 'It stays so while its pod is missing, or the status would change to and fro',
      given: world(armedWorld(), waitingFor('CanaryFailing', now - minute), byHand),
      decides: 'wait CanaryFailing',
    },
    {
      title: 'When it becomes available after all, its approval is awaited',
      given: world(activeWorld(), waitingFor('CanaryFailing', now - minute), byHand),
      decides: 'wait AwaitingApproval',
    },
  ])
})

describe('forward: a further step', () => {
  const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]
  const shape = { steps, canaryReplicas: 2 }
  const running = [
    withCanary({ replicas: 1, ordinalsStart: 2 }),
    withPods(canaryPod(2)),
    withRollout({ touched: 1 }),
  ]
  checkRows(forward, [
    {
      title: 'The newly displaced replica is waited for beside the canary that runs',
      given: world(startedWorld(shape), ...running),
      decides: 'wait Displacing',
      says: 'Making room: redis-stable-1 to redis-stable-2 must be gone before the canary may use that data.',
    },
    {
      title: 'Somebody else on its claim is waited for',
      given: world(displacedWorld(shape), ...running, withPods(foreignPod(1))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'What new code may touch now is recorded, and that the step begins',
      given: world(displacedWorld(shape), ...running),
      decides: 'act recordTouched',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rollout: {
            from: 'old',
            to: 'new',
            replicas: 3,
            steps,
            step: 1,
            touched: 2,
            ack: false,
            at: { started: startedAt, stepped: now },
          },
        },
      },
    },
    {
      title: 'Then one patch gives the canary set its new start and its replicas',
      given: world(
        touchedWorld(shape),
        withCanary({ replicas: 1, ordinalsStart: 2 }),
        withPods(canaryPod(2)),
      ),
      decides: 'act armCanary',
      change: { ordinalsStart: 1, replicas: 2 },
    },
    {
      title: 'A step with as many canaries as before begins with a record alone',
      given: world(
        activeWorld({ steps: [{ canaryReplicas: 1 }, { canaryReplicas: 1 }] }),
        withRollout({ step: 1, at: { started: startedAt } }),
      ),
      decides: 'act recordTouched',
    },
    {
      title: 'It never forgets what was touched before',
      given: world(
        displacedWorld({ steps: [{ canaryReplicas: 1 }] }),
        withCanary(),
        withRollout({ touched: 3 }),
      ),
      decides: 'act recordTouched',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rollout: {
            from: 'old',
            to: 'new',
            replicas: 3,
            steps: [{ canaryReplicas: 1 }],
            step: 0,
            touched: 3,
            ack: false,
            at: { started: startedAt, stepped: now },
          },
        },
      },
    },
  ])
})

describe('forward: what an available canary waits for', () => {
  const stands = 'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2'
  const back = 'To take it back, revert the spec.'
  const young = withPods(canaryPod(2, { readySince: now - second }))
  checkRows(forward, [
    {
      title: 'The bake, after which a person is asked',
      given: world(activeWorld(), young, withSpec({ bakeSeconds: 60 })),
      decides: 'wait Baking',
      says: `${stands} and is watched until its bake is over; then a person is asked to promote it. ${back}`,
      wakeAt: now + 59 * second,
    },
    {
      title: 'The bake, after which it is promoted by itself',
      given: world(activeWorld(), young, withSpec({ bakeSeconds: 60, promotionType: 'auto' })),
      decides: 'wait Baking',
      says: `${stands} and is watched until its bake is over; then it is promoted by itself. ${back}`,
      wakeAt: now + 59 * second,
    },
    {
      title: 'The bake of a step, after which the next one follows',
      given: world(
        activeWorld({ steps: [{ canaryReplicas: 1, bakeSeconds: 600 }, { canaryReplicas: 2 }] }),
        young,
      ),
      decides: 'wait Baking',
      says: `${stands} and is watched until its bake is over; then the next step follows by itself. ${back}`,
      wakeAt: now - second + 10 * minute,
    },
    {
      title: 'The bake of a step that pauses',
      given: world(
        activeWorld({ steps: [{ canaryReplicas: 1, bakeSeconds: 600, pause: true }, { canaryReplicas: 2 }] }),
        young,
      ),
      decides: 'wait Baking',
      says: `${stands} and is watched until its bake is over; then a person is asked before the next step. ${back}`,
      wakeAt: now - second + 10 * minute,
    },
    {
      title: 'A person, before the next step',
      given: activeWorld({ steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }] }),
      decides: 'wait AwaitingApproval',
      says:
        `${stands}. To take the next step: ` +
        `kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ${back}`,
    },
    {
      title: 'Steps that were edited meanwhile are held, and that is said',
      given: world(
        activeWorld({ steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }] }),
        withSpec({ steps: [{ canaryReplicas: 3 }], replicas: 4 }),
      ),
      decides: 'wait AwaitingApproval',
      says:
        `${stands}. To take the next step: kubectl annotate canarystatefulset redis -n default ` +
        `canary.example.com/promote=true. ${back} ` +
        'Held until this rollout is closed: spec.replicas 4 and spec.strategy.steps.',
    },
  ])
})
