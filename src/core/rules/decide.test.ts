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
import type { Step } from '../record.ts'
import {
  allAllowed,
  approvedBy,
  canaryPod,
  crashing,
  foreignPod,
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
  withAnswers,
  withCanary,
  withClaimDeleting,
  withoutClaim,
  withoutImage,
  withoutNode,
  withoutPods,
  withPods,
  withResource,
  withRollout,
  withSpec,
  withStable,
  world,
  yes,
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
  steps: [{ canaryReplicas: 1 }],
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
    {
      title: 'While stable is not of its size in this rollout: it is put back first',
      given: world(activeWorld(), approvedBy('true'), withStable({ replicas: 0 })),
      decides: 'nothing',
    },
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
      says: 'Promoting redis:7: the decision is recorded.',
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
        'If the running version itself is broken, go straight to the new one, every replica and no canary: kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
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
      change: rolledBack('failed', { trouble: 'redis-canary-2 keeps crashing' }),
      says: 'Rolling back redis:7 (redis-canary-2 keeps crashing): the decision is recorded.',
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
      change: rolledBack('failed', { ack: true, trouble: 'redis-canary-2 keeps crashing' }),
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
      says: 'Rolling back redis:7 (it was not available in time; redis-canary-2 is not ready): the decision is recorded.',
      tells: ['Rolling back redis:7: it was not available in time; redis-canary-2 is not ready'],
    },
    {
      title: 'One that found no node all the time is taken back then, too, with that word',
      given: world(armedWorld(), starting, withPods(withoutNode(canaryPod(2), steppedAt))),
      at: deadlineAt,
      decides: 'act recordDecision',
      tells: [
        'Rolling back redis:7: it was not available in time; redis-canary-2 finds no node (look at its events)',
      ],
    },
    {
      title: 'A canary whose claim is gone is taken back at once: nobody makes it anew',
      given: world(armedWorld(), starting, withPods(withoutNode(canaryPod(2))), withoutClaim(2)),
      decides: 'act recordDecision',
      change: rolledBack('failed', { trouble: 'claim data-redis-stable-2 is missing' }),
      tells: ['Rolling back redis:7: claim data-redis-stable-2 is missing'],
    },
    {
      title: 'Also where the promotion of what ran on it is decided',
      given: world(approvedWorld(), withPods(withoutNode(canaryPod(2))), withoutClaim(2)),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: claim data-redis-stable-2 is missing'],
    },
    {
      title: 'Not while its pod still runs, for that has the last of the data',
      given: world(activeWorld(), withoutClaim(2)),
      decides: 'nothing',
    },
    {
      title: 'Nor for the claim of a replica that is not displaced: its set makes it anew',
      given: world(activeWorld(), withoutClaim(0)),
      decides: 'nothing',
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
      tells: ['Rolling back redis:7: it was not available in time; redis-canary-2 is not ready'],
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
      tells: ['Rolling back redis:7: it was not available in time; redis-canary-1 is not ready'],
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

const ready = (secondsAgo: number) => withPods(canaryPod(2, { readySince: now - secondsAgo * second }))

describe('decide: bake', () => {
  const automatic = withSpec({ promotionType: 'auto', bakeSeconds: 60 })
  const byHand = withSpec({ bakeSeconds: 60 })
  const told = ['The canary of redis:7 has baked, promotion follows']
  checkRows(decide, [
    {
      title: 'A canary that has baked is promoted by itself, and no approval is used up',
      given: world(activeWorld(), ready(60), automatic),
      decides: 'act recordDecision',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rollout: { ...started, decision: 'promote', at: { ...started.at, decided: now } },
        },
      },
      tells: told,
    },
    { title: 'Not before', given: world(activeWorld(), ready(59), automatic), decides: 'nothing' },
    {
      title: 'Never on time alone: a canary that is not ready has not baked',
      given: world(activeWorld(), withPods(unready(canaryPod(2))), automatic),
      decides: 'nothing',
    },
    {
      title: 'Nor has one that became ready again a moment ago',
      given: world(longActiveWorld(), ready(1), automatic),
      decides: 'nothing',
    },
    {
      title: 'Nor one that is young',
      given: world(
        activeWorld({ minReadySeconds: 30 }),
        ready(20),
        withSpec({ promotionType: 'auto', bakeSeconds: 0 }),
      ),
      decides: 'nothing',
    },
    {
      title: 'A replica below that is missing holds it',
      given: world(activeWorld(), ready(60), automatic, withoutPods('redis-stable-0')),
      decides: 'wait Healing',
    },
    {
      title: 'A held claim that is being deleted holds it',
      given: world(activeWorld(), ready(60), automatic, withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A pause of the spec holds it',
      given: world(activeWorld(), ready(60), automatic, withSpec({ paused: true })),
      decides: 'nothing',
    },
    {
      title: 'A pause of the step waits for a person, though promotion is automatic',
      given: world(activeWorld({ steps: [{ canaryReplicas: 1, pause: true }] }), ready(60), automatic),
      decides: 'nothing',
    },
    {
      title: 'An approval before the end of the bake waits for it',
      given: world(activeWorld(), ready(59), byHand, approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'And counts after that',
      given: world(activeWorld(), ready(60), byHand, approvedBy('true')),
      decides: 'act recordDecision',
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: 'Nothing is decided before the step is recorded as begun',
      given: world(activeWorld(), withRollout({ at: { started: startedAt } }), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'An approval that was acknowledged does not count again',
      given: world(activeWorld(), withRollout({ ack: true }), approvedBy('true')),
      decides: 'nothing',
    },
  ])
})

describe('decide: the next step', () => {
  const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]
  const pausing = [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }]
  const recorded = (written: readonly Step[], ack: boolean) => ({
    record: {
      accepted: 'old',
      proven: true,
      id: 3,
      rollout: { ...started, steps: written, step: 1, ack, at: { started: startedAt } },
    },
    replicas: 1,
  })
  const first = world(activeWorld({ steps }), allAllowed)
  checkRows(decide, [
    {
      title: 'One write records the step and displaces more; what it touches is not recorded yet',
      given: first,
      decides: 'act nextStep',
      change: recorded(steps, false),
      says: 'Starting the next step of redis:7.',
      tells: ['A step of redis:7 has baked, the next one follows'],
    },
    {
      title: 'A step that pauses waits for a person',
      given: world(activeWorld({ steps: pausing }), allAllowed),
      decides: 'nothing',
    },
    {
      title: 'Who approves it with its acknowledgement in the same write',
      given: world(activeWorld({ steps: pausing }), allAllowed, approvedBy('true')),
      decides: 'act nextStep',
      change: recorded(pausing, true),
      tells: ['The next step of redis:7 was approved'],
    },
    {
      title: 'The approval of the step before does not count again',
      given: world(
        activeWorld({ steps: pausing }),
        allAllowed,
        approvedBy('true'),
        withRollout({ ack: true }),
      ),
      decides: 'nothing',
    },
    {
      title: 'An approval that is not gone yet stays acknowledged over a step that needs none',
      given: world(first, approvedBy('true'), withRollout({ ack: true })),
      decides: 'act nextStep',
      change: recorded(steps, true),
      tells: ['A step of redis:7 has baked, the next one follows'],
    },
    {
      title: 'The bake of the step holds it',
      given: world(
        activeWorld({ steps: [{ canaryReplicas: 1, bakeSeconds: 600 }, { canaryReplicas: 2 }] }),
        allAllowed,
      ),
      decides: 'nothing',
    },
    {
      title: 'A canary that is not available holds it',
      given: world(first, withPods(unready(canaryPod(2)))),
      decides: 'nothing',
    },
    {
      title: 'A replica below that is missing holds it, also one that would be displaced',
      given: world(first, withoutPods('redis-stable-1')),
      decides: 'wait Healing',
    },
    {
      title: 'A held claim that is being deleted holds it',
      given: world(first, withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A claim that the step would hand over must be there',
      given: world(first, withoutClaim(1)),
      decides: 'wait ClaimMissing',
    },
    {
      title: 'And nobody else on it',
      given: world(first, withPods(foreignPod(1))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'Nobody else below it matters',
      given: world(first, withPods(foreignPod(0))),
      decides: 'act nextStep',
      tells: ['A step of redis:7 has baked, the next one follows'],
    },
    {
      title: 'The guard is asked again',
      given: activeWorld({ steps }),
      decides: 'ask guard',
    },
    {
      title: 'So is the hand-over policy',
      given: world(activeWorld({ steps }), withAnswers({ guard: yes })),
      decides: 'ask handover',
    },
    {
      title: 'No step is taken while the guard is lifted',
      given: world(first, withResource({ unprotected: true })),
      decides: 'wait Unprotected',
    },
    {
      title: 'Nor where stable does not run what the rollout comes from',
      given: world(first, withStable({ revision: 'third' })),
      decides: 'nothing',
    },
    {
      title: 'Nor while the spec pauses the rollout',
      given: world(first, withSpec({ paused: true })),
      decides: 'nothing',
    },
    {
      title: 'The last step is promoted, not followed by another',
      given: world(activeWorld({ steps, canaryReplicas: 2 }), allAllowed, approvedBy('true')),
      decides: 'act recordDecision',
      tells: ['Promotion of redis:7 was approved'],
    },
    {
      title: 'A canary of the step before that fails while the next one displaces is judged at once',
      given: world(
        armedWorld({ steps, canaryReplicas: 2 }),
        withCanary({ replicas: 1, ordinalsStart: 2 }),
        withPods(crashing(canaryPod(2))),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: redis-canary-2 keeps crashing'],
    },
    {
      title: 'A canary of an earlier attempt is not judged for this one',
      given: world(activeWorld(), withCanary({ attempt: 2 }), withPods(crashing(canaryPod(2)))),
      decides: 'nothing',
    },
  ])
})
