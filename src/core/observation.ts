/**
 * Everything that a decision may look at, as plain data. The controller fills it from its caches, and again with
 * pods and claims from a live LIST before anything is done that rests on them. Revisions are opaque words here;
 * moments are milliseconds since 1970; ordinals are absolute (they include `ordinals.start`).
 */
import type { CanaryStatefulSetStatus } from '../api/v1alpha1/types.ts'
import type { Answer, QuestionKind } from './question.ts'
import type { Names, Step } from './record.ts'
import type { ReplicaPurpose } from './jobs/job-order.ts'

export interface Observation {
  readonly resource: ResourceView
  /** The set named `<name>-stable`, whoever made it. */
  readonly stable: SetView | undefined
  /** The set named `<name>-canary`, whoever made it. */
  readonly canary: SetView | undefined
  /** Every pod that carries our name label, and every other pod that mounts one of our claims. */
  readonly pods: readonly PodView[]
  /** Every claim that is named after a replica of the stable set, whatever its ordinal. */
  readonly claims: readonly ClaimView[]
  /** Those that we took of claims of this resource, of whatever attempt; Jobs that back claims up stand for them, too. */
  readonly snapshots: readonly SnapshotView[]
  /** The Jobs that we made for this resource, and those that others made for its migrations. */
  readonly jobs: readonly JobView[]
  /** Volumes that restores took out of use. */
  readonly keptVolumes: readonly KeptVolumeView[]
  /** The ControllerRevisions that this resource owns. */
  readonly revisions: readonly RevisionView[]
  /** Whether a Service of the template's serviceName exists; true where no name is given. */
  readonly serviceExists: boolean
  /** Name of that Service where it is not headless: it gives pods no names of their own. */
  readonly wrongService?: string
  /** That Service, while it is the resource's and would go with it. */
  readonly ownService?: ObjectRef
  /** Another resource, there before this one, whose claims have the very names of ours (`a-b` of `c`, and `a` of `b-c`). */
  readonly rival?: string
  /** What was answered about this generation of the resource and of the stable set. */
  readonly answers: Readonly<Partial<Record<QuestionKind, Answer>>>
}

export interface ResourceView {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly generation: number
  readonly deleting: boolean
  readonly finalizer: boolean
  /** Values of our annotations, where present. `promote` is read from the annotation that the spec names. */
  readonly promote?: string
  readonly abort?: string
  readonly retry?: string
  readonly force?: string
  readonly acceptDataLoss?: string
  readonly paused: boolean
  readonly unprotected: boolean
  readonly spec: SpecView
  /** What the status said before. It keeps `since` and transition times; losing it loses nothing else. */
  readonly status: CanaryStatefulSetStatus | undefined
}

/** The spec with defaults applied, as far as decisions need it. */
export interface SpecView {
  readonly replicas: number
  readonly canaryReplicas: number
  /** The revision that the spec asks for now. */
  readonly target: string
  readonly targetImage: string
  readonly ordinalsStart: number
  /** podManagementPolicy is OrderedReady. */
  readonly ordered: boolean
  /** As rendered on both sets; 5 where the template has neither a readiness probe nor minReadySeconds. */
  readonly minReadySeconds: number
  readonly claimTemplates: readonly string[]
  /** The headless Service that names the pods, where the template asks for one. */
  readonly serviceName?: string
  /** Name of the annotation that approves a promotion. */
  readonly promoteAnnotation: string
  readonly progressDeadlineSeconds: number
  /** The rollout is held where it stands. (`ResourceView.paused` is the annotation that stops every write.) */
  readonly paused: boolean
  readonly promotionType: 'manual' | 'auto'
  /** How long every canary of a step must have been ready, where the step does not say. */
  readonly bakeSeconds: number
  /** As written; empty means one step of `canaryReplicas`. */
  readonly steps: readonly Step[]
  /** Canary pods are numbered from 0, and not as the replicas that they displace; for one canary only. */
  readonly fromZero: boolean
  /** A canary that fails is rolled back by itself. */
  readonly automaticRollback: boolean
  /** How many stored revisions are kept besides those that are needed. */
  readonly revisionHistoryLimit: number
  /** What a deletion leaves: the claims only, or the stable set as well. */
  readonly deletionPolicy: 'Delete' | 'Orphan'
  readonly snapshots: SnapshotSpec
  /** How long volumes are kept that restores took out of use; until a person lets them go, where left out. */
  readonly retainedTtlSeconds?: number
  /** Jobs back claims up, and restore them, where no snapshots are taken. */
  readonly backups?: BackupSpec
  /** What old code gets after a rollback: the content of the snapshots, or what new code left. */
  readonly onRollback: 'Restore' | 'KeepData'
  readonly migration?: MigrationSpec
  /** A Job asserts the data after a rollback. */
  readonly checksRollback?: true
}

