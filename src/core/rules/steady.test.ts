import { describe } from 'vitest'
import { activeWorld, wantingWorld } from '../testing/rollout-worlds.ts'
import type { Observation } from '../observation.ts'
import {
  aClaim,
  aKeptVolume,
  aRevision,
  canaryPod,
  type Change,
  crashing,
  minute,
  newWorld,
  no,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  wanting,
  withAnswers,
  withCanary,
  withClaimDeleting,
  withClaims,
  withKeptVolumes,
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
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { steady } from './steady.ts'

const healing = 'Waiting until every replica is available on redis:6.'
/** `new` was tried and failed; the spec still asks for it. */
const rejectedWorld = world(wantingWorld(), withRecord({ rejected: 'new' }))

/** `old` runs; of the others `new` did before `third`. */
const history = [aRevision('old', 4), aRevision('new', 2), aRevision('third', 3)]

describe('steady: what it leaves to others', () => {
  checkRows(steady, [
    { title: 'Without a stable set the next rule is asked', given: newWorld(), decides: 'nothing' },
    {
      title: 'An unproven revision is not its business',
      given: world(stableWorld(), withRecord({ proven: false })),
      decides: 'nothing',
    },
    { title: 'A rollout is not its business', given: activeWorld(), decides: 'nothing' },
    { title: 'A new revision is left to the start gate', given: wantingWorld(), decides: 'nothing' },
  ])
})

const unrestored =
  'Not restored in the last rollback, but as the new version left it: claim data-redis-stable-2.'

/** The volume that attempt 3 took out of use is back. */
function notRestored(...changes: readonly Change[]): Observation {
  return world(
    stableWorld(),
    withRecord({ id: 3 }),
    withClaims(aClaim(2, { volume: 'volume-2' })),
    withKeptVolumes(aKeptVolume(2)),
    withRevisions(aRevision('old', 2), aRevision('new', 1)),
    ...changes,
  )
}

describe('steady: rest', () => {
  checkRows(steady, [
    {
      title: 'All replicas available on the accepted revision is rest',
      given: stableWorld(),
      decides: 'rest Stable',
      says: 'All replicas run redis:6.',
    },
    {
      title:
        'That the restore of the last rollback was given up is said for as long as no other rollout begins',
      given: notRestored(),
      decides: 'rest Stable',
      says: `All replicas run redis:6. ${unrestored}`,
    },
    {
      title: 'The same beside what was rejected',
      given: notRestored(wanting('new'), withRecord({ rejected: 'new' })),
      decides: 'rest RevisionRejected',
      says:
        `redis:7 was rejected and is not tried again; the replicas run the version before it. ${unrestored} ` +
        'Revert the spec, change it to another version, or try this one again: kubectl annotate canarystatefulset redis -n default canary.example.com/retry=true',
    },
    {
      title: 'And beside a replica that may be broken for that',
      given: notRestored(withPods(crashing(stablePod(2)))),
      decides: 'wait ReplicaBroken',
      says:
        `redis-stable-2 keeps crashing on redis:6. Its claim is kept as it is. ${unrestored} ` +
        'Mend what it depends on; or, if it cannot open its data, set spec.image to a version that can.',
    },
    {
      title: 'Of a rollout before the last one nothing is said',
      given: notRestored(withRecord({ id: 9 }), withPods(crashing(stablePod(2)))),
      decides: 'wait ReplicaBroken',
      says:
        'redis-stable-2 keeps crashing on redis:6. Its claim is kept as it is. ' +
        'Mend what it depends on; or, if it cannot open its data, set spec.image to a version that can.',
    },
    {
      title: 'Nor of a claim that has another volume by now',
      given: notRestored(withClaims(aClaim(2, { volume: 'another' }))),
      decides: 'rest Stable',
      says: 'All replicas run redis:6.',
    },
    {
      title: 'Nor of one that has what was restored, by a person who bound it again',
      given: notRestored(withKeptVolumes(aKeptVolume(2, { restored: true }))),
      decides: 'rest Stable',
      says: 'All replicas run redis:6.',
    },
    {
      title: 'A Service that is not headless is said at rest, too',
      given: world(stableWorld(), withWrongService),
      decides: 'wait ServiceNotHeadless',
    },
    {
      title: 'One that is missing and refused as well, and asked for again at its time',
      given: world(stableWorld(), withoutService, withAnswers({ service: no('quota', now + minute) })),
      decides: 'wait SetRefused',
      says: 'The API server refuses Service redis-headless, so nothing was changed: quota',
      wakeAt: now + minute,
    },
    { title: 'Ordinals may begin elsewhere', given: stableWorld({ start: 7 }), decides: 'rest Stable' },
    {
      title: 'A claim that is being deleted under a replica that runs is for people',
      given: world(stableWorld(), withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'One that no replica has is nobody’s business',
      given: world(stableWorld(), withClaimDeleting(7)),
      decides: 'rest Stable',
    },
    { title: 'Zero replicas are at rest', given: stableWorld({ replicas: 0 }), decides: 'rest Stable' },
    {
      title: 'Zero replicas are at rest while the last pod ends, too',
      given: world(stableWorld({ replicas: 0 }), withPods(stablePod(0, { deleting: true }))),
      decides: 'rest Stable',
    },
    {
      title: 'A stored version that somebody deleted is stored again, before a rollout needs it',
      given: world(stableWorld(), withRevisions()),
      decides: 'act createRevision',
      change: { revision: 'old', number: 2 },
    },
    {
      title: 'The oldest stored version beyond the limit is deleted, one at a time',
      given: world(stableWorld(), withSpec({ revisionHistoryLimit: 0 }), withRevisions(...history)),
      decides: 'act deleteRevision',
      change: { stored: { name: 'redis-new', uid: 'redis-new-uid', resourceVersion: '100' } },
      says: 'Deleting the stored revision of redis:7, the oldest beyond spec.template.revisionHistoryLimit.',
    },
    {
      title: 'Up to the limit they are kept',
      given: world(stableWorld(), withSpec({ revisionHistoryLimit: 2 }), withRevisions(...history)),
      decides: 'rest Stable',
    },
    {
      title: 'The one that runs is kept',
      given: world(stableWorld(), withSpec({ revisionHistoryLimit: 0 }), withRevisions(aRevision('old', 4))),
      decides: 'rest Stable',
    },
    {
      title: 'The one that runs is the newest: after a rollback what was tried in between is older',
      given: world(
        stableWorld(),
        withSpec({ revisionHistoryLimit: 0 }),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
      ),
      decides: 'act renewRevision',
      change: { stored: { name: 'redis-old', uid: 'redis-old-uid', resourceVersion: '100' }, number: 6 },
      says: 'Numbering the stored revision of redis:6 as the newest, since it is what runs.',
    },
    {
      title: 'Its number is above that of every attempt, too',
      given: world(
        stableWorld(),
        withRecord({ id: 8 }),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
      ),
      decides: 'act renewRevision',
      change: { stored: { name: 'redis-old', uid: 'redis-old-uid', resourceVersion: '100' }, number: 9 },
    },
    {
      title: 'Once refused it is asked for by dry run',
      given: world(
        stableWorld(),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
        withAnswers({ renewal: { yes: false, message: 'no rights', askAgainAt: now } }),
      ),
      decides: 'ask renewal',
    },
    {
      title: 'And holds up nothing meanwhile',
      given: world(
        stableWorld(),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
        withAnswers({ renewal: { yes: false, message: 'no rights', askAgainAt: now + 1 } }),
      ),
      decides: 'rest Stable',
    },
    {
      title: 'Once it is no longer refused it is done',
      given: world(
        stableWorld(),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
        withAnswers({ renewal: { yes: true, warnings: [] } }),
      ),
      decides: 'act renewRevision',
    },
    {
      title: 'So it is before another rollout starts, and its version is stored',
      given: world(wantingWorld(), withRevisions(aRevision('old', 1), aRevision('third', 2))),
      decides: 'act renewRevision',
    },
    {
      title: 'One that somebody deleted cannot be',
      given: world(wantingWorld(), withRevisions(aRevision('third', 2))),
      decides: 'nothing',
    },
    {
      title: 'A rejected one is kept, as it is numbered, while the spec still asks for it',
      given: world(
        stableWorld(),
        wanting('new'),
        withRecord({ rejected: 'new' }),
        withSpec({ revisionHistoryLimit: 0 }),
        withRevisions(aRevision('old', 4), aRevision('new', 5)),
      ),
      decides: 'rest RevisionRejected',
    },
    {
      title: 'Nothing is deleted when a rollout is about to start',
      given: world(
        stableWorld(),
        wanting('third'),
        withSpec({ revisionHistoryLimit: 0 }),
        withRevisions(...history),
      ),
      decides: 'nothing',
    },
    {
      title: 'What is about to start is numbered higher by right',
      given: world(wantingWorld(), withRevisions(aRevision('old', 1), aRevision('new', 2))),
      decides: 'nothing',
    },
    {
      title: 'A missing replica is waited for',
      given: world(stableWorld(), withoutPods('redis-stable-1')),
      decides: 'wait Healing',
      says: healing,
    },
    {
      title: 'A replica that is not Ready is waited for until its time is over',
      given: world(stableWorld(), withPods(unready(stablePod(1)))),
      decides: 'wait Healing',
      says: healing,
      wakeAt: now + 9 * minute,
    },
    {
      title: 'A replica that keeps crashing needs a person',
      given: world(stableWorld(), withPods(crashing(stablePod(1)))),
      decides: 'wait ReplicaBroken',
      says:
        'redis-stable-1 keeps crashing on redis:6. Its claim is kept as it is. ' +
        'Mend what it depends on; or, if it cannot open its data, set spec.image to a version that can.',
    },
    {
      title: 'A replica that is not Ready for too long needs one, too',
      given: world(stableWorld(), withPods(unready(stablePod(1), now - 10 * minute))),
      decides: 'wait ReplicaBroken',
    },
    {
      title: 'A young replica is waited for',
      given: world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(1, { readySince: now - second }))),
      decides: 'wait Healing',
    },
    {
      title: 'A terminating replica is waited for',
      given: world(stableWorld(), withPods(stablePod(1, { deleting: true }))),
      decides: 'wait Healing',
    },
    {
      title: 'A set that its controller has not seen yet is waited for',
      given: world(stableWorld(), withStable({ observed: false })),
      decides: 'wait Healing',
    },
    {
      title: 'A rejected revision is not tried again, and said',
      given: rejectedWorld,
      decides: 'rest RevisionRejected',
      says:
        'redis:7 was rejected and is not tried again; the replicas run the version before it. ' +
        'Revert the spec, change it to another version, or try this one again: ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/retry=true',
    },
    {
      title: 'A rejection holds while replicas are scaled: it is the revision that was rejected',
      given: world(
        rejectedWorld,
        withSpec({ replicas: 2 }),
        withStable({ replicas: 2 }),
        withoutPods('redis-stable-2'),
      ),
      decides: 'rest RevisionRejected',
    },
    {
      title: 'A third revision is left to the start gate',
      given: world(rejectedWorld, withRevisions(...history), wanting('third')),
      decides: 'nothing',
    },
  ])
})

