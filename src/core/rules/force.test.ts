import { describe } from 'vitest'
import {
  activeWorld,
  approvedWorld,
  clearedWorld,
  displacedWorld,
  patchedWorld,
  returnedWorld,
  rolledOutWorld,
  wantingWorld,
} from '../testing/rollout-worlds.ts'
import {
  aJob,
  allAllowed,
  canaryPod,
  crashing,
  migrating,
  newWorld,
  no,
  snapshotting,
  stablePod,
  stableWorld,
  wanting,
  withAnswers,
  withCanary,
  withClaimDeleting,
  withJobs,
  withoutCanary,
  withPods,
  withRecord,
  withResource,
  withRevisions,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { force } from './force.ts'

const forced = (revision: string) => withResource({ force: revision })
const name = 'canary.example.com/force'
const straight = (revision: string, replicas = 3) => ({
  record: { accepted: revision, proven: false, id: 3 },
  revision,
  replicas,
  partition: 0,
})
const told = (image: string) => [`${image} goes straight in, without a canary`]
const giving =
  'Forcing redis:7, every replica and no canary: giving stable the new version and all its replicas.'

describe('force: what it leaves to others', () => {
  checkRows(force, [
    { title: 'Without the annotation', given: activeWorld(), decides: 'nothing' },
    {
      title: 'Without a stable set: that is for the rule that makes one',
      given: world(newWorld(), forced('old')),
      decides: 'nothing',
    },
    {
      title: 'With a record that cannot be read',
      given: world(stableWorld(), withStable({ record: '{}' }), wanting('new'), forced('new')),
      decides: 'nothing',
    },
  ])
})

describe('force: an annotation that is removed', () => {
  checkRows(force, [
    {
      title: 'One of a revision that the spec does not ask for: spec and cluster would part',
      given: world(activeWorld(), forced('old')),
      decides: 'act removeAnnotation',
      change: { name, value: 'old', heeded: false },
      tells: [`Annotation ${name}=old was removed: only what the spec asks for is forced, revision new`],
    },
    {
      title: 'A word that is no revision',
      given: world(wantingWorld(), forced('true')),
      decides: 'act removeAnnotation',
      tells: [`Annotation ${name}=true was removed: only what the spec asks for is forced, revision new`],
    },
    {
      title: 'One of the revision that stable is to run',
      given: world(stableWorld(), forced('old')),
      decides: 'act removeAnnotation',
      tells: [`Annotation ${name}=old was removed: stable is to run that revision already`],
    },
    {
      title: 'One that was heeded, without a word, and before anything else',
      given: world(stableWorld(), withRecord({ proven: false }), forced('old')),
      decides: 'act removeAnnotation',
      change: { name, value: 'old', heeded: true },
    },
    {
      title: 'The acceptance of the loss that let it go on, before it, and without a word',
      given: world(
        stableWorld(),
        withRecord({ proven: false }),
        forced('old'),
        withResource({ acceptDataLoss: 'new' }),
      ),
      decides: 'act removeAnnotation',
      change: { name: 'canary.example.com/accept-data-loss', value: 'new', heeded: true },
    },
    {
      title: 'One that a first deployment does not need, without a word',
      given: world(wantingWorld(), withRecord({ proven: false }), forced('new')),
      decides: 'act removeAnnotation',
    },
  ])
})

describe('force: at rest', () => {
  const broken = world(wantingWorld(), withPods(crashing(stablePod(0))), forced('new'))
  checkRows(force, [
    {
      title: 'One patch takes the new version in where the running one is broken',
      given: world(broken, allAllowed),
      decides: 'act force',
      change: { ...straight('new'), record: { accepted: 'new', proven: false, id: 1 } },
      says: giving,
      tells: told('redis:7'),
    },
    {
      title: 'The API server is asked first',
      given: broken,
      decides: 'ask stableSet',
    },
    {
      title: 'What it refuses is not written',
      given: world(broken, withAnswers({ stableSet: no('spec.template: Invalid value') })),
      decides: 'wait SetRefused',
    },
    {
      title: 'The version is stored before it is used',
      given: world(broken, allAllowed, withRevisions()),
      decides: 'act createRevision',
    },
    {
      title: 'Not while a claim is being deleted: pods would go',
      given: world(broken, allAllowed, withClaimDeleting(0)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Not before claims are retained',
      given: world(broken, allAllowed, withStable({ retains: false })),
      decides: 'act putBackSettings',
    },
    {
      title: 'Nor before the controller has seen that',
      given: world(broken, allAllowed, withStable({ observed: false })),
      decides: 'wait Settling',
    },
    {
      title: 'A rejected version is taken in as well, and is not rejected any more',
      given: world(wantingWorld(), withRecord({ rejected: 'new' }), allAllowed, forced('new')),
      decides: 'act force',
      change: { ...straight('new'), record: { accepted: 'new', proven: false, id: 1 } },
      tells: told('redis:7'),
    },
    {
      title: 'That the restore of an earlier attempt was given up stays known',
      given: world(wantingWorld(), withRecord({ unrestoredAttempts: [1] }), allAllowed, forced('new')),
      decides: 'act force',
      change: {
        ...straight('new'),
        record: { accepted: 'new', proven: false, id: 1, unrestoredAttempts: [1] },
      },
      tells: told('redis:7'),
    },
    {
      title: 'A pause of the spec does not hold it',
      given: world(broken, allAllowed, withSpec({ paused: true })),
      decides: 'act force',
      tells: told('redis:7'),
    },
    {
      title: 'A canary set that was left behind goes first',
      given: world(broken, allAllowed, withCanary()),
      decides: 'act deleteSet',
    },
  ])
})

describe('force: past a migration that cannot be taken back', () => {
  const past = world(approvedWorld(), allAllowed, migrating({ started: true, irreversible: true }))
  const job = withJobs(aJob({ suspended: false }))
  const accept = 'kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new'
  const forward = `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:7"}}'`
  checkRows(force, [
    {
      title: 'The version before is held until somebody accepts the loss',
      given: world(past, job, wanting('old'), forced('old')),
      decides: 'wait MigrationIrreversible',
      says:
        'redis:7 is not rolled back (annotation canary.example.com/force asks for redis:6): its migration has begun, cannot be taken back, ' +
        `and no snapshot covers what it wrote. To go on: ${forward}. To go back all the same, and have redis:6 open what the migration left: ${accept}`,
    },
    {
      title: 'So is a third version, which would open it',
      given: world(past, job, wanting('third'), forced('third')),
      decides: 'wait MigrationIrreversible',
      says:
        'redis:7 is not rolled back (annotation canary.example.com/force asks for redis:8): its migration has begun, cannot be taken back, ' +
        `and no snapshot covers what it wrote. To go on: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:7"}}'. ` +
        `To go back all the same, and have redis:8 open what the migration left: ${accept}`,
    },
    {
      title: 'Nor is anything restored for it where somebody else migrates, which is recorded first',
      given: world(
        approvedWorld(),
        allAllowed,
        snapshotting(2),
        migrating({ type: 'External', irreversible: true }),
        withJobs(aJob({ name: 'theirs', ours: false, suspended: false })),
        wanting('third'),
        forced('third'),
      ),
      decides: 'act startMigration',
      tells: ['The migration to redis:7 started, Job theirs'],
    },
    {
      title: 'And then it is held',
      given: world(
        approvedWorld(),
        allAllowed,
        snapshotting(2),
        migrating({ type: 'External', irreversible: true, started: true }),
        wanting('third'),
        forced('third'),
      ),
      decides: 'wait MigrationIrreversible',
    },
    {
      title: 'Meanwhile its end is recorded',
      given: world(
        past,
        withJobs(aJob({ suspended: false, outcome: 'complete' })),
        wanting('old'),
        forced('old'),
      ),
      decides: 'act recordMigrated',
      tells: ['The migration to redis:7 is complete'],
    },
    {
      title: 'Once it is accepted its Job ends first',
      given: world(past, job, wanting('old'), withResource({ force: 'old', acceptDataLoss: 'new' })),
      decides: 'act deleteJob',
    },
    {
      title: 'The new version goes in without a word: it is what the migration was for',
      given: world(past, job, forced('new')),
      decides: 'act deleteJob',
    },
    {
      title: 'One that has not begun holds nothing',
      given: world(
        approvedWorld(),
        allAllowed,
        migrating({ irreversible: true }),
        wanting('old'),
        forced('old'),
      ),
      decides: 'act emptyCanary',
    },
  ])
})

describe('force: in a rollout', () => {
  checkRows(force, [
    {
      title: 'The canary goes first',
      given: world(activeWorld(), allAllowed, forced('new')),
      decides: 'act emptyCanary',
      says: 'Forcing redis:7, every replica and no canary: taking the canary away.',
    },
    {
      title: 'Not while its claim is being deleted',
      given: world(activeWorld(), allAllowed, withClaimDeleting(2), forced('new')),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A terminating canary still writes',
      given: world(
        activeWorld(),
        allAllowed,
        withCanary({ replicas: 0 }),
        withPods(canaryPod(2, { deleting: true })),
        forced('new'),
      ),
      decides: 'wait Forcing',
    },
    {
      title: 'Its set is deleted, so that no late write arms it',
      given: world(displacedWorld(), withCanary(), allAllowed, forced('new')),
      decides: 'act deleteSet',
    },
    {
      title: 'Then one patch leaves the rollout, with the replicas of the spec and no partition',
      given: world(activeWorld(), withoutCanary, allAllowed, withSpec({ replicas: 5 }), forced('new')),
      decides: 'act force',
      change: straight('new', 5),
      says: giving,
      tells: told('redis:7'),
    },
    {
      title: 'Also back to the version that it came from, where the spec asks for that',
      given: world(activeWorld(), withoutCanary, allAllowed, wanting('old'), forced('old')),
      decides: 'act force',
      change: straight('old'),
      tells: told('redis:6'),
    },
    {
      title: 'Also one whose version before was never whole',
      given: world(activeWorld(), withoutCanary, withRecord({ proven: false }), allAllowed, forced('new')),
      decides: 'act force',
      tells: told('redis:7'),
    },
    {
      title: 'Also while a promotion is decided',
      given: world(approvedWorld(), allAllowed, forced('new')),
      decides: 'act emptyCanary',
    },
    {
      title: 'Before its one patch',
      given: world(clearedWorld(), allAllowed, forced('new')),
      decides: 'act force',
      change: straight('new'),
      tells: told('redis:7'),
    },
    {
      title: 'And after it, where the partition falls at once',
      given: world(patchedWorld(), allAllowed, forced('new')),
      decides: 'act force',
      change: straight('new'),
      tells: told('redis:7'),
    },
    {
      title: 'Also out of a rollback that is blocked',
      given: world(returnedWorld(), withPods(crashing(stablePod(2))), allAllowed, forced('new')),
      decides: 'act force',
      change: straight('new'),
      tells: told('redis:7'),
    },
    {
      title: 'Or that has just begun, to a third version',
      given: world(rolledOutWorld(), allAllowed, wanting('third'), withRevisions(), forced('third')),
      decides: 'act createRevision',
    },
  ])
})
