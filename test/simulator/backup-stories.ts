/** Stories of a storage without snapshots: Jobs back replicas up, and restore them, or fail to. */
import type { Story } from './play.ts'
import type { Image, Setting } from './setting.ts'

const six: Image = { behaviour: 'runs', writes: 6, opens: [6] }
const seven: Image = { behaviour: 'runs', writes: 7, opens: [6, 7] }
const images = {
  six,
  seven,
  'seven-spoiling': { ...seven, behaviour: 'crashes' },
} as const satisfies Record<string, Image>

const three: Setting = {
  replicas: 3,
  canaryReplicas: 1,
  image: 'six',
  images,
  snapshots: { policy: 'None', keep: 1 },
  backups: { deadlineSeconds: 600 },
}
const four: Setting = { ...three, replicas: 4, canaryReplicas: 2 }
const approve = { promote: 'true' } as const

export const backupStories = {
  'backed up by a Job, reverted and restored by one': {
    setting: three,
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'two canaries, their replicas backed up and restored by Jobs': {
    setting: four,
    edits: [{ image: 'seven' }, { abort: 'true' }],
  },
  'backed up one replica at a time and promoted, then the next rollout; the Jobs of the first go': {
    setting: three,
    edits: [{ image: 'seven' }, approve, { image: 'seven-spoiling' }],
  },
  'a promotion that fails half-way: replicas are restored by Jobs, one at a time': {
    setting: { ...three, canaryReplicas: 0, ordered: true },
    edits: [{ image: 'seven-spoiling' }, { image: 'six' }],
  },
  'a backup that fails: its rollout is taken back at its deadline': {
    setting: { ...three, backupJobs: 'fail' },
    edits: [{ image: 'seven' }],
  },
  'a backup that fails is held where nothing is rolled back by itself; deleted, it is made again': {
    setting: { ...three, backupJobs: 'fail', automaticRollback: false },
    edits: [{ image: 'seven' }, { backupJobs: 'complete' }, { deleteJob: true }, approve],
  },
  'reverted while a replica is backed up': {
    setting: { ...three, jobs: 'endless', backupJobs: 'hang', automaticRollback: false },
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'a restore that fails: the replica gets its volume back as the new version left it': {
    setting: { ...three, restoreJobs: 'fail', images: { ...images, six: { ...six, opens: [6, 7] } } },
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'a restore that hangs runs into its deadline': {
    setting: { ...three, restoreJobs: 'hang', images: { ...images, six: { ...six, opens: [6, 7] } } },
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'where the storage takes snapshots no Job backs up': {
    setting: { ...three, snapshots: { policy: 'Auto', keep: 1 } },
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
  'where the storage takes none, a Job backs up': {
    setting: { ...three, snapshots: { policy: 'Auto', keep: 1 }, storage: { snapshotClass: undefined } },
    edits: [{ image: 'seven' }, { image: 'six' }],
  },
} as const satisfies Readonly<Record<string, Story>>
