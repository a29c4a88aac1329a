/**
 * The closed list of writes. An action is plain JSON and a whole intent, never half of one; it names revisions, and
 * whoever applies it renders them. Its preconditions on its own target are the uid and resourceVersion in `set`;
 * those on other objects are the reason why pods and claims are LISTed live before it (`restsOnPods`), and the resource
 * (`restsOnResource`) or the sets (`restsOnSets`) are read live.
 */
import type { ObjectRef, SetRef } from './observation.ts'
import type { JobOrder } from './jobs/job-order.ts'
import type { RolloutRecord } from './record.ts'
import type { SnapshotOrder } from './render/snapshot.ts'

/** What a change of the stable set is for; shown in logs and traces. */
export type StableIntent =
  | 'startRollout'
  | 'nextStep'
  | 'acknowledge'
  | 'recordTouched'
  | 'recordDecision'
  | 'promote'
  | 'lowerPartition'
  | 'returnReplicas'
  | 'revertTemplate'
  | 'closeRollout'
  | 'recordProven'
  | 'clearRejected'
  | 'replaceUnproven'
  | 'force'
  | 'restoreDisplacement'
  | 'giveUpRestore'
  | 'adoptRestore'
  | 'startMigration'
  | 'recordMigrated'
  | 'recordRestored'
  | 'scale'
  | 'makeWhole'
  | 'putBackSettings'
  | 'putBackTemplate'

export interface NamedUid {
  readonly name: string
  readonly uid: string
}

/** Fields of the stable set to set in one patch; what is left out stays as it is. */
export interface StableChange {
  readonly record?: RolloutRecord
  /** Take the pod template of this stored revision. */
  readonly revision?: string
  readonly replicas?: number
  readonly partition?: number
  /** The first ordinal: never another one, but the right one again where somebody changed it. */
  readonly ordinalsStart?: number
  /** Write minReadySeconds and retention policy as rendered from the spec. */
  readonly settings?: true
}

/** A volume that is to outlive its claim. */
export interface VolumeOrder {
  readonly volume: string
  readonly claim: NamedUid
  readonly attempt: number
  /** The claim was made by a restore that is given up. */
  readonly restored?: true
}

/** A claim that is to be made again, as it is written on the volume that was kept of it. */
export interface ClaimOrder {
  readonly claim: string
  readonly volume: string
  readonly snapshot?: NamedUid
  /** Name of the Job whose backup it is to be filled from. */
  readonly backup?: string
}

export type Action =
  | { readonly kind: 'addFinalizer' }
  | { readonly kind: 'removeFinalizer' }
  | {
      readonly kind: 'removeAnnotation'
      readonly name: string
      readonly value: string
      /** The record says that it was done; else it is removed because it cannot count. */
      readonly heeded: boolean
    }
  | { readonly kind: 'createRevision'; readonly revision: string; readonly number: number }
  /** Its number becomes that of the newest. */
  | { readonly kind: 'renewRevision'; readonly stored: ObjectRef; readonly number: number }
  | { readonly kind: 'deleteRevision'; readonly stored: ObjectRef }
  | { readonly kind: 'createService' }
  | {
      readonly kind: 'createStable'
      readonly revision: string
      readonly replicas: number
      readonly record: RolloutRecord
    }
  | {
      readonly kind: 'changeStable'
      readonly intent: StableIntent
      readonly set: SetRef
      readonly change: StableChange
    }
  /** Created inert, with 0 replicas: a create carries no resourceVersion, so a late one must not run pods. */
  | {
      readonly kind: 'createCanary'
      readonly revision: string
      readonly claimOrdinal: number | undefined
      /** The rollout's id: a late create of an earlier attempt, with other claims, is told by it. */
      readonly attempt: number
    }
  | {
      readonly kind: 'armCanary'
      readonly set: SetRef
      readonly ordinalsStart: number
      readonly replicas: number
    }
  | { readonly kind: 'emptyCanary'; readonly set: SetRef }
  | { readonly kind: 'emptyStable'; readonly set: SetRef }
  /** Takes our uid off the stable set: from then on it is nobody's, and no later deletion of ours can mean it. */
  | { readonly kind: 'releaseStable'; readonly set: SetRef }
  /** Takes our ownerReference off the headless Service, so that it does not go with the resource. */
  | { readonly kind: 'releaseService'; readonly service: ObjectRef }
  | { readonly kind: 'deleteSet'; readonly set: SetRef }
  | { readonly kind: 'deletePod'; readonly pod: NamedUid }
  /** Its label no longer fits the stable set's selector, whose controller lets go of it then; it runs on as it is. */
  | { readonly kind: 'releasePod'; readonly pod: NamedUid }
  /** When it is deleted it ends, and its object stays until it is unpinned: its set cannot make another one of its name. */
  | { readonly kind: 'pinPod'; readonly pod: NamedUid }
  | { readonly kind: 'unpinPod'; readonly pod: NamedUid }
  | ({ readonly kind: 'createSnapshot' } & SnapshotOrder)
  /** The volume outlives its claim, and a copy of the claim is written on it. */
  | ({ readonly kind: 'keepVolume' } & VolumeOrder)
  /** As it is: one that has got a volume since is another matter. */
  | { readonly kind: 'deleteClaim'; readonly claim: ObjectRef }
  /** As it is written on the kept volume: with the content of a snapshot, empty for a backup, or with that very volume again. */
  | ({ readonly kind: 'createClaim' } & ClaimOrder)
  /** A kept volume may be taken by a claim of the name that it was taken from, whatever uid that has. */
  | { readonly kind: 'freeVolume'; readonly volume: ObjectRef }
  /** A kept volume has its own reclaim policy again, and is nobody's (Kubernetes deletes it, or leaves it), or its claim's as before. */
  | { readonly kind: 'releaseVolume'; readonly volume: ObjectRef }
  | { readonly kind: 'deleteSnapshot'; readonly snapshot: NamedUid }
  /** Created suspended: a create carries no resourceVersion, so a late one must not run pods. But a check only looks. */
  | ({ readonly kind: 'createJob' } & JobOrder)
  | { readonly kind: 'resumeJob'; readonly job: ObjectRef }
  /** In the foreground: its pods go first. */
  | { readonly kind: 'deleteJob'; readonly job: NamedUid }

