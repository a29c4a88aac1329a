import { describe } from 'vitest'
import { forward } from '../rules/forward.ts'
import { promote } from '../rules/promote.ts'
import { decide } from '../rules/decide.ts'
import type { JobView } from '../observation.ts'
import {
  aJob,
  approvedBy,
  canaryPod,
  foreignPod,
  jobPod,
  migrating,
  minute,
  now,
  recordOf,
  snapshotting,
  stablePod,
  unready,
  wanting,
  withClaimDeleting,
  withJobs,
  withPods,
  withResource,
  withRollout,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import {
  activeWorld,
  approvedWorld,
  clearedWorld,
  displacedWorld,
  patchedWorld,
  startedAt,
} from '../testing/rollout-worlds.ts'

const approved = world(approvedWorld(), migrating(), withJobs(aJob()))
const started = migrating({ started: true })
const running = aJob({ suspended: false })
const complete = aJob({ suspended: false, outcome: 'complete' })
const failed = aJob({
  suspended: false,
  outcome: 'failed',
  trouble: 'Job has reached the specified backoff limit',
})
const cleared = world(clearedWorld(), migrating({ mountsClaims: true }), withJobs(aJob()))
const clearedStarted = world(clearedWorld(), migrating({ mountsClaims: true, started: true }))
const first = { timing: 'BeforeCanary', mountsClaims: true } as const
const displaced = world(displacedWorld(), migrating(first), withJobs(aJob()))
const name = 'redis-migrate-resource-3'
const ref = { name, uid: `${name}-uid`, resourceVersion: '100' }
const begun = [`The migration to redis:7 started, Job ${name}`]
const ended = ['The migration to redis:7 is complete']
const theirs = (changes: Partial<JobView>): JobView => ({
  ...aJob({ name: 'theirs', uid: 'theirs-uid', ours: false, suspended: false }),
  ...changes,
})
const external = world(approvedWorld(), migrating({ type: 'External' }))
const externalStarted = world(
  approvedWorld(),
  migrating({ type: 'External', irreversible: true, started: true }),
)
const failedTwice = [
  theirs({ outcome: 'failed', createdAt: startedAt + minute }),
  theirs({ name: 'again', uid: 'again-uid', outcome: 'failed', createdAt: startedAt + 2 * minute }),
]
const another =
  'To try it again, make another Job, with the labels canary.example.com/migration=redis and canary.example.com/revision=new: the rollout goes on with that. '
const externalForGood = world(approvedWorld(), migrating({ type: 'External', irreversible: true }))
const begunIrreversibly = {
  ...recordOf(world(approvedWorld(), migrating({ irreversible: true }))).rollout?.migration,
  started: true,
}
const knowing = (...earlier: string[]) => world(approvedWorld(), migrating({ type: 'External', earlier }))
const heldByHand = withSpec({ automaticRollback: false })

function recording(base: Parameters<typeof recordOf>[0], changes: object) {
  const record = recordOf(base)
  const { rollout } = record
  return { record: { ...record, rollout: { ...rollout, ...changes } } }
}

describe('a migration beside the canary', () => {
  checkRows(promote, [
    {
      title: 'Its start is recorded before its Job can run',
      given: approved,
      decides: 'act startMigration',
      change: recording(approved, { migration: { ...recordOf(approved).rollout?.migration, started: true } }),
      tells: begun,
    },
    {
      title: 'Then its Job is resumed',
      given: world(approved, started),
      decides: 'act resumeJob',
      change: { job: ref },
    },
    {
      title: 'While it runs nothing else moves',
      given: world(approved, started, withJobs(running)),
      decides: 'wait MigratingData',
      says: `Job ${name} migrates to redis:7, and nothing else moves until it ends. What it does: kubectl logs job/${name} -n default. To take the rollout back, revert the spec.`,
    },
    {
      title: 'What ails its pod is said',
      given: world(
        approved,
        started,
        withJobs(running),
        withPods(jobPod(undefined, { phase: 'Pending', unschedulable: true })),
      ),
      decides: 'wait MigratingData',
      says: `Job ${name} migrates to redis:7, and nothing else moves until it ends; ${name}-pod finds no node (look at its events). What it does: kubectl logs job/${name} -n default. To take the rollout back, revert the spec.`,
    },
    {
      title: 'Its end is recorded before anything rests on it',
      given: world(approved, started, withJobs(complete)),
      decides: 'act recordMigrated',
      change: recording(approved, {
        migration: { ...recordOf(approved).rollout?.migration, started: true, done: true },
      }),
      tells: ended,
    },
    {
      title: 'Once it is done the canary goes, whatever became of the Job',
      given: world(approved, migrating({ started: true, done: true }), withJobs()),
      decides: 'act emptyCanary',
    },
    {
      title: 'It does not start while a replica below is not available',
      given: world(approved, withPods(unready(stablePod(0)))),
      decides: 'wait Healing',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Once it has started such a replica does not keep its end from being recorded',
      given: world(approved, started, withJobs(complete), withPods(unready(stablePod(0)))),
      decides: 'act recordMigrated',
      tells: ended,
    },
    {
      title: 'A failure is held where nothing is rolled back by itself',
      given: world(approved, started, heldByHand, withJobs(failed)),
      decides: 'wait MigrationFailed',
      says: `The migration to redis:7 failed: its Job ${name} failed: Job has reached the specified backoff limit (kubectl logs job/${name} -n default). Its rollout is held, because spec.rollback.automatic is false. To take it back, revert the spec, or: kubectl annotate canarystatefulset redis -n default canary.example.com/abort=true`,
    },
    {
      title: 'After the one patch nobody asks for it',
      given: world(patchedWorld(), migrating({ started: true, done: true })),
      decides: 'act lowerPartition',
    },
  ])
})

describe('a migration that has failed while the rollout is paused', () => {
  const first = migrating({ timing: 'BeforeCanary', started: true })
  checkRows(forward, [
    {
      title: 'It is held by the pause, and says so',
      given: world(displacedWorld(), first, withSpec({ paused: true }), withJobs(failed)),
      decides: 'wait MigrationFailed',
      says: `The migration to redis:7 failed: its Job ${name} failed: Job has reached the specified backoff limit (kubectl logs job/${name} -n default). Its rollout is held, because spec.paused is true. To take it back, revert the spec, or: kubectl annotate canarystatefulset redis -n default canary.example.com/abort=true`,
    },
    {
      title: 'Without it, too, where nothing is rolled back by itself',
      given: world(displacedWorld(), first, withSpec({ paused: true }), heldByHand, withJobs(failed)),
      decides: 'wait MigrationFailed',
      says: `The migration to redis:7 failed: its Job ${name} failed: Job has reached the specified backoff limit (kubectl logs job/${name} -n default). Its rollout is held, because spec.rollback.automatic is false. To take it back, revert the spec, or: kubectl annotate canarystatefulset redis -n default canary.example.com/abort=true`,
    },
  ])
})

describe('a migration on the claims', () => {
  checkRows(promote, [
    {
      title: 'The canary goes first',
      given: world(approvedWorld(), migrating({ mountsClaims: true }), withJobs(aJob())),
      decides: 'act emptyCanary',
    },
    { title: 'Then it starts', given: cleared, decides: 'act startMigration', tells: begun },
    {
      title: 'Not while a pod of somebody else has a claim',
      given: world(cleared, withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'Not while a claim is being deleted',
      given: world(cleared, withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'A stable set that a stranger has scaled is put back first',
      given: world(cleared, withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'A stray replica has to be gone first',
      given: world(cleared, withPods(stablePod(2))),
      decides: 'wait MigratingData',
    },
    {
      title: 'Also before its Job is resumed',
      given: world(clearedStarted, withJobs(aJob()), withPods(foreignPod(2))),
      decides: 'wait ForeignPod',
    },
    {
      title: 'Nor does one stay that was scaled up while it runs',
      given: world(clearedStarted, withJobs(running), withPods(jobPod(2)), withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'One that somebody deletes is waited for: once it is gone it has failed',
      given: world(clearedStarted, withJobs(aJob({ suspended: false, deleting: true, deletingSince: now }))),
      decides: 'wait MigratingData',
      wakeAt: now + 10 * minute,
    },
    {
      title: 'Where a finalizer keeps it that is for people',
      given: world(
        clearedStarted,
        withJobs(aJob({ suspended: false, deleting: true, deletingSince: now - 10 * minute })),
      ),
      decides: 'wait JobStuck',
    },
    {
      title: 'While it runs whoever comes is no reason to stop',
      given: world(clearedStarted, withJobs(running), withPods(jobPod(2), foreignPod(2))),
      decides: 'wait MigratingData',
    },
    {
      title: 'A Job that somebody resumed by hand is a user like any other',
      given: world(cleared, withJobs(running), withPods(jobPod(2))),
      decides: 'wait ForeignPod',
    },
  ])
})

describe('a migration before the first canary', () => {
  checkRows(forward, [
    {
      title: 'What it may touch is recorded with its start, and the snapshots of it',
      given: world(displaced, snapshotting(2), withRollout({ snapshots: undefined as never })),
      decides: 'act startMigration',
      change: recording(world(displaced, snapshotting(2)), {
        touched: 1,
        migration: { ...recordOf(displaced).rollout?.migration, started: true },
      }),
      tells: begun,
    },
    {
      title: 'They do not cover one that somebody else let run: it may have come first',
      given: world(
        displaced,
        migrating({ ...first, irreversible: true }),
        snapshotting(2),
        withJobs(running),
      ),
      decides: 'act startMigration',
      change: recording(world(displaced, snapshotting(2)), {
        touched: 1,
        migration: {
          ...recordOf(displaced).rollout?.migration,
          irreversible: true,
          started: true,
          uncovered: true,
        },
      }),
      tells: begun,
    },
    {
      title: 'Its snapshot comes before it',
      given: world(displaced, snapshotting()),
      decides: 'act createSnapshot',
    },
    {
      title: 'A pause comes before it',
      given: world(displaced, withSpec({ paused: true })),
      decides: 'wait RolloutPaused',
    },
    {
      title: 'But does not stop it',
      given: world(displaced, migrating({ ...first, started: true }), withSpec({ paused: true })),
      decides: 'act resumeJob',
    },
    {
      title: 'Then the canary set is made',
      given: world(displaced, migrating({ ...first, started: true, done: true })),
      decides: 'act createCanary',
    },
    {
      title: 'An edit is held',
      given: world(activeWorld(), migrating({ digest: 'another' }), withJobs(aJob())),
      decides: 'wait AwaitingApproval',
      says: 'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. Its migration comes between the approval and the promotion. To take it back, revert the spec. Held until this rollout is closed: spec.migration.',
    },
  ])
})

describe('a migration before it is due', () => {
  const runs =
    'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true.'
  const back = 'To take it back, revert the spec.'
  const theirsAhead = world(activeWorld(), migrating({ type: 'External' }))
  checkRows(forward, [
    {
      title: 'Its Job that is gone fails what is approved',
      given: world(activeWorld(), migrating(), withJobs()),
      decides: 'wait AwaitingApproval',
      says: `${runs} The migration that comes before the promotion has failed: its Job ${name} is gone. Approved so, the rollout fails. ${back}`,
    },
    {
      title: 'A Job of somebody else is still to be made',
      given: theirsAhead,
      decides: 'wait AwaitingApproval',
      says: `${runs} Its migration comes between the approval and the promotion, by a Job that somebody else makes. ${back}`,
    },
    {
      title: 'Or runs',
      given: world(theirsAhead, withJobs(theirs({}))),
      decides: 'wait AwaitingApproval',
      says: `${runs} The promotion waits for its migration, Job theirs. ${back}`,
    },
    {
      title: 'Or is complete',
      given: world(theirsAhead, withJobs(theirs({ outcome: 'complete' }))),
      decides: 'wait AwaitingApproval',
      says: `${runs} ${back}`,
    },
    {
      title: 'Or has failed, and takes back what is approved',
      given: world(theirsAhead, withJobs(theirs({ outcome: 'failed' }))),
      decides: 'wait AwaitingApproval',
      says: `${runs} The migration that comes before the promotion has failed: its Job theirs failed (kubectl logs job/theirs -n default). Approved so, the rollout fails: make another Job with its labels first. ${back}`,
    },
    {
      title: 'Its beginning holds nothing up',
      given: world(
        activeWorld(),
        migrating({ type: 'External', irreversible: true, started: true }),
        withJobs(theirs({})),
      ),
      decides: 'wait AwaitingApproval',
    },
  ])
})

describe('a migration of somebody else', () => {
  const awaited = 'redis:7 waits for its migration:'
  const held = 'It cannot be taken back: a revert would be held until somebody accepts the loss.'
  checkRows(promote, [
    {
      title: 'It is awaited, with the labels that its Job must carry',
      given: external,
      decides: 'wait AwaitingMigration',
      says: 'redis:7 waits for its migration: for a Job in namespace default, made since this rollout began, to complete. It is told by its labels canary.example.com/migration=redis and canary.example.com/revision=new. To take the rollout back, revert the spec.',
    },
    {
      title: 'One that was there when this rollout began does not count, which is said',
      given: world(knowing('theirs-uid'), withJobs(theirs({ outcome: 'complete' }))),
      decides: 'wait AwaitingMigration',
      says: 'redis:7 waits for its migration: for a Job in namespace default, made since this rollout began, to complete. It is told by its labels canary.example.com/migration=redis and canary.example.com/revision=new. Job theirs does not count: it was there when this rollout began; make another one. To take the rollout back, revert the spec.',
    },
    {
      title: 'Nor is it named beside one that does',
      given: world(
        knowing('theirs-uid'),
        withJobs(theirs({ outcome: 'complete' }), theirs({ name: 'again', uid: 'again-uid' })),
      ),
      decides: 'wait AwaitingMigration',
      says: 'redis:7 waits for its migration: for Job again to complete. What it does: kubectl logs job/again -n default. To take the rollout back, revert the spec.',
    },
    {
      title: 'Any other one does, whatever its clock says',
      given: world(
        knowing('another-uid'),
        withJobs(theirs({ outcome: 'complete', createdAt: startedAt - minute })),
      ),
      decides: 'act recordMigrated',
      tells: ended,
    },
    {
      title: 'One that was there does not count because its clock was ahead',
      given: world(
        knowing('theirs-uid'),
        withJobs(theirs({ outcome: 'complete', createdAt: startedAt + minute })),
      ),
      decides: 'wait AwaitingMigration',
    },
    {
      title: 'For a record of an older operator one that was made before does not count',
      given: world(external, withJobs(theirs({ outcome: 'complete', createdAt: startedAt - minute }))),
      decides: 'wait AwaitingMigration',
    },
    {
      title: 'And one in the same second does',
      given: world(
        external,
        withRollout({ at: { started: startedAt + 900 } }),
        withJobs(theirs({ outcome: 'complete', createdAt: startedAt })),
      ),
      decides: 'act recordMigrated',
      tells: ended,
    },
    {
      title: 'One to another revision does not count, nor one of ours',
      given: world(
        external,
        withJobs(theirs({ outcome: 'complete', revision: 'third' }), aJob({ outcome: 'complete' })),
      ),
      decides: 'wait AwaitingMigration',
    },
    {
      title: 'The beginning of one that cannot be taken back is recorded',
      given: world(externalForGood, withJobs(theirs({}))),
      decides: 'act startMigration',
      tells: ['The migration to redis:7 started, Job theirs'],
    },
    {
      title: 'Once',
      given: world(
        approvedWorld(),
        migrating({ type: 'External', irreversible: true, started: true }),
        withJobs(theirs({})),
      ),
      decides: 'wait AwaitingMigration',
      says: `${awaited} for Job theirs to complete. What it does: kubectl logs job/theirs -n default. ${held}`,
    },
    {
      title: 'Nor does it go back where that Job is gone, and another one is awaited',
      given: world(approvedWorld(), migrating({ type: 'External', irreversible: true, started: true })),
      decides: 'wait AwaitingMigration',
      says: `${awaited} for a Job in namespace default, made since this rollout began, to complete. It is told by its labels canary.example.com/migration=redis and canary.example.com/revision=new. ${held}`,
    },
    {
      title: 'Beside one that failed another one may run, and is named',
      given: world(external, withJobs(theirs({ outcome: 'failed' }), theirs({ name: 'again' }))),
      decides: 'wait AwaitingMigration',
      says: `${awaited} for Job again to complete. What it does: kubectl logs job/again -n default. To take the rollout back, revert the spec.`,
    },
  ])
})

describe('a migration that fails', () => {
  const rolledBack = (trouble: string) => [`Rolling back redis:7: ${trouble}`]
  checkRows(decide, [
    {
      title: 'Its rollout is rolled back, in the words of the Job',
      given: world(approved, started, withJobs(failed)),
      decides: 'act recordDecision',
      tells: rolledBack(
        `its Job ${name} failed: Job has reached the specified backoff limit (kubectl logs job/${name} -n default)`,
      ),
    },
    {
      title: 'And in those of its pod',
      given: world(
        approved,
        started,
        withJobs(failed),
        withPods(
          jobPod(undefined, { phase: 'Failed', failure: { reason: 'PodFailed', message: 'no such table' } }),
        ),
      ),
      decides: 'act recordDecision',
      tells: rolledBack(
        `its Job ${name} failed: Job has reached the specified backoff limit; no such table (kubectl logs job/${name} -n default)`,
      ),
    },
    {
      title: 'One that is gone has failed',
      given: world(approved, started, withJobs()),
      decides: 'act recordDecision',
      tells: rolledBack(`its Job ${name} is gone`),
    },
    {
      title: 'So has one whose name another one has',
      given: world(approved, started, withJobs(aJob({ uid: 'another', outcome: 'complete' }))),
      decides: 'act recordDecision',
      tells: rolledBack(`its Job ${name} is gone`),
    },
    {
      title: 'While nobody waits for it yet it is no matter',
      given: world(activeWorld(), migrating(), withJobs()),
      decides: 'nothing',
    },
    {
      title: 'Nor once it is done',
      given: world(approved, migrating({ started: true, done: true }), withJobs()),
      decides: 'nothing',
    },
    {
      title: 'Where nothing is rolled back by itself it is held',
      given: world(approved, started, heldByHand, withJobs(failed)),
      decides: 'nothing',
    },
    {
      title: 'A Job of somebody else that failed counts, too',
      given: world(external, withJobs(theirs({ outcome: 'failed' }))),
      decides: 'act recordDecision',
      tells: rolledBack('its Job theirs failed (kubectl logs job/theirs -n default)'),
    },
    {
      title: 'A canary that fails beside it is rolled back for that',
      given: world(
        approved,
        started,
        withJobs(running),
        withPods(unready(canaryPod(2, { failure: { reason: 'CrashLoop', message: '' } }))),
      ),
      decides: 'act recordDecision',
      tells: rolledBack('redis-canary-2 keeps crashing'),
    },
  ])
})

describe('a migration that cannot be taken back', () => {
  const past = world(approved, migrating({ started: true, irreversible: true }), withJobs(running))
  const says = (why: string, onward: string, before = '') =>
    `redis:7 is not rolled back (${why}): its migration has begun, cannot be taken back, and no snapshot covers what it wrote. ` +
    `${before}To go on: ${onward}. To go back all the same, and have redis:6 open what the migration left: kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new`
  const toNew = `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:7"}}'`
  checkRows(decide, [
    {
      title: 'A revert is held, with both ways out',
      given: world(past, wanting('old')),
      decides: 'wait MigrationIrreversible',
      says: says('the spec was reverted', toNew),
    },
    {
      title: 'So is another version',
      given: world(past, wanting('third')),
      decides: 'wait MigrationIrreversible',
      says: says(
        'the spec asks for another version',
        `${toNew}. To go straight to redis:8, every replica and no canary, and have that open what the migration left: ` +
          'kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new canary.example.com/force=third',
      ),
    },
    {
      title: 'And an abort',
      given: world(past, withResource({ abort: 'true' })),
      decides: 'wait MigrationIrreversible',
      says: says(
        'it was aborted',
        'kubectl annotate canarystatefulset redis -n default canary.example.com/abort-',
      ),
    },
    {
      title: 'And a failure of its own, which leaves the way forward without a canary',
      given: world(past, withJobs()),
      decides: 'wait MigrationIrreversible',
      says: says(
        `its Job ${name} is gone`,
        'with every replica at once and no canary, kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
      ),
    },
    {
      title: 'Meanwhile its end is recorded all the same',
      given: world(past, wanting('old'), withJobs(complete)),
      decides: 'act recordMigrated',
      tells: ended,
    },
    {
      title: 'Who accepts the loss has it rolled back',
      given: world(past, wanting('old'), withResource({ acceptDataLoss: 'new' })),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'With the revision that it is about, and no other',
      given: world(past, wanting('old'), withResource({ acceptDataLoss: 'third' })),
      decides: 'wait MigrationIrreversible',
    },
    {
      title: 'Before it has started there is nothing to lose',
      given: world(approved, migrating({ irreversible: true }), wanting('old')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'One that somebody else resumed has begun: that is recorded first',
      given: world(approved, migrating({ irreversible: true }), wanting('old'), withJobs(running)),
      decides: 'act startMigration',
      change: recording(approved, { migration: begunIrreversibly }),
      tells: begun,
    },
    {
      title: 'So has one that is complete, whoever resumed it',
      given: world(approved, migrating({ irreversible: true }), wanting('old'), withJobs(complete)),
      decides: 'act recordMigrated',
      change: recording(approved, { migration: { ...begunIrreversibly, done: true } }),
      tells: ended,
    },
    {
      title: 'And one that has failed, be it suspended again',
      given: world(
        approved,
        migrating({ irreversible: true }),
        wanting('old'),
        withJobs(aJob({ outcome: 'failed' })),
      ),
      decides: 'act startMigration',
      tells: begun,
    },
    {
      title: 'On claims no snapshot is known to be of before then',
      given: world(
        clearedWorld(),
        snapshotting(2),
        migrating({ irreversible: true, mountsClaims: true }),
        wanting('old'),
        withJobs(running),
      ),
      decides: 'act startMigration',
      change: recording(world(clearedWorld(), snapshotting(2)), {
        migration: { ...begunIrreversibly, mountsClaims: true, uncovered: true },
      }),
      tells: begun,
    },
    {
      title: 'Which holds a revert',
      given: world(
        clearedWorld(),
        snapshotting(2),
        migrating({ irreversible: true, mountsClaims: true, started: true, uncovered: true }),
        wanting('old'),
        withJobs(running),
      ),
      decides: 'wait MigrationIrreversible',
    },
    {
      title: 'One of somebody else has begun when its Job is there',
      given: world(externalForGood, wanting('old'), withJobs(theirs({}))),
      decides: 'act startMigration',
      change: recording(external, {
        migration: { ...recordOf(externalForGood).rollout?.migration, started: true },
      }),
      tells: ['The migration to redis:7 started, Job theirs'],
    },
    {
      title: 'Which holds a revert, whatever becomes of that Job',
      given: world(
        external,
        migrating({ type: 'External', irreversible: true, started: true }),
        wanting('old'),
      ),
      decides: 'wait MigrationIrreversible',
    },
    {
      title: 'When it is complete, that is recorded first',
      given: world(externalForGood, wanting('old'), withJobs(theirs({ outcome: 'complete' }))),
      decides: 'act recordMigrated',
      tells: ended,
    },
    {
      title: 'While there is no Job of somebody else nothing has begun',
      given: world(externalForGood, wanting('old')),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'Where snapshots cover all that it wrote it is rolled back',
      given: world(
        clearedWorld(),
        snapshotting(2),
        migrating({ started: true, irreversible: true, mountsClaims: true }),
        wanting('old'),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
    {
      title: 'Those of claims that it has not are no cover',
      given: world(
        approvedWorld(),
        snapshotting(2),
        migrating({ started: true, irreversible: true }),
        wanting('old'),
      ),
      decides: 'wait MigrationIrreversible',
      says:
        'redis:7 is not rolled back (the spec was reverted): its migration has begun, and cannot be taken back. ' +
        'A rollback restores the claims from their snapshots, but what the migration wrote elsewhere stays. ' +
        `To go on: ${toNew}. To go back all the same: kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new`,
    },
    {
      title: 'Nor are backups of them',
      given: world(
        approvedWorld(),
        withRollout({ backups: true, snapshots: { 'data-redis-stable-2': 'the-backup' } }),
        migrating({ started: true, irreversible: true }),
        wanting('third'),
      ),
      decides: 'wait MigrationIrreversible',
      says:
        'redis:7 is not rolled back (the spec asks for another version): its migration has begun, and cannot be taken back. ' +
        'A rollback restores the claims from their backups, but what the migration wrote elsewhere stays. ' +
        `To go on: ${toNew}. To go straight to redis:8, every replica and no canary: ` +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new canary.example.com/force=third. ' +
        'To go back all the same: kubectl annotate canarystatefulset redis -n default canary.example.com/accept-data-loss=new',
    },
    {
      title: 'Where those of others have failed, the newest is named, and another one may be made',
      given: world(externalStarted, withJobs(...failedTwice)),
      decides: 'wait MigrationIrreversible',
      says: says(
        'its Job again failed (kubectl logs job/again -n default)',
        'with every replica at once and no canary, kubectl annotate canarystatefulset redis -n default canary.example.com/force=new',
        another,
      ),
    },
    {
      title: 'Which is no way on from a revert',
      given: world(externalStarted, withJobs(...failedTwice), wanting('old')),
      decides: 'wait MigrationIrreversible',
      says: says('the spec was reverted', toNew),
    },
    {
      title: 'An approval does not count against it',
      given: world(past, wanting('old'), approvedBy('true')),
      decides: 'wait MigrationIrreversible',
    },
  ])
})

describe('what people read while a migration that cannot be taken back is under way', () => {
  const started = { started: true, irreversible: true } as const
  const held = 'a revert would be held until somebody accepts the loss.'
  checkRows(promote, [
    {
      title: 'A revert is no way out while its Job runs',
      given: world(approved, migrating(started), withJobs(running)),
      decides: 'wait MigratingData',
      says: `Job ${name} migrates to redis:7, and nothing else moves until it ends. What it does: kubectl logs job/${name} -n default. It cannot be taken back: ${held}`,
    },
    {
      title: 'It is where somebody has accepted the loss',
      given: world(approved, migrating(started), withJobs(running), withResource({ acceptDataLoss: 'new' })),
      decides: 'wait MigratingData',
      says: `Job ${name} migrates to redis:7, and nothing else moves until it ends. What it does: kubectl logs job/${name} -n default. To take the rollout back, revert the spec.`,
    },
    {
      title: 'Nor when it has failed and is held',
      given: world(
        approved,
        migrating(started),
        withJobs({ ...running, outcome: 'failed' }),
        withSpec({ automaticRollback: false }),
      ),
      decides: 'wait MigrationFailed',
      says:
        `The migration to redis:7 failed: its Job ${name} failed (kubectl logs job/${name} -n default). ` +
        `Its rollout is held, because spec.rollback.automatic is false. It cannot be taken back: ${held}`,
    },
  ])
  checkRows(promote, [
    {
      title: 'Of others another one may be made while it is held',
      given: world(externalStarted, withJobs(...failedTwice), withSpec({ automaticRollback: false })),
      decides: 'wait MigrationFailed',
      says:
        'The migration to redis:7 failed: its Job again failed (kubectl logs job/again -n default). ' +
        `Its rollout is held, because spec.rollback.automatic is false. ${another}It cannot be taken back: ${held}`,
    },
  ])
  checkRows(forward, [
    {
      title: 'Nor when it is complete, and the canary waits for approval',
      given: world(activeWorld(), migrating({ ...started, timing: 'BeforeCanary', done: true })),
      decides: 'wait AwaitingApproval',
      says:
        'The canary (redis-canary-2) runs redis:7 on the data of redis-stable-2. ' +
        'To promote it: kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true. ' +
        `Its migration cannot be taken back: ${held}`,
    },
  ])
})