export interface MigrationSpec {
  readonly type: 'Job' | 'External'
  readonly timing: 'BeforePromotion' | 'BeforeCanary'
  readonly reversible: boolean
  readonly mountClaims: boolean
  /** Of all that the spec says of it, the Job's template included: another one is another migration. */
  readonly digest: string
}

export interface SnapshotSpec {
  /** Where the storage can, always, or never. */
  readonly policy: 'Auto' | 'Required' | 'None'
  readonly className?: string
  /** Of how many ended rollouts they are kept. */
  readonly keep: number
  /** And for how long at most, from when they were asked for. */
  readonly ttlSeconds?: number
  /** Whether they are there still when the resource is gone. */
  readonly onDelete?: 'Delete' | 'Keep'
}

export interface BackupSpec {
  /** Seconds that a backup may take. */
  readonly deadlineSeconds: number
}

export interface ObjectRef {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

export type SetRef = ObjectRef

export interface SetView extends SetRef {
  /** Carries our label with the uid of this very resource. */
  readonly ours: boolean
  /** Not ours, but made by an operator for a resource of this name: an earlier one, or this one before it was restored. */
  readonly namesake?: true
  readonly deleting: boolean
  /** Its controller has seen its present generation, and counts in its status the pods that are there, ready or not. */
  readonly observed: boolean
  /** The first half of that, where it is known apart: an approval must not be lost for a status that lags. */
  readonly generationSeen?: boolean
  /** Revision of the pod template in spec, from its label; empty where it carries none. */
  readonly revision: string
  readonly replicas: number
  readonly ordinalsStart: number
  /** Counted from the first ordinal, as Kubernetes does. Undefined where no pod is rolled (OnDelete). */
  readonly partition: number | undefined
  readonly minReadySeconds: number
  /** persistentVolumeClaimRetentionPolicy is Retain/Retain. */
  readonly retains: boolean
  /** status.currentRevision equals status.updateRevision. */
  readonly caughtUp: boolean
  /** Of a canary set: the number of the attempt that it was made for. */
  readonly attempt?: number
  /** controller-revision-hash of the template in spec, once the set controller has published it. */
  readonly hash?: string
  /** Text of the rollout record annotation. */
  readonly record?: string
  /** Fields of its spec that somebody else wrote last, each with the name under which they wrote. */
  readonly edits?: Readonly<Record<string, string>>
}

/** A snapshot of one of our claims that we took, or what a Job of ours backed up of it. */
export interface SnapshotView {
  readonly name: string
  readonly uid: string
  readonly claim: string
  /** Of the claim as it was then: one of the same name may have taken its place. */
  readonly claimUid: string
  /** uid of the replica that was stopped for it, and had not run since; of a displaced one there is none. */
  readonly pod?: string
  readonly attempt: number
  readonly createdAt: number
  readonly deleting: boolean
  readonly ready: boolean
  /** The moment whose data it has. */
  readonly takenAt?: number
  /** What the storage says against it; it goes on trying. */
  readonly trouble?: string
  /** It is a Job's, with its name and uid: the same for all claims of a replica. */
  readonly byJob?: true
}

/** A Job of ours, or one that somebody made to migrate for this resource. */
export interface JobView extends ObjectRef {
  /** Made by us, for this very resource. */
  readonly ours: boolean
  /** The rollout that ours was made for, and the generation of the resource that it was made from. */
  readonly attempt?: number
  readonly generation?: number
  /** What ours does where it is for one replica; which claims that had then, by name; the pod that was stopped for it. */
  readonly purpose?: ReplicaPurpose
  readonly claims?: Names
  readonly pod?: string
  /** The revision that it migrates to. */
  readonly revision: string
  readonly createdAt: number
  readonly deleting: boolean
  /** Since when it is, where that is known. */
  readonly deletingSince?: number
  readonly suspended: boolean
  /** Once none of its pods runs any more. */
  readonly outcome?: 'complete' | 'failed'
  /** What its controller says of a failure. */
  readonly trouble?: string
}

/** A volume that a restore took out of use, with what new code wrote: kept until a person or its time lets it go. */
export interface KeptVolumeView extends ObjectRef {
  readonly claim: string
  /** Of the claim that it was taken from. */
  readonly claimUid: string
  readonly attempt: number
  /** That claim was made by a restore which was given up: what it has is not what new code left, and nobody gets it back. */
  readonly restored?: true
  /** It outlives its claim: nobody has taken that back since. */
  readonly retains: boolean
  /** No claim has it, and the one of the name that it was taken from may take it. */
  readonly free: boolean
  /** A claim of another name, which somebody has handed it to, be that gone again. */
  readonly holder?: string
  /** That claim is gone, and nobody has had the volume since. */
  readonly released: boolean
  readonly keptAt?: number
}

export interface PodView {
  readonly name: string
  readonly uid: string
  /**
   * `released`: a replica of stable that its set was made to let go of, until its data is restored. `job`: of a Job of ours.
   * `foreign`: made by none of ours, but mounting one of our claims.
   */
  readonly role: 'stable' | 'canary' | 'released' | 'job' | 'foreign'
  readonly ordinal: number
  readonly revision: string
  /** No controller has it: its set was deleted without it. */
  readonly orphan?: true
  /** Its controller-revision-hash: which template of its set it was made from. */
  readonly hash?: string
  readonly deleting: boolean
  /** Our finalizer keeps its name taken when it is deleted. */
  readonly pinned?: true
  /** It was deleted, its containers have ended and its volumes are unmounted: only a finalizer is left of it. */
  readonly stopped?: true
  /** Of a terminating pod: when its grace period is over. */
  readonly endsBy?: number
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  /** The scheduler finds no node for it; one may come. */
  readonly unschedulable?: true
  /** Since when the Ready condition is True. */
  readonly readySince?: number
  /** Since when the Ready condition is not True. */
  readonly unreadySince?: number
  /** Why it cannot run, where the kubelet already knows: image, configuration or crash loop. */
  readonly failure?: PodFailure
  readonly claims: readonly string[]
  /** Name of the Job whose pod it is. */
  readonly job?: string
}

export interface PodFailure {
  readonly reason: string
  readonly message: string
}

export interface ClaimView extends ObjectRef {
  readonly ordinal: number
  readonly deleting: boolean
  /** Since when it is, where that is known. */
  readonly deletingSince?: number
  /** Of one that is being deleted: somebody else's, which keeps it whatever becomes of its pods. */
  readonly finalizer?: string
  /** Its PersistentVolume, once it is bound. */
  readonly volume?: string
  /** The snapshot, or the Job's backup, that its content is made from. */
  readonly source?: string
  /** Its storage was asked for a volume; until then it is the scheduler who has found no place for it. */
  readonly asked?: true
}

export interface RevisionView extends ObjectRef {
  readonly revision: string
  readonly number: number
  readonly image: string
}
