/** What a simulated cluster begins with, how its images behave, and what people and faults do to it. */
import type { BackupSpec, JobView, MigrationSpec, SnapshotSpec } from '../../src/core/observation.ts'
import type { QuestionKind } from '../../src/core/question.ts'
import type { Step } from '../../src/core/record.ts'

export interface Image {
  /** What comes of a start, where the data can be opened; `slow` is running first and ready later. */
  readonly behaviour: 'runs' | 'slow' | 'crashes' | 'noImage' | 'neverReady'
  /** Version that it writes into its claim, and the versions that it can open. */
  readonly writes: number
  readonly opens: readonly number[]
}

/** The fields of the spec that people edit. */
export interface EditableSpec {
  readonly image: string
  readonly replicas: number
  readonly canaryReplicas: number
  readonly steps: readonly Step[]
  readonly paused: boolean
  readonly promotionType: 'manual' | 'auto'
  readonly bakeSeconds: number
  readonly deletionPolicy: 'Delete' | 'Orphan'
  readonly snapshots: Pick<SnapshotSpec, 'policy' | 'keep' | 'ttlSeconds'>
  readonly retainedTtlSeconds?: number
  readonly onRollback: 'Restore' | 'KeepData'
  readonly migration?: Omit<MigrationSpec, 'digest'>
  readonly checksRollback?: true
  readonly backups?: BackupSpec
}

/** What others do. */
export interface Behaviour {
  /** What comes of a Job; one that hangs runs into its deadline, one that is endless has none in sight. */
  readonly jobs: 'complete' | 'fail' | 'hang' | 'endless'
  /** What comes of the check after a rollback. */
  readonly checks?: 'complete' | 'fail'
  /** And of those that back replicas up, and restore them. */
  readonly backupJobs?: ReplicaJobs
  readonly restoreJobs?: ReplicaJobs
}

type ReplicaJobs = 'complete' | 'fail' | 'hang'

export type ExternalJob = Pick<JobView, 'name' | 'revision'> & Required<Pick<JobView, 'outcome'>>

/** What the storage behind all claims does. */
export interface Storage {
  /** The VolumeSnapshotClass of its driver, if it has one. */
  readonly snapshotClass?: string | undefined
  /** What comes of a snapshot that was asked for; `slow` takes a minute, `fails` says why it does not become ready. */
  readonly snapshots: 'ready' | 'slow' | 'never' | 'fails'
  /** A claim with a source gets its volume once a pod needs it. */
  readonly restores: boolean
}

export interface Setting
  extends Pick<EditableSpec, 'image' | 'replicas' | 'canaryReplicas'>,
    Partial<Omit<EditableSpec, 'image' | 'replicas' | 'canaryReplicas'>> {
  readonly ordered?: boolean
  readonly ordinalsStart?: number
  readonly images: Readonly<Record<string, Image>>
  /** As rendered on both sets: 5 where the template has no readiness probe, which is the default here. */
  readonly minReadySeconds?: number
  readonly progressDeadlineSeconds?: number
  readonly automaticRollback?: boolean
  readonly revisionHistoryLimit?: number
  readonly fromZero?: boolean
  /** False: nobody but the operator's own order keeps two pods from one claim. */
  readonly schedulerGuard?: boolean
  /** Questions about a canary that are answered with no, for good. */
  readonly refusals?: Readonly<Partial<Record<QuestionKind, string>>>
  /** Of a storage that can all of it, what it does not do or does otherwise. */
  readonly storage?: Partial<Storage>
  readonly jobs?: Behaviour['jobs']
  readonly checks?: Behaviour['checks']
  readonly backupJobs?: ReplicaJobs
  readonly restoreJobs?: ReplicaJobs
}

/** What people annotate a resource with. */
export const annotated = ['promote', 'abort', 'retry', 'force', 'acceptDataLoss'] as const
export type Annotation = (typeof annotated)[number]

/** What a person changes of the resource, all at once. */
export interface ResourceEdit extends Partial<EditableSpec>, Readonly<Partial<Record<Annotation, string>>> {
  /** The annotation that stops every write; false removes it. */
  readonly pauseReconciliation?: boolean
}

export type Edit =
  | ResourceEdit
  /** The image crashes when it is started again. */
  | { readonly ail: string }
  /** What ailed the image is mended: it runs when it is started again. */
  | { readonly mend: string }
  | { readonly delete: true }
  | { readonly evict: string }
  /** The pod's container ends, and the kubelet starts it again. */
  | { readonly crash: string }
  /** By somebody whom no policy keeps away. */
  | { readonly strayStableReplicas: number }
  /** A person deletes the newest snapshot of that claim. */
  | { readonly deleteSnapshotOf: string }
  /** The same, and somebody takes one of the same name, of what is there now. */
  | { readonly retakeSnapshotOf: string }
  /** A person has a claim of their own take the volume that was kept when that claim was restored. */
  | { readonly takeKeptOf: string }
  /** A person deletes a claim that nobody uses, with its volume, and makes another one of that name. */
  | { readonly exchangeClaim: string }
  | { readonly storage: Partial<Storage> }
  | Behaviour
  | Required<Pick<Behaviour, 'checks'>>
  | Required<Pick<Behaviour, 'backupJobs'>>
  | Required<Pick<Behaviour, 'restoreJobs'>>
  /** By somebody else, for a migration of type External. */
  | { readonly externalJob: ExternalJob }
  /** A person deletes the Job of the newest attempt, as kubectl does. */
  | { readonly deleteJob: true }
