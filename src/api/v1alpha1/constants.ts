/**
 * Names that the API is made of: group, kind, finalizer, labels, annotations, condition types and phases.
 * Plain values, loaded by the operator at run time; the schema and the types are built on them. Names of rendered
 * objects (`<name>-stable`, claims) are not API and are made by the core.
 */

export const group = 'app.example.com'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}` as const
export const kind = 'CanaryStatefulSet'
export const plural = 'canarystatefulsets'
export const singular = 'canarystatefulset'
export const shortName = 'csts'

/** Keeps a deleted resource until its sets are gone, in order. */
export const finalizer = 'app.example.com/finalizer'

/** On a replica that is stopped for its snapshot: its set makes no successor before that is taken. */
export const snapshotFinalizer = 'canary.example.com/snapshot'

/** Everything under this prefix, labels and annotations alike, belongs to the operator. */
export const ownPrefix = 'canary.example.com/'

/** Labels on the sets and their pods. `name` and `role` are in the selectors, so that the two sets are disjoint. */
export const labels = {
  name: 'canary.example.com/name',
  role: 'canary.example.com/role',
  revision: 'canary.example.com/revision',
  /** The uid of the resource: tells our set from one that a re-created or foreign resource left behind. */
  uid: 'canary.example.com/uid',
  /** On a volume that a restore took out of use: the uid of the resource. */
  keptFor: 'canary.example.com/kept-for',
  /** On a migration's Job: the resource that it migrates for. Whoever makes one by hand gives it that, and `revision`. */
  migration: 'canary.example.com/migration',
  /** On a Job that is for one replica: `backup` or `restore`. */
  purpose: 'canary.example.com/purpose',
} as const

/** Annotations that people write on a resource, and `rollout`, the record that the operator keeps on the stable set. */
export const annotations = {
  promote: 'canary.example.com/promote',
  /** Takes a rollout back and rejects its revision: `true`, or that revision. */
  abort: 'canary.example.com/abort',
  /** Tries a rejected revision again: `true`, or that revision. */
  retry: 'canary.example.com/retry',
  /** The revision of the spec, to go straight in without a canary, also over kept data where the stable set is missing. */
  force: 'canary.example.com/force',
  /** The revision whose irreversible migration is to be rolled back all the same. */
  acceptDataLoss: 'canary.example.com/accept-data-loss',
  pauseReconciliation: 'canary.example.com/pause-reconciliation',
  unprotected: 'canary.example.com/unprotected',
  rollout: 'canary.example.com/rollout',
  /** On the canary set, a snapshot or a Job: the number of the rollout that it was made for. */
  attempt: 'canary.example.com/attempt',
  /** On a snapshot: the uid of the claim that it was taken of. */
  claimUid: 'canary.example.com/claim-uid',
  /** On a Job that backs a replica up or restores it: the uids of its claims, as JSON by name. */
  claims: 'canary.example.com/claims',
  /** On a claim that was made again: the Job whose backup it is filled from. */
  restoredFrom: 'canary.example.com/restored-from',
  /** On a snapshot, or a Job that backs up: the uid of the pod that was stopped for it. */
  podUid: 'canary.example.com/pod-uid',
  /** On a Job: the generation of the resource that it was made from. */
  generation: 'canary.example.com/generation',
  /** On a volume that a restore took out of use: what it was, as JSON, and how to make its claim again. */
  kept: 'canary.example.com/kept',
} as const

/** The guard's admission policy; its refusals carry this name. */
export const guardPolicy = 'canary-protect'

/** The operator's name in the managed fields of what it writes. */
export const fieldManager = 'canary-operator'

/** The field manager of dry runs that the guard treats as a stranger's, so that a refusal shows that it is live. */
export const guardProbeManager = 'canary-guard-probe'

/** The sets' roles, as the label `role` spells them. */
export const roles = ['stable', 'canary'] as const

/** The label `role` of a replica that its set has let go of, and that waits until its data is restored. */
export const releasedRole = 'released'

/** Condition types of a resource, in kstatus' words. */
export const conditionTypes = ['Ready', 'Reconciling', 'Stalled'] as const

/** Phases, for people, in the order in which a rollout passes them; decisions never read them. */
export const phases = [
  'Initializing',
  'ReconcilingStable',
  'ScalingDownStable',
  'DeployingCanary',
  'CanaryActive',
  'AwaitingMigration',
  'MigratingData',
  'MigrationFailed',
  'Promoting',
  'RollingBack',
  'Stable',
  'Terminating',
] as const
