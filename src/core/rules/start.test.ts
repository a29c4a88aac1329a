import { describe } from 'vitest'
import { activeWorld, startedWorld, wantingWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  allAllowed,
  aRevision,
  type Change,
  crashing,
  foreignPod,
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
  withoutClaim,
  withoutPods,
  withoutService,
  withPods,
  withRecord,
  withResource,
  withRevisions,
  withSpec,
  withStable,
  withWrongService,
  world,
  yes,
} from '../testing/builders.ts'
import type { Answer } from '../question.ts'
import type { Rollout } from '../record.ts'
import { checkRows, type Row } from '../testing/rows.ts'
import { start } from './start.ts'

const required = { snapshots: { policy: 'Required', keep: 1 } } as const
const lacking: Answer = { yes: true, warnings: ['there is no class'] }
const auto = { policy: 'Auto', keep: 1 } as const
const backedUp = { snapshots: { policy: 'None', keep: 1 }, backups: { deadlineSeconds: 600 } } as const
const note = 'Rollout from redis:6 to redis:7 started'

/** Everything said yes, but for what the row changes. */
function ready(...changes: readonly Change[]) {
  return world(wantingWorld(), allAllowed, ...changes)
}

function started(title: string, shape: Shape, expected: { replicas: number; steps: readonly number[] }): Row {
  const { replicas = 3 } = shape
  const rollout = {
    from: 'old',
    to: 'new',
    replicas,
    steps: expected.steps.map((canaryReplicas) => ({ canaryReplicas })),
    step: 0,
    touched: 0,
    ack: false,
    at: { started: now },
  }
  return {
    title,
    given: world(wantingWorld(shape), allAllowed),
    decides: 'act startRollout',
    change: { record: { accepted: 'old', proven: true, id: 3, rollout }, replicas: expected.replicas },
    says: 'Starting the rollout from redis:6 to redis:7.',
    tells: [note],
  }
}

/** As the first write of a rollout of one replica of three has it. */
function startOf(means: Partial<Rollout>): object {
  const rollout = {
    from: 'old',
    to: 'new',
    replicas: 3,
    steps: [{ canaryReplicas: 1 }],
    step: 0,
    touched: 0,
    ...means,
    ack: false,
    at: { started: now },
  }
  return { record: { accepted: 'old', proven: true, id: 3, rollout }, replicas: 2 }
}

describe('start: when there is nothing to start', () => {
  checkRows(start, [
    { title: 'Without a stable set', given: newWorld(), decides: 'nothing' },
    {
      title: 'While the accepted revision is wanted',
      given: world(stableWorld(), allAllowed),
      decides: 'nothing',
    },
    {
      title: 'While the accepted revision is not proven',
      given: ready(withRecord({ proven: false })),
      decides: 'nothing',
    },
    { title: 'While a rollout is under way', given: world(activeWorld(), allAllowed), decides: 'nothing' },
    {
      title: 'While another revision is wanted in a rollout',
      given: world(startedWorld(), allAllowed, wanting('third')),
      decides: 'nothing',
    },
    {
      title: 'While the wanted revision is rejected',
      given: ready(withRecord({ rejected: 'new' })),
      decides: 'nothing',
    },
  ])
})

