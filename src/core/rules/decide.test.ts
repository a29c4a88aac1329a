import { describe } from 'vitest'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  clearedWorld,
  decidedAt,
  longActiveWorld,
  patchedWorld,
  rollingBackWorld,
  startedAt,
  startedWorld,
  steppedAt,
  touchedWorld,
} from '../testing/rollout-worlds.ts'
import {
  approvedBy,
  canaryPod,
  crashing,
  hour,
  minute,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  waitingFor,
  wanting,
  withCanary,
  withClaimDeleting,
  withoutImage,
  withoutPods,
  withPods,
  withResource,
  withRollout,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { decide } from './decide.ts'

const deadlineAt = steppedAt + 10 * minute
const abortedBy = (abort: string) => withResource({ abort })
const starting = waitingFor('CanaryStarting', steppedAt)
const started = {
  from: 'old',
  to: 'new',
  replicas: 3,
  steps: [1],
  step: 0,
  touched: 1,
  ack: false,
  at: { started: startedAt, stepped: steppedAt },
} as const

describe('decide: when there is nothing to decide', () => {
  checkRows(decide, [
    { title: 'Without a stable set', given: newWorld(), decides: 'nothing' },
    { title: 'At rest', given: stableWorld(), decides: 'nothing' },
    { title: 'While pods are displaced', given: startedWorld(), decides: 'nothing' },
    {
      title: 'While the canary is available and nobody has approved',
      given: activeWorld(),
      decides: 'nothing',
    },
    { title: 'When promotion is decided and carried out', given: approvedWorld(), decides: 'nothing' },
    { title: 'When roll back is decided and carried out', given: rollingBackWorld(), decides: 'nothing' },
  ])
})

describe('decide: promote', () => {
  const promoted = {
    record: {
      accepted: 'old',
      proven: true,
      id: 3,
      rollout: { ...started, decision: 'promote', ack: true, at: { ...started.at, decided: now } },
    },
  }
  checkRows(decide, [
    {
      title: 'An approval of an available canary is recorded with its acknowledgement, in one write',
      given: world(activeWorld(), approvedBy('true')),
      decides: 'act recordDecision',
      change: promoted,
      says: 'Promoting redis:7: the approval is recorded.',
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: 'The revision approves as well',
      given: world(activeWorld(), approvedBy('new')),
      decides: 'act recordDecision',
      change: promoted,
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: "The canary's controller-revision-hash approves as well",
      given: world(activeWorld(), approvedBy('redis-canary-hash')),
      decides: 'act recordDecision',
      change: promoted,
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: 'Any other word does not approve',
      given: world(activeWorld(), approvedBy('yes')),
      decides: 'nothing',
    },
    {
      title: 'An empty approval does not approve a canary without a hash',
      given: world(activeWorld(), withCanary({ hash: '' }), approvedBy('third')),
      decides: 'nothing',
    },
    {
      title: 'An approval sent ahead waits for the canary',
      given: world(armedWorld(), approvedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'A canary that is not Ready is not promoted',
      given: world(activeWorld(), withPods(unready(canaryPod(2))), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'A canary that is terminating is not promoted',
      given: world(activeWorld(), withPods(canaryPod(2, { deleting: true })), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'A canary that was not Ready for minReadySeconds is not promoted',
      given: world(
        activeWorld({ minReadySeconds: 5 }),
        withPods(canaryPod(2, { readySince: now - second })),
        approvedBy('true'),
      ),
      decides: 'nothing',
    },
    {
      title: 'A canary of another revision is not promoted',
      given: world(activeWorld(), withPods(canaryPod(2, { revision: 'third' })), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'Every canary must be available',
      given: world(activeWorld({ canaryReplicas: 2 }), withoutPods('redis-canary-1'), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'A canary set that its controller has not seen yet is not promoted',
      given: world(activeWorld(), withCanary({ observed: false }), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'A canary that stands at another ordinal is not promoted',
      given: world(activeWorld(), withCanary({ ordinalsStart: 1 }), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title:
        'A replica below the boundary that is broken holds the promotion: the canary is one of the last that serve',
      given: world(activeWorld(), withPods(crashing(stablePod(1))), approvedBy('true')),
      decides: 'wait ReplicasUnavailable',
      says:
        'redis-stable-1 keeps crashing; the promotion waits for it. Mend the replica, or what it depends on. ' +
        'If the running version itself is broken: delete this resource (its claims stay), apply it with one that works, and do as its status then says.',
    },
    {
      title: 'A replica below the boundary that is missing holds the promotion',
      given: world(activeWorld(), withoutPods('redis-stable-1'), approvedBy('true')),
      decides: 'wait Healing',
      says: 'Waiting until every replica is available on redis:6.',
    },
    {
      title: 'A young replica below the boundary holds it',
      given: world(
        activeWorld({ minReadySeconds: 5 }),
        withPods(stablePod(1, { readySince: now - second })),
        approvedBy('true'),
      ),
      decides: 'wait Healing',
    },
    {
      title: 'A replica below the boundary on another revision holds the promotion',
      given: world(activeWorld(), withPods(stablePod(1, { revision: 'third' })), approvedBy('true')),
      decides: 'wait Healing',
    },
    {
      title: 'Where every replica is displaced nobody is below the boundary',
      given: world(activeWorld({ canaryReplicas: 3 }), approvedBy('true')),
      decides: 'act recordDecision',
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: 'A held claim that is being deleted holds the promotion',
      given: world(activeWorld(), withClaimDeleting(2), approvedBy('true')),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'One approval never counts twice',
      given: world(approvedWorld(), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'An approval comes too late for a rollout that is rolled back',
      given: world(rollingBackWorld(), approvedBy('true')),
      decides: 'nothing',
    },
  ])
})

describe('decide: roll back before the one patch', () => {
  const rolledBack = (cause: string, changes: object = {}) => ({
    record: {
      accepted: 'old',
      proven: true,
      id: 3,
      rollout: { ...started, decision: 'rollback', cause, at: { ...started.at, decided: now }, ...changes },
    },
  })
  checkRows(decide, [
    {
      title: 'A reverted spec is taken back before anything was touched',
      given: world(startedWorld(), wanting('old')),
      decides: 'act recordDecision',
      change: rolledBack('reverted', { touched: 0, at: { started: startedAt, decided: now } }),
      says: 'Rolling back redis:7 (the spec was reverted): the decision is recorded.',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'A reverted spec is taken back while the canary is active',
      given: world(activeWorld(), wanting('old')),
      decides: 'act recordDecision',
      change: rolledBack('reverted'),
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'A revert goes before an approval',
      given: world(activeWorld(), wanting('old'), approvedBy('true')),
      decides: 'act recordDecision',
      change: rolledBack('reverted'),
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'An abort takes the rollout back',
      given: world(activeWorld(), abortedBy('true')),
      decides: 'act recordDecision',
      change: rolledBack('aborted'),
      says: 'Rolling back redis:7 (it was aborted): the decision is recorded.',
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'An abort by the revision does before anything was touched',
      given: world(startedWorld(), abortedBy('new')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: "An abort by the canary's controller-revision-hash does as well",
      given: world(activeWorld(), abortedBy('redis-canary-hash')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'An abort of another revision does not',
      given: world(activeWorld(), abortedBy('third')),
      decides: 'nothing',
    },
    {
      title: 'An abort beats an approval',
      given: world(activeWorld(), approvedBy('true'), abortedBy('true')),
      decides: 'act recordDecision',
      change: rolledBack('aborted'),
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'An abort turns a promotion into a roll back',
      given: world(approvedWorld(), abortedBy('true')),
      decides: 'act recordDecision',
      change: rolledBack('aborted', { ack: true }),
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'An abort goes before another version, so that this one is rejected',
      given: world(activeWorld(), wanting('third'), abortedBy('new')),
      decides: 'act recordDecision',
      change: rolledBack('aborted'),
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'A revert goes before an abort: there is nothing left to reject',
      given: world(activeWorld(), wanting('old'), abortedBy('true')),
      decides: 'act recordDecision',
      change: rolledBack('reverted'),
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'Another version is tried only after this one is taken back',
      given: world(activeWorld(), wanting('third')),
      decides: 'act recordDecision',
      change: rolledBack('superseded'),
      says: 'Rolling back redis:7 (the spec asks for another version): the decision is recorded.',
      tells: ['Rolling back redis:7: the spec asks for another version'],
    },
    {
      title: 'A revert turns a promotion into a roll back, and the approval stays acknowledged',
      given: world(approvedWorld(), wanting('old')),
      decides: 'act recordDecision',
      change: rolledBack('reverted', { ack: true }),
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'Another version turns a promotion into a roll back too',
      given: world(clearedWorld(), wanting('third')),
      decides: 'act recordDecision',
      change: rolledBack('superseded', { ack: true }),
      tells: ['Rolling back redis:7: the spec asks for another version'],
    },
    {
      title: 'A canary that keeps crashing is judged at once',
      given: world(armedWorld(), withPods(crashing(canaryPod(2)))),
      decides: 'act recordDecision',
      change: rolledBack('failed'),
      says: 'Rolling back redis:7 (its canary failed): the decision is recorded.',
      tells: ['Rolling back redis:7: redis-canary-2 keeps crashing'],
    },
    {
      title: 'A canary whose image cannot be had is judged at once',
      given: world(armedWorld(), withPods(withoutImage(canaryPod(2)))),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: redis-canary-2 cannot get its image'],
    },
    {
      title: 'A canary whose container cannot be made is judged at once',
      given: world(
        armedWorld(),
        withPods({
          ...unready(canaryPod(2)),
          failure: { reason: 'CreateContainerConfigError', message: 'secret not found' },
        }),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: redis-canary-2 cannot start its container (look at its events)'],
    },
    {
      title: 'One of two canaries is enough',
      given: world(activeWorld({ canaryReplicas: 2 }), withPods(crashing(canaryPod(1)))),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: redis-canary-1 keeps crashing'],
    },
    {
      title: 'A canary that fails after its approval is taken back as well',
      given: world(approvedWorld(), withPods(crashing(canaryPod(2)))),
      decides: 'act recordDecision',
      change: rolledBack('failed', { ack: true }),
      tells: ['Rolling back redis:7: redis-canary-2 keeps crashing'],
    },
    {
      title: 'A failing canary that is terminating is judged by its successor',
      given: world(armedWorld(), withPods(crashing(canaryPod(2, { deleting: true })))),
      decides: 'nothing',
    },
    {
      title: 'A canary that ends because it is taken away has not failed',
      given: world(approvedWorld(), withCanary({ replicas: 0 }), withPods(crashing(canaryPod(2)))),
      decides: 'nothing',
    },
    {
      title: 'A failing pod of stable is no reason to roll back',
      given: world(activeWorld(), withPods(crashing(stablePod(0)))),
      decides: 'nothing',
    },
    {
      title: 'A pod without a failure is given its time',
      given: world(armedWorld(), starting, withPods(unready(canaryPod(2)))),
      at: deadlineAt - 1,
      decides: 'nothing',
    },
    {
      title: 'A canary that never became Ready is taken back at its deadline',
      given: world(armedWorld(), starting, withPods(unready(canaryPod(2), steppedAt))),
      at: deadlineAt,
      decides: 'act recordDecision',
      says: 'Rolling back redis:7 (its canary was not available in time): the decision is recorded.',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'A canary whose pods never came is taken back at its deadline',
      given: world(armedWorld(), starting),
      at: deadlineAt,
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'The deadline is the one of the spec',
      given: world(armedWorld(), starting, withSpec({ progressDeadlineSeconds: 60 })),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'A canary that became unready later is given its time from then on',
      given: world(
        activeWorld(),
        waitingFor('CanaryStarting', deadlineAt),
        withPods(unready(canaryPod(2), deadlineAt)),
      ),
      at: deadlineAt + minute,
      decides: 'nothing',
    },
    {
      title:
        'A canary that restarted after an hour is given its time again, though the status does not say so yet',
      given: world(
        longActiveWorld({ minReadySeconds: 5 }),
        waitingFor('AwaitingApproval', now - hour),
        withPods(canaryPod(2, { readySince: now - second })),
      ),
      decides: 'nothing',
    },
    {
      title: 'A canary that is evicted after an hour is given its time again',
      given: world(
        longActiveWorld(),
        waitingFor('AwaitingApproval', now - hour),
        withPods(canaryPod(2, { deleting: true })),
      ),
      decides: 'nothing',
    },
    {
      title: 'A canary whose successor is not there yet is given its time again',
      given: world(
        longActiveWorld(),
        waitingFor('AwaitingApproval', now - hour),
        withoutPods('redis-canary-2'),
      ),
      decides: 'nothing',
    },
    {
      title: 'A successor that does not become available is taken back at its own deadline',
      given: world(
        longActiveWorld(),
        waitingFor('CanaryStarting', now - 10 * minute),
        withPods(unready(canaryPod(2), now - 10 * minute)),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'A successor that nobody makes is taken back when it was waited for long enough',
      given: world(
        longActiveWorld(),
        waitingFor('CanaryStarting', now - 10 * minute),
        withoutPods('redis-canary-2'),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'A successor that is too young is not overdue',
      given: world(
        longActiveWorld({ minReadySeconds: 5 }),
        waitingFor('CanaryStarting', now - 10 * minute),
        withPods(canaryPod(2, { readySince: now - second })),
      ),
      decides: 'nothing',
    },
    {
      title: 'The canary that became unready first is the one that counts',
      given: world(
        longActiveWorld({ canaryReplicas: 2 }),
        withPods(unready(canaryPod(1), now - 10 * minute), unready(canaryPod(2), now - minute)),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was not available in time'],
    },
    {
      title: 'A canary that was armed before that was recorded has no deadline yet',
      given: world(
        armedWorld(),
        withRollout({ at: { started: startedAt } }),
        withPods(unready(canaryPod(2), now - hour)),
      ),
      decides: 'nothing',
    },
    {
      title: 'A status that was lost gives a canary its time again',
      given: armedWorld(),
      at: deadlineAt,
      decides: 'nothing',
    },
    {
      title: 'What an earlier attempt waited for does not count for this one',
      given: world(armedWorld(), waitingFor('CanaryStarting', now - 5 * hour)),
      decides: 'nothing',
    },
    {
      title: 'An available canary has no deadline',
      given: world(activeWorld(), starting),
      at: deadlineAt,
      decides: 'nothing',
    },
    {
      title: 'A canary that is not armed yet has no deadline',
      given: world(touchedWorld(), starting),
      at: deadlineAt,
      decides: 'nothing',
    },
    {
      title: 'Displacing has no deadline: no new code has run',
      given: world(startedWorld(), starting),
      at: deadlineAt,
      decides: 'nothing',
    },
  ])
})

describe('decide: what a pause and a rollback by hand hold', () => {
  const pausedBySpec = withSpec({ paused: true })
  const byHand = withSpec({ automaticRollback: false })
  const failing = withPods(crashing(canaryPod(2)))
  const told = ['Rolling back redis:7: redis-canary-2 keeps crashing']
  checkRows(decide, [
    {
      title: 'A paused rollout is not promoted; the approval stays',
      given: world(activeWorld(), approvedBy('true'), pausedBySpec),
      decides: 'nothing',
    },
    {
      title: 'Nor taken back by itself',
      given: world(activeWorld(), failing, pausedBySpec),
      decides: 'nothing',
    },
    {
      title: 'Nor at its deadline',
      given: world(armedWorld(), withPods(unready(canaryPod(2))), pausedBySpec),
      at: now + 9 * minute,
      decides: 'nothing',
    },
    {
      title: 'A revert takes it back all the same',
      given: world(activeWorld(), pausedBySpec, wanting('old')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'So does an abort',
      given: world(activeWorld(), pausedBySpec, abortedBy('true')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'So does another version',
      given: world(activeWorld(), pausedBySpec, wanting('third')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec asks for another version'],
    },
    {
      title: 'A canary that fails after its approval is taken back, paused or not',
      given: world(approvedWorld(), failing, pausedBySpec),
      decides: 'act recordDecision',
      tells: told,
    },
    {
      title: 'Where rollbacks are made by hand a failing canary is left to people',
      given: world(activeWorld(), failing, byHand),
      decides: 'nothing',
    },
    {
      title: 'Also after its approval',
      given: world(approvedWorld(), failing, byHand),
      decides: 'nothing',
    },
    {
      title: 'They abort it',
      given: world(activeWorld(), failing, byHand, abortedBy('true')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was aborted'],
    },
  ])
})

describe('decide: roll back after the one patch', () => {
  const failing = withPods(crashing(stablePod(2, { revision: 'new' })))
  checkRows(decide, [
    {
      title: 'A reverted spec is taken back',
      given: world(patchedWorld(), wanting('old')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'An aborted promotion is taken back, healthy or not',
      given: world(patchedWorld(), abortedBy('true')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: it was aborted'],
    },
    {
      title: 'A healthy promotion is finished before another version is looked at',
      given: world(patchedWorld(), wanting('third')),
      decides: 'nothing',
    },
    {
      title: 'A failing promotion gives way to another version',
      given: world(patchedWorld(), failing, wanting('third')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: redis-stable-2 keeps crashing'],
    },
    {
      title: 'A replica of the old version that fails is no failure of the new one',
      given: world(patchedWorld(), withPods(crashing(stablePod(0))), wanting('third')),
      decides: 'nothing',
    },
    {
      title: 'A failing promotion that is still wanted is not taken back by us',
      given: world(patchedWorld(), failing),
      decides: 'nothing',
    },
    {
      title: 'The deadline of the canary is over',
      given: world(patchedWorld(), starting, withPods(unready(stablePod(2, { revision: 'new' })))),
      at: deadlineAt + minute,
      decides: 'nothing',
    },
  ])
})

describe('decide: after roll back was decided', () => {
  checkRows(decide, [
    {
      title:
        'A revert takes the rejection back, without a second event, and the moment of the decision stays',
      given: world(rollingBackWorld({}, 'failed'), wanting('old')),
      decides: 'act recordDecision',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rollout: {
            ...started,
            decision: 'rollback',
            cause: 'reverted',
            at: { ...started.at, decided: decidedAt },
          },
        },
      },
    },
    {
      title: 'A revert is recorded once',
      given: world(rollingBackWorld({}, 'reverted'), wanting('old')),
      decides: 'nothing',
    },
    {
      title: 'An abort comes too late to reject what was reverted',
      given: world(rollingBackWorld({}, 'reverted'), wanting('old'), abortedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'It never turns into a promotion again, though the spec does',
      given: world(rollingBackWorld({}, 'reverted'), wanting('new'), approvedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'Another version changes nothing: it comes after',
      given: world(rollingBackWorld({}, 'failed'), wanting('third')),
      decides: 'nothing',
    },
    {
      title: 'A canary that still fails is not judged again',
      given: world(rollingBackWorld({}, 'reverted'), withPods(crashing(canaryPod(2)))),
      decides: 'nothing',
    },
    {
      title: 'A rollout without a canary is taken back by a revert, too',
      given: world(
        clearedWorld({ canaryReplicas: 0 }),
        withStable({ replicas: 3 }),
        withRollout({ touched: 0 }),
        wanting('old'),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
  ])
})
