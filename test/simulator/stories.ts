/** The stories that are told: settings and edits. One line of title says what is to be seen. */
import { backupStories } from './backup-stories.ts'
import { migrationStories } from './migration-stories.ts'
import type { Story } from './play.ts'
import type { Image, Setting } from './setting.ts'

const six: Image = { behaviour: 'runs', writes: 6, opens: [6] }
const seven: Image = { behaviour: 'runs', writes: 7, opens: [6, 7] }
const images = {
  six,
  seven,
  eight: { behaviour: 'runs', writes: 8, opens: [7, 8] },
  'six-patched': six,
  missing: { ...seven, behaviour: 'noImage' },
  spoiling: { ...seven, behaviour: 'crashes' },
  crashing: { ...six, behaviour: 'crashes' },
  'never-ready': { ...six, behaviour: 'neverReady' },
} as const satisfies Record<string, Image>

const three: Setting = { replicas: 3, canaryReplicas: 1, image: 'six', images }
const kept: Setting = { ...three, deletionPolicy: 'Orphan' }
const four: Setting = { ...three, replicas: 4, canaryReplicas: 2 }
const stepped = { steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }] } as const
const restoring: Setting = { ...three, snapshots: { policy: 'Auto', keep: 1 } }
const approve = { promote: 'true' } as const
const abort = { abort: 'true' } as const