describe('start: the write', () => {
  checkRows(start, [
    started('One write records the rollout and displaces the top ordinal', {}, { replicas: 2, steps: [1] }),
    started('Two canaries displace two', { canaryReplicas: 2 }, { replicas: 1, steps: [2] }),
    started('Every replica may be displaced', { canaryReplicas: 3 }, { replicas: 0, steps: [3] }),
    started(
      'More canaries than replicas are as many as there are replicas',
      { canaryReplicas: 9 },
      { replicas: 0, steps: [3] },
    ),
    started('A single replica is displaced', { replicas: 1 }, { replicas: 0, steps: [1] }),
    started('Ordinals may begin elsewhere', { start: 4 }, { replicas: 2, steps: [1] }),
    {
      title: 'That the canary is called 0 is frozen',
      given: world(wantingWorld(), withSpec({ fromZero: true }), allAllowed),
      decides: 'act startRollout',
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
            fromZero: true,
            touched: 0,
            ack: false,
            at: { started: now },
          },
        },
        replicas: 2,
      },
      tells: [note],
    },
    {
      title:
        'Several canaries keep their ordinals, whatever the spec says: a 0 would not tell whose claim it is',
      given: world(
        wantingWorld({ canaryReplicas: 2 }),
        withSpec({ fromZero: true }),
        withAnswers({ guard: yes }),
      ),
      decides: 'ask handover',
    },
    {
      title: 'Without canaries the promotion is decided with the start, and nobody is displaced',
      given: world(wantingWorld({ canaryReplicas: 0 }), withAnswers({ stableSet: yes })),
      decides: 'act startRollout',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 3,
          rollout: {
            from: 'old',
            to: 'new',
            replicas: 3,
            steps: [{ canaryReplicas: 0 }],
            step: 0,
            decision: 'promote',
            touched: 0,
            ack: false,
            at: { started: now, decided: now },
          },
        },
        replicas: 3,
      },
      tells: [note],
    },
    {
      title:
        'With no replica nothing starts: scaled up again, all would open their volumes with the new version at once',
      given: world(wantingWorld({ replicas: 0 }), withAnswers({ stableSet: yes })),
      decides: 'rest ScaledToZero',
      says:
        'No replica runs, so redis:7 waits: without a canary it would open every volume at once. ' +
        'Scale up (kubectl scale canarystatefulset redis -n default --replicas=N): the replicas come back on redis:6, then its canary starts.',
    },
    {
      title: 'The attempt is numbered above the last one and above every stored revision',
      given: ready(withRecord({ id: 9 })),
      decides: 'act startRollout',
      change: {
        record: {
          accepted: 'old',
          proven: true,
          id: 10,
          rollout: {
            from: 'old',
            to: 'new',
            replicas: 3,
            steps: [{ canaryReplicas: 1 }],
            step: 0,
            touched: 0,
            ack: false,
            at: { started: now },
          },
        },
        replicas: 2,
      },
      tells: [note],
    },
    {
      title: 'A new attempt forgets the revision that was rejected before',
      given: ready(withRecord({ rejected: 'third' })),
      decides: 'act startRollout',
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
            touched: 0,
            ack: false,
            at: { started: now },
          },
        },
        replicas: 2,
      },
      tells: [note],
    },
  ])
})

