/** Migrations: what meets in them of edits and faults. */
import type { MigrationSpec } from '../../src/core/observation.ts'
import {
  annotate,
  debugPod,
  deleteClaim,
  deleteJob,
  image,
  pauseRollout,
  promote,
  remove,
  scaleStable,
  spec,
} from './people.ts'
import type { Scenario } from './scenario.ts'

const job: MigrationSpec = {
  type: 'Job',
  timing: 'BeforePromotion',
  reversible: true,
  mountClaims: false,
  digest: 'one',
}
const small = { replicas: 2, canaryReplicas: 1 } as const
const beside = { migration: job } as const
const mounting = { migration: { ...job, mountClaims: true } } as const
const first = { migration: { ...job, mountClaims: true, timing: 'BeforeCanary' } } as const
const forGood = { migration: { ...job, reversible: false } } as const
const snapshots = { snapshots: { policy: 'Required', keep: 1 } } as const
const back = [image('b'), promote, image('a')] as const

export const migrations: readonly Scenario[] = [
  {
    title: 'migration: beside the canary, a leader that dies',
    ...small,
    spec: beside,
    edits: back,
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: beside the canary, caches that stand still',
    ...small,
    spec: beside,
    edits: back,
    faults: { freezes: 1 },
  },
  {
    title: 'migration: beside the canary, whose pods fail',
    ...small,
    spec: beside,
    edits: back,
    faults: { failures: 1 },
  },
  {
    title: 'migration: on its claim, a leader that dies',
    ...small,
    spec: mounting,
    edits: back,
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: on its claim, caches that stand still',
    ...small,
    spec: mounting,
    edits: back,
    faults: { freezes: 1 },
  },
  {
    title: 'migration: on its claim, promoted and reverted, a leader that dies and caches that stand still',
    ...small,
    spec: mounting,
    before: [image('b')],
    edits: [promote, image('a')],
    faults: { takeovers: 1, freezes: 1 },
  },
  {
    title: 'migration: on its claim, evictions',
    ...small,
    spec: mounting,
    edits: back,
    faults: { evictions: 1 },
  },
  {
    title: 'migration: before the first canary, restored, a leader that dies',
    ...small,
    spec: { ...first, ...snapshots },
    edits: [image('b'), image('a')],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: before the first canary, caches that stand still',
    ...small,
    spec: first,
    edits: [image('b'), image('a')],
    faults: { freezes: 1 },
  },
  {
    title: 'migration: on its claim, restored, caches that stand still',
    ...small,
    spec: { ...mounting, ...snapshots },
    before: [image('b')],
    edits: [promote, image('a')],
    faults: { freezes: 1 },
  },
  {
    title: 'migration: irreversible, reverted, and the loss accepted',
    ...small,
    spec: forGood,
    edits: [image('b'), promote, image('a'), annotate('acceptDataLoss', 'b')],
  },
  {
    title: 'migration: irreversible, aborted, a leader that dies',
    ...small,
    spec: forGood,
    before: [image('b')],
    edits: [promote, annotate('abort', 'true')],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: not rolled back by itself, paused',
    ...small,
    spec: { ...first, automaticRollback: false },
    edits: [image('b'), pauseRollout(true), pauseRollout(false), image('a')],
  },
  {
    title: 'migration: deleted at any moment, a leader that dies',
    ...small,
    spec: mounting,
    before: [image('b')],
    edits: [promote, remove],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: deleted at any moment, the replicas stay, a leader that dies',
    ...small,
    spec: { ...mounting, deletionPolicy: 'Orphan' },
    before: [image('b')],
    edits: [promote, remove],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: deleted at any moment, the replicas stay, caches that stand still',
    ...small,
    spec: { ...mounting, deletionPolicy: 'Orphan' },
    before: [image('b')],
    edits: [promote, remove],
    faults: { freezes: 1 },
  },
  {
    title: 'migration: forced at any moment, a leader that dies',
    ...small,
    spec: mounting,
    before: [image('b')],
    edits: [promote, annotate('force', 'b')],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: its Job is deleted by hand at any moment',
    ...small,
    spec: mounting,
    edits: [image('b'), promote, deleteJob()],
  },
  {
    title: 'migration: its claim is deleted by hand at any moment',
    ...small,
    spec: mounting,
    before: [image('b')],
    edits: [promote, deleteClaim(1), image('a')],
  },
  {
    title: 'migration: a second attempt',
    ...small,
    spec: beside,
    edits: [image('b'), promote, annotate('retry', 'true'), promote],
    faults: { takeovers: 1 },
  },
  {
    title: 'check: after a rollback, a leader that dies, refused',
    ...small,
    spec: { checksRollback: true },
    before: [image('b')],
    edits: [image('a'), image('c')],
    faults: { takeovers: 1, refusals: 1 },
  },
  {
    title: 'check: after a rollback, caches that stand still and pods that fail',
    ...small,
    spec: { ...beside, checksRollback: true },
    before: [image('b')],
    edits: [promote, image('a'), deleteJob()],
    faults: { freezes: 1, failures: 1 },
  },
  {
    title: 'migration: on its claim, a stranger mounts it',
    ...small,
    spec: mounting,
    before: [image('b')],
    edits: [promote, debugPod(1), image('a')],
    faults: { takeovers: 1 },
  },
  {
    title: 'migration: irreversible, on its claim, with snapshots or without',
    ...small,
    spec: { migration: { ...mounting.migration, reversible: false }, ...snapshots },
    before: [image('b')],
    edits: [promote, image('a'), spec({ onRollback: 'KeepData' })],
  },
  {
    title: 'migration: on its claim, a stranger scales stable, OrderedReady',
    ...small,
    setting: { ordered: true, schedulerGuard: true },
    spec: mounting,
    before: [image('b')],
    edits: [promote, scaleStable(2), deleteClaim(1)],
    faults: { failures: 1 },
  },
  {
    title: 'migration: refused',
    ...small,
    spec: beside,
    edits: [image('b'), image('a')],
    faults: { refusals: 1 },
  },
]
