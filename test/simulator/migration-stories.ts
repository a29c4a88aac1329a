/** Stories of migrations: Jobs that succeed, fail and hang, beside the canary and on its claims, and those of others. */
import type { Story } from './play.ts'
import type { Image, Setting } from './setting.ts'

const six: Image = { behaviour: 'runs', writes: 6, opens: [6] }
const images = {
  six,
  seven: { behaviour: 'runs', writes: 7, opens: [6, 7] },
  'six-patched': six,
  crashing: { ...six, behaviour: 'crashes' },
} as const satisfies Record<string, Image>

const job = { type: 'Job', timing: 'BeforePromotion', reversible: true, mountClaims: false } as const
const onClaims = { ...job, mountClaims: true } as const
const first = { ...onClaims, timing: 'BeforeCanary' } as const
const external = { ...job, type: 'External' } as const
const three: Setting = { replicas: 3, canaryReplicas: 1, image: 'six', images, migration: job }
const { migration: _, ...bare } = three
const checked: Setting = { ...bare, checksRollback: true }
const snapshots = { policy: 'Auto', keep: 1 } as const
const approve = { promote: 'true' } as const

export const migrationStories = {
  'migrated beside the canary, then promoted': { setting: three, edits: [{ image: 'seven' }, approve] },
  'migrated on the claims of two canaries, while they are gone, then promoted': {
    setting: { ...three, replicas: 4, canaryReplicas: 2, migration: onClaims },
    edits: [{ image: 'seven' }, approve],
  },
  'migrated before the first canary, on its claim': {
    setting: { ...three, migration: first, snapshots },
    edits: [{ image: 'seven' }, approve],
  },
  'migrated without a canary': {
    setting: { ...three, canaryReplicas: 0 },
    edits: [{ image: 'seven' }],
  },
  'a migration that fails is taken back, and tried again': {
    setting: { ...three, jobs: 'fail' },
    edits: [{ image: 'seven' }, approve, { jobs: 'complete' }, { image: 'six-patched' }, approve],
  },
  'a migration that fails on the claims: they are restored, once its Job is gone': {
    setting: { ...three, migration: onClaims, snapshots, jobs: 'fail' },
    edits: [{ image: 'six-patched' }, approve],
  },
  'a migration that fails before the first canary: the claim is restored': {
    setting: { ...three, migration: first, snapshots, jobs: 'fail' },
    edits: [{ image: 'seven' }],
  },
  'a migration that hangs fails at its deadline': {
    setting: { ...three, jobs: 'hang' },
    edits: [{ image: 'seven' }, approve],
  },
  'a failed migration is held where nothing is rolled back by itself, and aborted': {
    setting: { ...three, jobs: 'fail', automaticRollback: false },
    edits: [{ image: 'six-patched' }, approve, { abort: 'true' }],
  },
  'paused and edited before its migration, which is as it was': {
    setting: { ...three, migration: first },
    edits: [
      { image: 'six-patched', paused: true },
      { paused: false },
      { migration: job },
      approve,
      { image: 'seven' },
      approve,
    ],
  },
  'its Job is deleted while the canary waits': {
    setting: three,
    edits: [{ image: 'six-patched' }, { deleteJob: true }, approve],
  },
  'reverted before the migration started': {
    setting: three,
    edits: [{ image: 'six-patched' }, { image: 'six' }],
  },
  'an irreversible migration: a revert is held, another image too, and it goes back when the loss is accepted':
    {
      setting: { ...three, migration: { ...job, timing: 'BeforeCanary', reversible: false } },
      edits: [
        { image: 'six-patched' },
        { image: 'six' },
        { image: 'crashing' },
        { image: 'six-patched' },
        { abort: 'true' },
        { acceptDataLoss: 'rev-six-patched' },
      ],
    },
  'an irreversible migration: the version before is forced, and held until the loss is accepted': {
    setting: { ...three, migration: { ...job, timing: 'BeforeCanary', reversible: false } },
    edits: [
      { image: 'six-patched' },
      { image: 'six', force: 'rev-six' },
      { acceptDataLoss: 'rev-six-patched' },
    ],
  },
  'an irreversible migration that snapshots cover is taken back': {
    setting: { ...three, migration: { ...onClaims, reversible: false }, snapshots, jobs: 'fail' },
    edits: [{ image: 'six-patched' }, approve],
  },
  'an irreversible migration that fails: held, until the loss is accepted': {
    setting: { ...three, migration: { ...job, reversible: false }, jobs: 'fail' },
    edits: [
      { image: 'six-patched' },
      approve,
      { acceptDataLoss: 'rev-seven' },
      { acceptDataLoss: 'rev-six-patched' },
    ],
  },
  'a rollback is checked, and closed': {
    setting: { ...three, migration: job, checksRollback: true },
    edits: [{ image: 'six-patched' }, { image: 'six' }],
  },
  'the check of a rollback fails, the data is put right, and it is checked again': {
    setting: { ...checked, checks: 'fail' },
    edits: [{ image: 'crashing' }, { checks: 'complete' }, { deleteJob: true }],
  },
  'the check of a rollback fails, and another version is asked for': {
    setting: { ...checked, checks: 'fail' },
    edits: [{ image: 'crashing' }, { image: 'six-patched' }, approve],
  },
  'a migration of somebody else is waited for': {
    setting: { ...three, migration: external },
    edits: [
      { image: 'seven' },
      approve,
      { externalJob: { name: 'theirs', revision: 'rev-six-patched', outcome: 'complete' } },
      { externalJob: { name: 'theirs-for-seven', revision: 'rev-seven', outcome: 'complete' } },
    ],
  },
  'a migration of somebody else fails': {
    setting: { ...three, migration: external },
    edits: [
      { image: 'six-patched' },
      approve,
      { externalJob: { name: 'theirs', revision: 'rev-six-patched', outcome: 'failed' } },
    ],
  },
  'reverted while a Job has the claim: it ends before the replica comes back': {
    setting: { ...three, migration: onClaims, jobs: 'endless' },
    edits: [{ image: 'six-patched' }, approve, { image: 'six' }],
  },
  'forced while a Job has the claim': {
    setting: { ...three, migration: onClaims, jobs: 'endless' },
    edits: [{ image: 'six-patched' }, approve, { force: 'rev-six-patched' }],
  },
  'deleted while a Job has the claim, the replicas stay': {
    setting: { ...three, migration: onClaims, jobs: 'endless', deletionPolicy: 'Orphan' },
    edits: [{ image: 'six-patched' }, approve, { delete: true }],
  },
  'deleted while a Job has the claim': {
    setting: { ...three, migration: onClaims, jobs: 'endless' },
    edits: [{ image: 'six-patched' }, approve, { delete: true }],
  },
} as const satisfies Readonly<Record<string, Story>>
