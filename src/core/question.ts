/**
 * What a pure decision asks instead of doing IO: the controller answers into `observation.answers` and plans again.
 * Answers live in memory only. The controller keys them by resource uid, spec generation and stable set generation,
 * so an observation never carries an answer to another question.
 */

import type { ClaimOrder, VolumeOrder } from './action.ts'
import type { ObjectRef, SnapshotSpec } from './observation.ts'
import type { JobOrder } from './jobs/job-order.ts'
import type { Names } from './record.ts'
import type { SnapshotOrder } from './render/snapshot.ts'

export type Question =
  /** Would the API server take the stable set with the template of `revision`? (server-side dry run) */
  | { readonly kind: 'stableSet'; readonly revision: string }
  /** Would it take the canary set as rendered for `revision`? */
  | { readonly kind: 'canarySet'; readonly revision: string; readonly claimOrdinal: number | undefined }
  /** Would it take one pod of that set? Finds quota, LimitRange, PodSecurity, ServiceAccount and more. */
  | { readonly kind: 'canaryPod'; readonly revision: string; readonly claimOrdinal: number | undefined }
  /** Would it take the headless Service? Asked only after it has refused it. */
  | { readonly kind: 'service' }
  /** Would it number a stored revision anew? Asked only after it has refused to. */
  | { readonly kind: 'renewal'; readonly stored: ObjectRef; readonly number: number }
  /** Would it take the migration's Job, and its pods? */
  | { readonly kind: 'migrationJob'; readonly order: JobOrder }
  /** And that of the check after a rollback? */
  | { readonly kind: 'checkJob'; readonly order: JobOrder }
  /** And those that back a replica up, and restore it? */
  | { readonly kind: 'backupJob' | 'restoreJob'; readonly order: JobOrder }
  /** Would it take a snapshot? Asked only after it has refused one. */
  | { readonly kind: 'snapshot'; readonly order: SnapshotOrder }
  /** Would it take a claim that is made again? Asked only after it has refused one. */
  | { readonly kind: 'claim'; readonly order: ClaimOrder }
  /** Would it keep a volume? Asked only after it has refused to. */
  | { readonly kind: 'volume'; readonly order: VolumeOrder }
  /** Which snapshot classes are for the claims of this resource? */
  | {
      readonly kind: 'snapshotClasses'
      readonly policy: SnapshotSpec['policy']
      readonly className: string | undefined
      /** By claim template, one of each. */
      readonly claims: Names
    }
  /** Does the guard policy refuse a stranger's change of the stable set? */
  | { readonly kind: 'guard' }
  /** Does the hand-over policy complete the claim names of canary pods? */
  | { readonly kind: 'handover' }

export type QuestionKind = Question['kind']

/**
 * A `no` with `askAgainAt` (milliseconds since 1970) may change with no event to tell of it (a raised quota, a new
 * policy); one without it stands until the spec or the set changes (the API server called the object invalid).
 */
export type Answer =
  | {
      readonly yes: true
      readonly warnings: readonly string[]
      /** By claim template; left out where there are none, and need not be. */
      readonly snapshotClasses?: Names
    }
  | { readonly yes: false; readonly message: string; readonly askAgainAt?: number }