export const stories = {
  'first deploy and promotion': { setting: three, edits: [{ image: 'seven' }, approve] },
  'two canaries through the hand-over policy': { setting: four, edits: [{ image: 'seven' }, approve] },
  'ordered ready, ordinals from 5': {
    setting: { ...four, ordered: true, ordinalsStart: 5 },
    edits: [{ image: 'seven' }, approve],
  },
  'every replica is a canary': {
    setting: { ...three, canaryReplicas: 3 },
    edits: [{ image: 'seven' }, approve],
  },
  'no canary wanted': { setting: { ...three, canaryReplicas: 0 }, edits: [{ image: 'seven' }] },
  'no replicas': { setting: { ...three, replicas: 0 }, edits: [{ image: 'seven' }, { replicas: 3 }] },
  'an image that cannot be pulled is taken back': {
    setting: three,
    edits: [{ image: 'missing' }, { image: 'six' }, { image: 'seven' }, approve],
  },
  'a canary that crashes is taken back': { setting: three, edits: [{ image: 'crashing' }] },
  'a canary that is never ready is taken back at its deadline': {
    setting: three,
    edits: [{ image: 'never-ready' }],
  },
  'reverted while the canary waits for approval': {
    setting: three,
    edits: [{ image: 'six-patched' }, { image: 'six' }],
  },
  'another image while the canary waits for approval': {
    setting: three,
    edits: [{ image: 'six-patched' }, { image: 'seven' }, approve],
  },
  'a rollback that cannot open the data, and the way forward': {
    setting: three,
    edits: [{ image: 'seven' }, { image: 'six' }, { image: 'seven' }, approve],
  },
  'two replicas that cannot open the data, one after the other, and the way forward': {
    setting: { ...four, ordered: true },
    edits: [{ image: 'seven' }, { image: 'six' }, { image: 'seven' }, approve],
  },
  'the first image is never ready, the next goes straight in': {
    setting: { ...three, image: 'never-ready', ordered: true },
    edits: [{ image: 'six' }],
  },
  'the first image never works, the next goes straight in': {
    setting: { ...three, image: 'missing', ordered: true },
    edits: [{ image: 'six' }],
  },
  'approved too early': { setting: three, edits: [approve, { image: 'seven' }] },
  'scaled in the middle of a rollout': {
    setting: three,
    edits: [{ image: 'seven' }, { replicas: 5 }, approve],
  },
  'a low replica is evicted while the canary waits': {
    setting: three,
    edits: [{ image: 'seven' }, { evict: 'redis-stable-0' }, approve],
  },
  'the canary is evicted': {
    setting: three,
    edits: [{ image: 'seven' }, { evict: 'redis-canary-2' }, approve],
  },
  'a stray scale-up of stable is put back': {
    setting: three,
    edits: [{ image: 'seven' }, { strayStableReplicas: 3 }, approve],
  },
  'the API server refuses the new template': {
    setting: { ...three, refusals: { stableSet: 'spec.template.spec.containers[0].ports: Invalid value' } },
    edits: [{ image: 'seven' }],
  },
  'a new image while scaled to zero': {
    setting: three,
    edits: [{ replicas: 0 }, { image: 'seven' }, { replicas: 3 }],
  },
  'a promotion that fails half-way is taken back by a revert': {
    setting: { ...four, canaryReplicas: 0, ordered: true },
    edits: [{ image: 'missing' }, { image: 'six' }],
  },
  'evicted half-way through a promotion, a low replica comes back on the version before': {
    setting: { ...four, canaryReplicas: 0, ordered: true },
    edits: [{ image: 'missing' }, { evict: 'redis-stable-0' }, { image: 'six' }],
  },
  'aborted while the canary waits for approval': { setting: three, edits: [{ image: 'six-patched' }, abort] },
  'aborted and approved at once': {
    setting: three,
    edits: [{ image: 'six-patched' }, { ...approve, ...abort }],
  },
  'a promotion that fails half-way is aborted': {
    setting: { ...four, canaryReplicas: 0, ordered: true },
    edits: [{ image: 'missing' }, { abort: 'rev-missing' }],
  },
  'a rejected version is tried again': {
    setting: three,
    edits: [{ image: 'missing' }, { mend: 'missing' }, { retry: 'true' }, approve],
  },
  'aborted, the old version cannot open the data, and the aborted one is tried again': {
    setting: three,
    edits: [{ image: 'seven' }, abort, { retry: 'rev-seven' }, approve],
  },
  'paused before it starts, paused while the canary waits': {
    setting: three,
    edits: [
      { paused: true },
      { image: 'seven' },
      { evict: 'redis-stable-0' },
      { paused: false },
      { paused: true },
      { evict: 'redis-canary-2' },
      approve,
      { paused: false },
    ],
  },
  'reverted while it is paused': {
    setting: three,
    edits: [{ image: 'six-patched' }, { paused: true }, { image: 'six' }],
  },
  'a failing canary is held until a person aborts it': {
    setting: { ...three, automaticRollback: false },
    edits: [{ image: 'crashing' }, { mend: 'crashing' }, abort, { retry: 'true' }],
  },
  'a canary that is not ready in time is held, and approved when it is': {
    setting: { ...three, automaticRollback: false },
    edits: [{ image: 'never-ready' }, { mend: 'never-ready' }, { evict: 'redis-canary-2' }, approve],
  },
  'abort and retry that mean nothing': {
    setting: three,
    edits: [abort, { retry: 'true' }, { image: 'seven' }, { abort: 'rev-six' }, { retry: 'true' }],
  },
  'promoted by itself after its bake': {
    setting: { ...three, promotionType: 'auto', bakeSeconds: 60 },
    edits: [{ image: 'seven' }],
  },
  'baked, then approved': {
    setting: { ...three, bakeSeconds: 60 },
    edits: [{ image: 'seven' }, approve],
  },
  'one canary, three, all of them, each approved': {
    setting: {
      ...four,
      steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 3, pause: true }, { canaryReplicas: 9 }],
    },
    edits: [{ image: 'seven' }, approve, approve, approve],
  },
  'steps that follow by themselves, promoted by itself': {
    setting: {
      ...four,
      ordered: true,
      ordinalsStart: 5,
      promotionType: 'auto',
      bakeSeconds: 60,
      steps: [{ canaryReplicas: 1 }, { canaryReplicas: 1, bakeSeconds: 600 }, { canaryReplicas: 3 }],
    },
    edits: [{ image: 'seven' }],
  },
  'aborted in its second step': {
    setting: { ...four, steps: [{ canaryReplicas: 1, bakeSeconds: 60 }, { canaryReplicas: 2 }] },
    edits: [{ image: 'six-patched' }, abort],
  },
  'the second step fails': {
    setting: { ...four, steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }] },
    edits: [{ image: 'six-patched' }, { ail: 'six-patched' }, approve],
  },
  'steps edited in the middle of a rollout': {
    setting: { ...four, steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }] },
    edits: [{ image: 'seven' }, { steps: [{ canaryReplicas: 4 }] }, approve, approve],
  },
  'a revision that is approved too early, and then once for each step that asks': {
    setting: {
      ...four,
      bakeSeconds: 60,
      steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2, pause: true }, { canaryReplicas: 3 }],
    },
    edits: [{ image: 'seven', promote: 'rev-seven' }, { promote: 'rev-seven' }, { promote: 'rev-seven' }],
  },
  'the running version breaks, and the next one is forced in': {
    setting: { ...three, ordered: true },
    edits: [
      { ail: 'six' },
      { evict: 'redis-stable-0' },
      { image: 'six-patched' },
      { force: 'rev-six-patched' },
    ],
  },
  'forced while the canary waits': { setting: three, edits: [{ image: 'seven' }, { force: 'rev-seven' }] },
  'forced out of a promotion that fails half-way': {
    setting: { ...four, canaryReplicas: 0, ordered: true },
    edits: [{ image: 'missing' }, { image: 'six-patched', force: 'rev-six-patched' }],
  },
  'forced out of a blocked rollback after a scale-up': {
    setting: three,
    edits: [
      { image: 'seven' },
      { image: 'six' },
      { replicas: 5 },
      { image: 'seven' },
      { force: 'rev-seven' },
    ],
  },
  'forced what the spec does not ask for': {
    setting: three,
    edits: [{ force: 'rev-seven' }, { force: 'rev-six' }],
  },
  'stored revisions beyond the limit are deleted, those that are needed are not': {
    setting: { ...three, revisionHistoryLimit: 1, promotionType: 'auto' },
    edits: [{ image: 'six-patched' }, { image: 'missing' }, { image: 'seven' }, { image: 'eight' }],
  },
  'a version that is run again outlives what came in between': {
    setting: { ...three, revisionHistoryLimit: 1, promotionType: 'auto' },
    edits: [{ image: 'six-patched' }, { image: 'six' }, { image: 'missing' }, { image: 'seven' }],
  },
  'a canary that is called 0, ordinals from 5': {
    setting: { ...three, fromZero: true, ordinalsStart: 5 },
    edits: [{ image: 'seven' }, { evict: 'redis-canary-0' }, approve],
  },
  'deleted at rest': { setting: three, edits: [{ delete: true }] },
  'deleted at rest, the replicas stay': {
    setting: three,
    edits: [{ deletionPolicy: 'Orphan' }, { delete: true }],
  },
  'deleted while the canary waits, the replicas stay': {
    setting: kept,
    edits: [{ image: 'seven' }, { delete: true }],
  },
  'deleted half-way through a promotion, the replicas stay': {
    setting: kept,
    edits: [{ image: 'seven' }, { ail: 'seven' }, approve, { delete: true }],
  },
  'deleted while the canary waits': { setting: three, edits: [{ image: 'seven' }, { delete: true }] },
  'snapshots, then promoted, each replica snapshotted before the new version reaches it': {
    setting: restoring,
    edits: [{ image: 'seven' }, approve],
  },
  'two canaries in two steps, each step with its snapshots, promoted': {
    setting: { ...four, ...stepped, snapshots: { policy: 'Required', keep: 1 } },
    edits: [{ image: 'seven' }, approve, approve],
  },
  'reverted, the old version gets its data back': {
    setting: restoring,
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'two canaries reverted in the second step, both get their data back': {
    setting: { ...four, ...stepped, ordered: true, snapshots: { policy: 'Auto', keep: 1 } },
    edits: [{ image: 'seven' }, approve, { image: 'six' }],
  },
  'a canary that crashes on data that it has changed is taken back, and the data with it': {
    setting: restoring,
    edits: [{ image: 'spoiling' }],
  },
  'half a promotion is reverted, one replica after the other gets its data back': {
    setting: { ...four, canaryReplicas: 3, snapshots: { policy: 'Auto', keep: 1 } },
    edits: [{ image: 'seven' }, { ail: 'seven' }, approve, { image: 'six' }],
  },
  'reverted with KeepData, the old version opens what the new one wrote': {
    setting: { ...restoring, onRollback: 'KeepData' },
    edits: [{ image: 'six-patched' }, { image: 'six' }],
  },
  'reverted with KeepData, the old version cannot open it, and gets its data back after all': {
    setting: { ...restoring, onRollback: 'KeepData' },
    edits: [{ image: 'seven' }, { image: 'six' }, { onRollback: 'Restore' }],
  },
  'half a promotion is reverted with KeepData, and its data is wanted back after all': {
    setting: { ...four, canaryReplicas: 3, snapshots: { policy: 'Auto', keep: 1 }, onRollback: 'KeepData' },
    edits: [{ image: 'seven' }, { ail: 'seven' }, approve, { image: 'six' }, { onRollback: 'Restore' }],
  },
  'a claim that a person has made anew before it could be restored is not opened without a word': {
    setting: { ...restoring, storage: { restores: false } },
    edits: [
      { image: 'six-patched' },
      { deleteSnapshotOf: 'data-redis-stable-2' },
      { image: 'six' },
      { exchangeClaim: 'data-redis-stable-2' },
      { onRollback: 'KeepData' },
    ],
  },
  'forced in the middle of a restore, and the storage makes it after a long time': {
    setting: { ...restoring, storage: { restores: false } },
    edits: [{ image: 'six-patched' }, { image: 'six', force: 'rev-six' }, { storage: { restores: true } }],
  },
  'a snapshot that is never ready, taken back before any canary runs': {
    setting: { ...restoring, storage: { snapshots: 'never' } },
    edits: [{ image: 'seven' }, { storage: { snapshots: 'ready' } }, { retry: 'true' }],
  },
  'a snapshot that fails for a time, and one that takes a minute': {
    setting: { ...restoring, automaticRollback: false, storage: { snapshots: 'fails' } },
    edits: [{ image: 'seven' }, { storage: { snapshots: 'slow' } }, approve],
  },
  'snapshots are required, and there is no class for them': {
    setting: {
      ...three,
      snapshots: { policy: 'Required', keep: 1 },
      refusals: { snapshotClasses: 'driver csi of claim data-redis-stable-2 has no VolumeSnapshotClass' },
    },
    edits: [{ image: 'seven' }, { snapshots: { policy: 'None', keep: 1 } }],
  },
  'the snapshot is deleted while the canary runs, and a restore that cannot be is left by KeepData': {
    setting: restoring,
    edits: [
      { image: 'six-patched' },
      { deleteSnapshotOf: 'data-redis-stable-2' },
      { image: 'six' },
      { onRollback: 'KeepData' },
    ],
  },
  'a restore that is never provisioned is given up, and the kept volume is given back': {
    setting: { ...restoring, storage: { restores: false } },
    edits: [{ image: 'six-patched' }, { image: 'six' }],
  },
  'a restore that is never provisioned, and a version that cannot open what the new one wrote': {
    setting: { ...restoring, storage: { restores: false } },
    edits: [{ image: 'seven' }, { image: 'six' }, { image: 'seven' }, approve],
  },
  'deleted in the middle of a restore': {
    setting: { ...four, snapshots: { policy: 'Auto', keep: 1 } },
    edits: [
      { image: 'seven' },
      { deleteSnapshotOf: 'data-redis-stable-2' },
      { image: 'six' },
      { delete: true },
    ],
  },
  'deleted while a restore waits for its volume, the replicas stay': {
    setting: { ...restoring, deletionPolicy: 'Orphan', storage: { restores: false } },
    edits: [{ image: 'six-patched' }, { delete: true }],
  },
  'deleted while the canary waits, the replicas stay and get their data back': {
    setting: { ...restoring, deletionPolicy: 'Orphan' },
    edits: [{ image: 'seven' }, { delete: true }],
  },
  'deleted in the middle of a restore, the replicas stay': {
    setting: { ...restoring, deletionPolicy: 'Orphan' },
    edits: [
      { image: 'six-patched' },
      { deleteSnapshotOf: 'data-redis-stable-2' },
      { image: 'six' },
      { delete: true },
      { onRollback: 'KeepData' },
    ],
  },
  'a second attempt is restored from its own snapshot': {
    setting: restoring,
    edits: [{ image: 'spoiling' }, { mend: 'spoiling' }, { retry: 'true' }, { image: 'six' }],
  },
  'snapshots and kept volumes go when their time has passed, and not a volume that a person has taken': {
    setting: { ...restoring, snapshots: { policy: 'Auto', keep: 2, ttlSeconds: 3600 } },
    edits: [
      { image: 'seven' },
      { image: 'six' },
      { takeKeptOf: 'data-redis-stable-2' },
      { retainedTtlSeconds: 7200 },
      { image: 'seven' },
      { image: 'six' },
    ],
  },
  'an attempt whose snapshot was never ready pushes no good one out': {
    setting: { ...restoring, promotionType: 'auto' },
    edits: [{ image: 'six-patched' }, { storage: { snapshots: 'never' } }, { image: 'seven' }],
  },
  'snapshots beyond the number to keep are deleted': {
    setting: { ...restoring, promotionType: 'auto' },
    edits: [{ image: 'six-patched' }, { image: 'seven' }, { snapshots: { policy: 'Auto', keep: 0 } }],
  },
  'forced in the middle of a restore': {
    setting: restoring,
    edits: [
      { image: 'six-patched' },
      { deleteSnapshotOf: 'data-redis-stable-2' },
      { image: 'six' },
      { image: 'six-patched', force: 'rev-six-patched' },
    ],
  },
  ...migrationStories,
  ...backupStories,
} as const satisfies Readonly<Record<string, Story>>