describe('start: the gates', () => {
  checkRows(start, [
    {
      title: 'The new revision is stored first, with the next number',
      given: ready(withRevisions(aRevision('old', 4))),
      decides: 'act createRevision',
      change: { revision: 'new', number: 5 },
      says: 'Creating revision new.',
    },
    {
      title: 'A canary set that is still there is waited for',
      given: ready(withCanary()),
      decides: 'wait RolloutStarting',
    },
    {
      title: 'A replica below the boundary that keeps crashing is named',
      given: ready(withPods(crashing(stablePod(0)))),
      decides: 'wait ReplicasUnavailable',
      says:
        'redis-stable-0 keeps crashing; the rollout waits for it. Mend the replica, or what it depends on. ' +
        'If the running version itself is broken, go straight to the new one, every replica and no canary: kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
    },
    {
      title: 'A replica below the boundary that is missing is waited for',
      given: ready(withoutPods('redis-stable-0')),
      decides: 'wait Healing',
    },
    {
      title: 'A terminating replica below the boundary is waited for',
      given: ready(withPods(stablePod(0, { deleting: true }))),
      decides: 'wait Healing',
    },
    {
      title: 'A replica to be displaced may be broken: so a bad one can be left behind',
      given: ready(withPods(crashing(stablePod(2)))),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'A replica to be displaced may be young',
      given: world(
        wantingWorld({ minReadySeconds: 5 }),
        allAllowed,
        withPods(stablePod(2, { readySince: now })),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'A replica to be displaced must run the accepted revision',
      given: ready(withPods(stablePod(2, { revision: 'third' }))),
      decides: 'wait Healing',
    },
    {
      title: 'A replica below the boundary must run the accepted revision',
      given: ready(withPods(stablePod(0, { revision: 'third' }))),
      decides: 'wait Healing',
    },
    {
      title: 'A replica to be displaced that is terminating is waited for',
      given: ready(withPods(stablePod(2, { deleting: true }))),
      decides: 'wait Healing',
      says: 'Waiting until every replica is available on redis:6.',
    },
    {
      title: 'A pod at or above N is waited for',
      given: ready(withPods(stablePod(3))),
      decides: 'wait Healing',
    },
    {
      title: 'A pod at or above N does not stand in for a missing one',
      given: ready(withoutPods('redis-stable-2'), withPods(stablePod(3))),
      decides: 'wait Healing',
    },
    {
      title: 'A set that its controller has not seen yet is waited for',
      given: ready(withStable({ observed: false })),
      decides: 'wait Healing',
    },
    {
      title: 'A lagging currentRevision is waited for, or an evicted pod would return on the revision before',
      given: ready(withStable({ caughtUp: false })),
      decides: 'wait Healing',
    },
    {
      title: 'A template that is not the accepted one is waited for',
      given: ready(withStable({ revision: 'third' })),
      decides: 'wait Healing',
    },
    {
      title: 'A displaced claim that is missing stops the start',
      given: ready(withoutClaim(2)),
      decides: 'wait ClaimMissing',
      says: 'Claim data-redis-stable-2 is missing: no rollout is started until its replica has it. Where one is under way, revert the spec.',
    },
    {
      title: 'Of several claims of a displaced replica each must be there',
      given: ready(withSpec({ claimTemplates: ['data', 'log'] })),
      decides: 'wait ClaimMissing',
      says: 'Claim log-redis-stable-2 is missing: no rollout is started until its replica has it. Where one is under way, revert the spec.',
    },
    {
      title: 'Replicas without claims need none',
      given: ready(withSpec({ claimTemplates: [] }), withoutClaim(0), withoutClaim(1), withoutClaim(2)),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Replicas without claims need no class for snapshots either',
      given: ready(
        withSpec({ claimTemplates: [], ...required }),
        withoutClaim(0),
        withoutClaim(1),
        withoutClaim(2),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Which class takes the snapshots is asked before a pod is touched',
      given: ready(withSpec(required)),
      decides: 'ask snapshotClasses',
    },
    {
      title: 'One of each is asked about, from the top the first that has a volume',
      given: ready(
        withSpec({ ...required, claimTemplates: ['data', 'log'] }),
        withClaims(
          ...[0, 1, 2].map((ordinal) =>
            aClaim(ordinal, { ...(ordinal < 2 && { volume: `volume-${ordinal}` }) }),
          ),
          ...[0, 1, 2].map((ordinal) =>
            aClaim(ordinal, { name: `log-redis-stable-${ordinal}`, volume: `log-${ordinal}` }),
          ),
        ),
      ),
      decides: 'ask snapshotClasses',
      question: {
        kind: 'snapshotClasses',
        policy: 'Required',
        className: undefined,
        claims: { data: 'data-redis-stable-1', log: 'log-redis-stable-2' },
      },
    },
    {
      title: 'Where they are tried for and there is no class, that is told once',
      given: ready(withSpec({ snapshots: auto }), withAnswers({ snapshotClasses: lacking })),
      decides: 'act startRollout',
      change: startOf({}),
      tells: [
        note,
        'This rollout takes no snapshots, so that a rollback would leave the version before with what the new one wrote: there is no class. Where that is meant: spec.volumes.snapshot.policy None',
      ],
    },
    {
      title: 'Not where Jobs back up instead',
      given: ready(
        withSpec({ ...backedUp, snapshots: auto }),
        withAnswers({ snapshotClasses: lacking, backupJob: yes, restoreJob: yes }),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Nor where nobody wants any',
      given: ready(withAnswers({ snapshotClasses: lacking })),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Without one no rollout is started where snapshots are required',
      given: ready(withSpec(required), withAnswers({ snapshotClasses: no('there is none') })),
      decides: 'wait SnapshotsRefused',
    },
    {
      title: 'Where no snapshots are taken the Job that backs up is asked for',
      given: ready(withSpec(backedUp)),
      decides: 'ask backupJob',
    },
    {
      title: 'And the one that restores, before it is needed',
      given: ready(withSpec(backedUp), withAnswers({ backupJob: yes })),
      decides: 'ask restoreJob',
    },
    {
      title: 'One that is refused stops the start',
      given: ready(withSpec(backedUp), withAnswers({ backupJob: yes, restoreJob: no('no image') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses the Job of spec.volumes.restore, so nothing was changed: no image',
    },
    {
      title: 'Both taken, the rollout is one with backups',
      given: ready(withSpec(backedUp), withAnswers({ backupJob: yes, restoreJob: yes })),
      decides: 'act startRollout',
      change: startOf({ backups: true }),
      tells: [note],
    },
    {
      title: 'So it is where snapshots are tried for, and the storage takes none',
      given: ready(
        withSpec({ ...backedUp, snapshots: auto }),
        withAnswers({ snapshotClasses: yes, backupJob: yes, restoreJob: yes }),
      ),
      decides: 'act startRollout',
      change: startOf({ backups: true }),
      tells: [note],
    },
    {
      title: 'Where the storage takes them nobody asks for Jobs',
      given: ready(
        withSpec({ ...backedUp, snapshots: auto }),
        withAnswers({ snapshotClasses: { yes: true, warnings: [], snapshotClasses: { data: 'csi' } } }),
      ),
      decides: 'act startRollout',
      change: startOf({ snapshotClasses: { data: 'csi' } }),
      tells: [note],
    },
    {
      title: 'Replicas without claims have nothing to back up',
      given: ready(
        withSpec({ ...backedUp, claimTemplates: [] }),
        withoutClaim(0),
        withoutClaim(1),
        withoutClaim(2),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'A displaced claim that is being deleted stops the start',
      given: ready(withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Any other held claim that is being deleted stops it too',
      given: ready(withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A claim at or above N that is being deleted is nobody’s',
      given: ready(withClaims(aClaim(3, { deleting: true }))),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title:
        'Above a displaced replica that cannot run, OrderedReady never made the others: they are not needed',
      given: world(
        wantingWorld({ canaryReplicas: 2 }),
        allAllowed,
        withPods(crashing(stablePod(1))),
        withoutPods('redis-stable-2'),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Their claims are',
      given: world(
        wantingWorld({ canaryReplicas: 2 }),
        allAllowed,
        withPods(crashing(stablePod(1))),
        withoutPods('redis-stable-2'),
        withoutClaim(2),
      ),
      decides: 'wait ClaimMissing',
    },
    {
      title: 'A Parallel set makes them all, so a missing one is waited for',
      given: world(
        wantingWorld({ canaryReplicas: 2, ordered: false }),
        allAllowed,
        withPods(crashing(stablePod(1))),
        withoutPods('redis-stable-2'),
      ),
      decides: 'wait Healing',
    },
    {
      title: 'Above a displaced replica that is on its way, a missing one is waited for',
      given: world(
        wantingWorld({ canaryReplicas: 2 }),
        allAllowed,
        withPods(unready(stablePod(1))),
        withoutPods('redis-stable-2'),
      ),
      decides: 'wait Healing',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Retention that would delete claims is waited for',
      given: ready(withStable({ retains: false })),
      decides: 'wait RolloutStarting',
    },
    {
      title: 'Without the accepted version at hand there is no way back, so no start',
      given: ready(withRevisions(aRevision('new', 2))),
      decides: 'wait RevisionMissing',
      says:
        'ControllerRevision redis-old, the way back of this rollout, is missing. ' +
        'Revert the spec to the running version for a moment, so that it is stored again.',
    },
    {
      title: 'A Service that is not headless stops the start',
      given: world(wantingWorld(), withWrongService),
      decides: 'wait ServiceNotHeadless',
    },
    {
      title: 'So does one that is missing and refused, in the words of the API server',
      given: world(wantingWorld(), withoutService, withAnswers({ service: no('exceeded quota') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses Service redis-headless, so nothing was changed: exceeded quota',
    },
    {
      title: 'A foreign pod on a displaced claim is waited for',
      given: ready(withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
      says: 'Pod debug also uses claim data-redis-stable-2: nothing is started on it until that pod is gone.',
    },
    {
      title: 'A foreign pod that has ended writes no more',
      given: ready(withPods(foreignPod(2, { phase: 'Succeeded' }))),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'A foreign pod that has not started yet may',
      given: ready(withPods(foreignPod(2, { phase: 'Pending' }))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'A foreign pod on a claim below the boundary is not in the way',
      given: ready(withPods(foreignPod(1))),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'An unprotected resource starts no rollout',
      given: ready(withResource({ unprotected: true })),
      decides: 'wait Unprotected',
      says:
        'No rollout is started while the resource is annotated canary.example.com/unprotected. Remove that: ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/unprotected-',
    },
    {
      title: 'Without a canary it does: no claim is shared',
      given: world(
        wantingWorld({ canaryReplicas: 0 }),
        withAnswers({ stableSet: yes }),
        withResource({ unprotected: true }),
      ),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'A young replica below the boundary is waited for',
      given: world(
        wantingWorld({ minReadySeconds: 5 }),
        allAllowed,
        withPods(stablePod(0, { readySince: now - second })),
      ),
      decides: 'wait Healing',
    },
    {
      title: 'A replica below the boundary that is not Ready is waited for until its time is over',
      given: ready(withPods(unready(stablePod(0)))),
      decides: 'wait Healing',
      wakeAt: now + 9 * minute,
    },
  ])
})

describe('start: the questions, in their order', () => {
  const two = wantingWorld({ canaryReplicas: 2 })
  checkRows(start, [
    {
      title: 'Is the guard policy in force?',
      given: wantingWorld(),
      decides: 'ask guard',
      says: 'Checking that the guard policy is in force before any pod is touched.',
    },
    {
      title: 'Without the guard no rollout is started',
      given: ready(withAnswers({ guard: no('a stranger may scale it', now + minute) })),
      decides: 'wait GuardMissing',
      says:
        'No rollout is started, because the admission policy canary-protect is not in force (a stranger may scale it) ' +
        'and a stranger could start a second writer. Install it with `make install`.',
      wakeAt: now + minute,
    },
    {
      title: 'Is the hand-over policy in force? (two canaries)',
      given: world(two, withAnswers({ guard: yes })),
      decides: 'ask handover',
    },
    {
      title: 'The hand-over policy does not make up for the guard',
      given: world(two, allAllowed, withAnswers({ guard: no('a stranger may scale it') })),
      decides: 'wait GuardMissing',
    },
    {
      title: 'Without the hand-over policy two canaries are not started',
      given: world(two, allAllowed, withAnswers({ handover: no('the claim name stayed', now + minute) })),
      decides: 'wait HandoverMissing',
      says:
        'More than one canary replica needs the admission policy canary-claim-handover (Kubernetes 1.36), which is not in force (the claim name stayed). ' +
        'Install it with `make install`, or ask for one canary only (spec.canaryReplicas, spec.strategy.steps).',
      wakeAt: now + minute,
    },
    {
      title: 'One canary does not need it',
      given: ready(withAnswers({ handover: no('the claim name stayed') })),
      decides: 'act startRollout',
      tells: [note],
    },
    {
      title: 'Would the API server take the stable set?',
      given: world(wantingWorld(), withAnswers({ guard: yes })),
      decides: 'ask stableSet',
      question: { kind: 'stableSet', revision: 'new' },
    },
    {
      title: 'A stable set that it refuses stops the start',
      given: ready(withAnswers({ stableSet: no('duplicate port name') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses StatefulSet redis-stable, so nothing was changed: duplicate port name',
    },
    {
      title: 'Would it take the canary set, with the claim of the displaced ordinal?',
      given: world(wantingWorld({ start: 4 }), withAnswers({ guard: yes, stableSet: yes })),
      decides: 'ask canarySet',
      question: { kind: 'canarySet', revision: 'new', claimOrdinal: 6 },
    },
    {
      title: 'A canary set that it refuses stops the start',
      given: ready(withAnswers({ canarySet: no('bad affinity') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses StatefulSet redis-canary, so nothing was changed: bad affinity',
    },
    {
      title: 'Would it take a canary pod? (two canaries: with the placeholder)',
      given: world(two, withAnswers({ guard: yes, handover: yes, stableSet: yes, canarySet: yes })),
      decides: 'ask canaryPod',
      question: { kind: 'canaryPod', revision: 'new', claimOrdinal: undefined },
    },
    {
      title: 'A canary pod that it refuses stops the start',
      given: ready(withAnswers({ canaryPod: no('exceeded quota', now + minute) })),
      decides: 'wait SetRefused',
      says: 'The API server refuses a canary pod, so nothing was changed: exceeded quota',
      wakeAt: now + minute,
    },
    {
      title: 'Without a canary only the stable set is asked about',
      given: wantingWorld({ canaryReplicas: 0 }),
      decides: 'ask stableSet',
    },
  ])
})

describe('start: paused by the spec', () => {
  checkRows(start, [
    {
      title: 'No rollout starts, though every gate is open',
      given: world(wantingWorld(), allAllowed, withSpec({ paused: true })),
      decides: 'wait RolloutPaused',
      says:
        'The rollout of redis:7 is paused by spec.paused and stays where it is. To go on: ' +
        `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"paused":false}}'. ` +
        'To take it back, revert the spec.',
    },
    {
      title: 'Where none is wanted there is nothing to say',
      given: world(stableWorld(), withSpec({ paused: true })),
      decides: 'nothing',
    },
  ])
})