describe('steady: putting back', () => {
  checkRows(steady, [
    {
      title: 'More replicas are wanted',
      given: world(stableWorld(), withSpec({ replicas: 5 })),
      decides: 'act scale',
      change: { replicas: 5 },
    },
    {
      title: 'Fewer replicas are wanted',
      given: world(stableWorld(), withSpec({ replicas: 1 })),
      decides: 'act scale',
      change: { replicas: 1 },
    },
    {
      title: 'Replicas are scaled while a revision stays rejected',
      given: world(rejectedWorld, withSpec({ replicas: 4 })),
      decides: 'act scale',
      change: { replicas: 4 },
    },
    {
      title: 'Replicas come before a new revision, which then finds them all at the accepted one',
      given: world(wantingWorld(), withSpec({ replicas: 4 })),
      decides: 'act scale',
      change: { replicas: 4 },
    },
    {
      title: 'A partition that somebody left is put back',
      given: world(stableWorld(), withStable({ partition: 2 })),
      decides: 'act putBackSettings',
      change: { partition: 0 },
    },
    {
      title: 'A template that is not the accepted one is put back',
      given: world(stableWorld(), withStable({ revision: '' })),
      decides: 'act revertTemplate',
      change: { partition: 0, revision: 'old' },
    },
    {
      title: 'No pod is replaced by that while a claim is being deleted',
      given: world(stableWorld(), withStable({ revision: '' }), withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not without the accepted version at hand',
      given: world(wantingWorld(), withStable({ revision: '' }), withRevisions(aRevision('new', 2))),
      decides: 'wait RevisionMissing',
    },
    {
      title: 'The accepted version is stored again while the spec still tells it',
      given: world(stableWorld(), withStable({ revision: '' }), withRevisions()),
      decides: 'act createRevision',
      change: { revision: 'old', number: 2 },
    },
    {
      title: 'A rejection ends when the spec is reverted',
      given: world(stableWorld(), withRecord({ rejected: 'new' })),
      decides: 'act clearRejected',
      change: { record: { accepted: 'old', proven: true, id: 1 } },
    },
    {
      title: 'A rejection ends when a person wants another try',
      given: world(rejectedWorld, withResource({ retry: 'true' })),
      decides: 'act clearRejected',
      change: { record: { accepted: 'old', proven: true, id: 1 } },
    },
    {
      title: 'The revision asks for one as well',
      given: world(rejectedWorld, withResource({ retry: 'new' })),
      decides: 'act clearRejected',
    },
    {
      title: 'Another revision does not',
      given: world(rejectedWorld, withResource({ retry: 'third' })),
      decides: 'rest RevisionRejected',
    },
    {
      title: 'A retry while the spec asks for a third revision clears nothing: that one is tried anyhow',
      given: world(
        rejectedWorld,
        withRevisions(...history),
        wanting('third'),
        withResource({ retry: 'true' }),
      ),
      decides: 'nothing',
    },
    {
      title: 'A broken pod of a revision that is not wanted any more is deleted',
      given: world(
        stableWorld(),
        withRevisions(aRevision('old', 1), aRevision('new', 2)),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
      ),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'Not while a claim is being deleted',
      given: world(
        stableWorld(),
        withPods(crashing(stablePod(2, { revision: 'new' }))),
        withClaimDeleting(2),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A broken pod of the accepted revision is left alone',
      given: world(stableWorld(), withPods(crashing(stablePod(2)))),
      decides: 'wait ReplicaBroken',
    },
  ])
})

describe('steady: a canary that should not be there', () => {
  checkRows(steady, [
    {
      title: 'An armed one is emptied',
      given: world(stableWorld(), withCanary({ replicas: 1, ordinalsStart: 2 })),
      decides: 'act emptyCanary',
      says: 'Removing StatefulSet redis-canary, which no rollout needs.',
    },
    {
      title: 'An emptied one is waited for while it has pods',
      given: world(stableWorld(), withCanary(), withPods(canaryPod(2))),
      decides: 'wait CanaryLeft',
    },
    {
      title: 'One whose controller has not seen the 0 is waited for',
      given: world(stableWorld(), withCanary({ observed: false })),
      decides: 'wait CanaryLeft',
    },
    {
      title: 'One that is being deleted is waited for before stable is scaled beside it',
      given: world(stableWorld(), withCanary({ deleting: true }), withSpec({ replicas: 4 })),
      decides: 'wait CanaryLeft',
    },
    {
      title: 'A pod that outlives its set is taken away, too',
      given: world(stableWorld(), withPods(canaryPod(2, { orphan: true })), withSpec({ replicas: 4 })),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-canary-2', uid: 'redis-canary-2-uid' } },
    },
    {
      title: 'It is not emptied while a held claim is being deleted',
      given: world(stableWorld(), withCanary({ replicas: 1, ordinalsStart: 2 }), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    { title: 'An inert one is deleted', given: world(stableWorld(), withCanary()), decides: 'act deleteSet' },
    {
      title: 'It goes before stable is scaled',
      given: world(stableWorld(), withCanary(), withSpec({ replicas: 4 })),
      decides: 'act deleteSet',
    },
    {
      title: 'It goes while a revision stays rejected',
      given: world(rejectedWorld, withCanary({ replicas: 1, ordinalsStart: 2 })),
      decides: 'act emptyCanary',
    },
  ])
})