/** What a decision rests on besides the object that it writes, and what is read live for that before it is carried out. */
type Ground = 'pods' | 'resource' | 'sets'

/**
 * True where the decision rests on pods or claims, which a stale cache may show as they no longer are. (An annotation that
 * was not heeded, too: an approval that comes just when the canary is ready would be taken for one that comes too early.)
 * Not what comes before the arming of a canary, which looks again: its set is created inert, and that it may have touched more
 * than it did is no harm. A LIST that closely follows another one waits up to 100 ms for the API server (decision 0016).
 */
export function restsOnPods(action: Action): boolean {
  return groundsOf(action).includes('pods')
}

/**
 * True where the decision rests on what a person asked for: a stale cache may show an approval that was consumed, or not
 * yet the one that is pending. Seen by the model checker: one approval counted for two steps; a rejection was cleared for a
 * revert that was taken back long ago, and the rejected version was rolled out again; a canary was armed after its resource had
 * been deleted, beside replicas that a late write brought back to stay; a version that was forced in was replaced by the one before.
 * (And a volume is not let go of for a time that somebody has just made longer.)
 */
export function restsOnResource(action: Action): boolean {
  return groundsOf(action).includes('resource')
}

/**
 * True where the sets are read live before the pods: a write to a pod, a snapshot or a volume is fenced by nothing of its set, whose
 * cache may show a rollout that is long over, or none while one is under way. Seen by the model checker: a standby took a replica that
 * was stopped for its snapshot for one that nobody needs so, and its set made it again on the version before; one went on with a
 * restore that was over, and the claim that it deleted was made again by its set, empty.
 */
export function restsOnSets(action: Action): boolean {
  return groundsOf(action).includes('sets')
}

function groundsOf(action: Action): readonly Ground[] {
  switch (action.kind) {
    case 'changeStable':
      return groundsOfIntent[action.intent]
    case 'createJob':
      return action.purpose === 'migrate' ? [] : ['pods']
    case 'removeAnnotation':
      return action.heeded ? [] : ['pods']
    default:
      return grounds[action.kind]
  }
}

const grounds: Readonly<
  Record<Exclude<Action['kind'], 'changeStable' | 'createJob' | 'removeAnnotation'>, readonly Ground[]>
> = {
  addFinalizer: [],
  removeFinalizer: ['pods'],
  createRevision: [],
  renewRevision: [],
  deleteRevision: [],
  createService: [],
  releaseService: [],
  createStable: ['pods'],
  emptyStable: ['pods'],
  releaseStable: ['pods'],
  createCanary: [],
  armCanary: ['pods', 'resource'],
  emptyCanary: ['pods'],
  deleteSet: ['pods'],
  deletePod: ['pods', 'sets'],
  releasePod: ['pods', 'sets'],
  pinPod: ['pods'],
  unpinPod: ['pods', 'sets'],
  createSnapshot: ['pods'],
  deleteSnapshot: ['pods', 'sets'],
  keepVolume: ['pods', 'sets'],
  freeVolume: ['pods', 'sets'],
  releaseVolume: ['pods', 'resource', 'sets'],
  deleteClaim: ['pods', 'sets'],
  createClaim: ['pods', 'sets'],
  resumeJob: ['pods', 'resource'],
  deleteJob: ['pods', 'sets'],
}

const groundsOfIntent: Readonly<Record<StableIntent, readonly Ground[]>> = {
  startRollout: ['pods', 'resource'],
  nextStep: ['pods', 'resource'],
  acknowledge: ['pods', 'resource'],
  recordTouched: [],
  recordDecision: ['pods', 'resource'],
  promote: ['pods'],
  lowerPartition: ['pods'],
  returnReplicas: ['pods'],
  revertTemplate: ['pods'],
  closeRollout: ['pods', 'resource'],
  recordProven: ['pods'],
  clearRejected: ['pods', 'resource'],
  replaceUnproven: ['pods', 'resource'],
  force: ['pods', 'resource'],
  restoreDisplacement: ['pods'],
  giveUpRestore: ['pods'],
  adoptRestore: ['pods', 'resource'],
  startMigration: ['pods', 'resource'],
  recordMigrated: ['pods'],
  recordRestored: ['pods'],
  scale: ['pods', 'resource'],
  makeWhole: ['pods'],
  putBackSettings: ['pods'],
  putBackTemplate: ['pods'],
}

/** The object as an action names it: what its preconditions test. */
export function refOf({ name, uid, resourceVersion }: ObjectRef): ObjectRef {
  return { name, uid, resourceVersion }
}

export function changeStable(set: SetRef, intent: StableIntent, change: StableChange): Action {
  return { kind: 'changeStable', intent, set: refOf(set), change }
}
