/** Backups and restores by Jobs: what meets in them of edits and faults. */
import {
  annotate,
  debugPod,
  deleteClaim,
  deleteJob,
  image,
  promote,
  remove,
  scaleStable,
  spec,
} from './people.ts'
import type { Scenario } from './scenario.ts'

const one = { replicas: 1, canaryReplicas: 1 } as const
const two = { replicas: 2, canaryReplicas: 1 } as const
const three = { replicas: 3, canaryReplicas: 2 } as const
const backedUp = { snapshots: { policy: 'None', keep: 1 }, backups: { deadlineSeconds: 600 } } as const
const staying = { ...backedUp, deletionPolicy: 'Orphan' } as const
const back = [image('b'), promote, image('a')] as const

export const backups: readonly Scenario[] = [
  {
    title: 'backups: one replica, there and back, a leader that dies',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a')],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: one replica, there and back, caches that stand still',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a')],
    faults: { freezes: 1 },
  },
  {
    title: 'backups: promoted or not, and reverted',
    ...two,
    spec: backedUp,
    edits: back,
  },
  {
    title: 'backups: restored, a leader that dies and caches that stand still',
    ...one,
    spec: backedUp,
    before: [image('b')],
    edits: [image('a')],
    faults: { takeovers: 1, freezes: 1 },
  },
  {
    title: 'backups: restored, evictions',
    ...two,
    spec: backedUp,
    before: [image('b')],
    edits: [image('a')],
    faults: { evictions: 2 },
  },
  {
    title: 'backups: three replicas, half done',
    ...three,
    spec: backedUp,
    before: [image('b')],
    edits: [promote, image('a')],
  },
  {
    title: 'backups: the data is to be kept after all, a leader that dies',
    ...one,
    spec: backedUp,
    before: [image('b')],
    edits: [image('a'), spec({ onRollback: 'KeepData' })],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: forward again in the middle of a restore, forced, a leader that dies',
    ...one,
    spec: backedUp,
    before: [image('b')],
    edits: [image('a'), image('b'), annotate('force', 'b')],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: a third version is forced in the middle of it',
    ...one,
    spec: backedUp,
    before: [image('b')],
    edits: [image('a'), image('c'), annotate('force', 'c')],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: deleted at any moment, a leader that dies',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a'), remove],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: deleted at any moment, the replicas stay, a leader that dies',
    ...one,
    spec: staying,
    edits: [image('b'), image('a'), remove],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: deleted in a promotion, the replicas stay, caches that stand still',
    ...two,
    spec: staying,
    before: [image('b')],
    edits: [promote, remove],
    faults: { freezes: 1 },
  },
  {
    title: 'backups: a Job is deleted by hand at any moment',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a'), deleteJob(), deleteJob()],
  },
  {
    title: 'backups: a claim is deleted by hand at any moment',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a'), deleteClaim(0)],
  },
  {
    title: 'backups: a stranger mounts the claim',
    ...two,
    spec: backedUp,
    edits: [image('b'), debugPod(1), image('a')],
  },
  {
    title: 'backups: a stranger scales stable',
    ...two,
    setting: { schedulerGuard: true },
    spec: backedUp,
    before: [image('b')],
    edits: [image('a'), scaleStable(2)],
  },
  {
    title: 'backups: a storage that makes no volume to restore to',
    ...one,
    setting: { storageNever: 'provisions' },
    spec: backedUp,
    before: [image('b')],
    edits: [image('a')],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: a second attempt',
    ...one,
    spec: backedUp,
    before: [image('b'), image('a')],
    edits: [image('b'), image('a')],
    faults: { takeovers: 1 },
  },
  {
    title: 'backups: refused',
    ...one,
    spec: backedUp,
    edits: [image('b'), image('a')],
    faults: { refusals: 1 },
  },
  {
    title: 'backups: not rolled back by itself',
    ...one,
    spec: { ...backedUp, automaticRollback: false },
    edits: [image('b'), deleteJob(), image('a')],
  },
]
