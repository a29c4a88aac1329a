/**
 * The world that is explored: everything that the next move may depend on, as a handful of small immutable parts. Equal
 * parts are equal texts, so a whole world is a short row of numbers (state-space.ts). Names and versions that only grow
 * (uids, resourceVersions, times) are not in it: what matters about them is whether a copy is still current, and how
 * old a moment is.
 */
import type { SpecView } from '../../src/core/observation.ts'
import type { Action } from '../../src/core/action.ts'
import type { ReplicaPurpose } from '../../src/core/jobs/job-order.ts'
import type { RolloutRecord } from '../../src/core/record.ts'
import type { QuestionKind } from '../../src/core/question.ts'

/** How old a moment is: just now; past minReadySeconds; past a bake; past the progress deadline. */
export type Age = 0 | 1 | 2 | 3

export type Role = 'stable' | 'canary'

/**
 * `released`: made by the stable set, and no longer of its label. `job`: of a Job of ours, whose attempt is its ordinal. `foreign`:
 * made by a stranger, who mounts one of the claims.
 */
export type PodRole = Role | 'released' | 'job' | 'foreign'

export interface Resource {
  readonly spec: Partial<SpecView> & Pick<SpecView, 'replicas' | 'canaryReplicas' | 'target'>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizer: boolean
  readonly deleting: boolean
  readonly gone: boolean
  /** Of the status: what is read back from it, and since when. */
  readonly waiting?: { readonly for: string; readonly age: Age }
}

export interface SetObject {
  readonly revision: string
  readonly replicas: number
  readonly start: number
  readonly partition: number
  readonly observed: boolean
  /** status.currentRevision. */
  readonly current: string
  readonly caughtUp: boolean
  readonly attempt?: number | undefined
  readonly claimOrdinal?: number | undefined
  /** The record annotation; its moments are ages. */
  readonly record?: RolloutRecord | undefined
  /** Handed over by a deletion that leaves it: no longer the resource's. */
  readonly released?: true
  /** Of a canary set that was never armed: the garbage collector takes it where the resource is gone. */
  readonly owned?: true | undefined
  /** Deleted in the foreground: it goes after its pods. */
  readonly deleting?: true
}

/** Only a Job's pod ends by itself. `stopped`: it was deleted, and only a finalizer is left of it. */
export type PodState = 'pending' | 'noImage' | 'crashing' | 'running' | 'ready' | 'ended' | 'stopped'

export interface Pod {
  readonly role: PodRole
  readonly ordinal: number
  readonly revision: string
  /** Ordinal of the claim that it mounts; `placeholder` where nobody completed its name. */
  readonly claim: number
  readonly state: PodState
  readonly deleting: boolean
  /** Of the Ready condition as it is now. */
  readonly age: Age
  /** Its set was deleted without it, or has let go of it, and none has taken it over yet. */
  readonly orphan?: true
  /** Our finalizer keeps its name taken. */
  readonly pinned?: true
  /** Name of the Job whose it is, where that is for one replica. */
  readonly job?: string
}

/** A claim that is not there. */
export const placeholder = -1

export interface Claim {
  readonly ordinal: number
  readonly deleting: boolean
  /** What follows is told where snapshots are taken only. Of all claims of this ordinal that ever were, which one. */
  readonly uid?: string
  /** As its spec names it: the one that it is bound to, or is to be. */
  readonly volume?: string
  /** Name of the snapshot that it is to be made of, or of the Job whose backup is to fill it. */
  readonly source?: string
}

/**
 * What a volume has in it: the revision that wrote last, and a number where something else of that revision is still
 * somewhere else; empty where nobody has written yet.
 */
export type Content = string

/** Named after the claim that it was made for. */
export interface Volume {
  readonly name: string
  readonly content: Content
  /** uid of the claim that has it, or had it last; any claim that names it may have it where there is none. */
  readonly claimUid?: string | undefined
  /** It outlives its claim, and says what it was. */
  readonly kept?: Kept
}

export interface Kept {
  readonly ordinal: number
  readonly claimUid: string
  readonly attempt: number
  /** It was made by a restore. */
  readonly restored?: true
  /** Where the spec says for how long. */
  readonly age?: Age
}

export interface Snapshot {
  readonly name: string
  readonly uid: string
  readonly ordinal: number
  readonly attempt: number
  /** As is noted on it: the pod that was stopped for it. */
  readonly pod?: string | undefined
  /** As is noted on it: the claim that had the name when it was asked for. */
  readonly claimUid: string
  readonly ready: boolean
  readonly deleting: boolean
  /** It became ready when its rollout was over, or taken back. */
  readonly late?: true
  /** Since it was asked for; once it is ready only where the spec says for how long it is kept. */
  readonly age: Age
  /** Cut when it becomes ready, of whatever claim has that name by then. */
  readonly content: Content
  /** Of the ledger, then. */
  readonly writer: string
}

export interface Job {
  readonly name: string
  readonly uid: string
  readonly attempt: number
  readonly revision: string
  /** Ordinal of the claim that it mounts; `placeholder` where it mounts none. */
  readonly claim: number
  readonly suspended: boolean
  readonly deleting: boolean
  readonly outcome?: 'complete' | 'failed'
  /** Made by somebody else: its attempt is the one that was under way then, or 0. Of its pods nothing is known. */
  readonly theirs?: true
  /** Somebody else has resumed it. */
  readonly resumedByHand?: true
  /** A finalizer of somebody else keeps it; for how long since it was deleted. */
  readonly held?: true
  readonly heldFor?: Age
  /** What it does for one replica, and what is noted on it: the claim that had the name then, the pod that was stopped for it. */
  readonly purpose?: ReplicaPurpose
  readonly claimUid?: string
  readonly secondUid?: string
  readonly pod?: string | undefined
  /** What it restores: the uid of the Job that backed it up. */
  readonly backup?: string
  /** Of a backup that is not complete, since it was made. */
  readonly age?: Age
}

/** What the storage has, where snapshots are taken. */
export interface Storage {
  readonly volumes: readonly Volume[]
  readonly snapshots: readonly Snapshot[]
  /** What Jobs have backed up, by their names and uids: no object tells of it. */
  readonly backups?: readonly Snapshot[]
  /** How many of a name there have been, so that no uid is used twice. */
  readonly made: Readonly<Record<string, number>>
}

/** The operator's memory: lost when its process ends. */
export interface Memory {
  readonly answers: Readonly<Partial<Record<QuestionKind, 'yes' | 'no' | 'never'>>>
  /** A write that was confirmed while the cache that will show it stood still. */
  readonly unseen?: Kind
}

/** Of `storage`: snapshots and kept volumes, which are never read live. */
export type Kind = 'resource' | 'sets' | 'pods' | 'claims' | 'storage' | 'jobs'

/** Caches that stand still show these older copies; what is absent is current. */
export interface Frozen {
  /** They are a standby's: nobody plans on them before it takes over. */
  readonly standby: boolean
  readonly resource?: Resource
  readonly sets?: {
    readonly stable: SetObject | undefined
    readonly canary: SetObject | undefined
    /** Whether the copies still have the object's resourceVersion. */
    readonly stableCurrent: boolean
    readonly canaryCurrent: boolean
  }
  readonly pods?: readonly Pod[]
  readonly claims?: readonly Claim[]
  readonly storage?: Storage
  readonly jobs?: readonly Job[]
}

/** What stands around the objects. */
export interface Around {
  /** The headless Service exists. */
  readonly service: boolean
  /** The policy that keeps strangers from scaling and deleting the sets is in force. */
  readonly guard: boolean
  /** The policy that completes the claim names of canary pods is in force. */
  readonly handover: boolean
  /** The set controller's own cache of pods stands still, and shows these. */
  readonly controllerPods?: readonly Pod[]
}

/** What no object of the cluster tells, kept to see whether a promise is broken. */
export interface Ledger {
  /** By ordinal of the claim: the revision that wrote to it last; with `!` once its rollback was decided. */
  readonly writers: readonly string[]
  /** Revisions, the one that was last rolled out at the end: it may open what those before it wrote. */
  readonly order: readonly string[]
  /** The revision that a person has approved, until a promotion was decided for it or its attempt was rolled back. */
  readonly approved?: string
  /** The revision that was rolled back as failed or aborted, until a person changes the spec or asks for another try. */
  readonly refused?: string
  /** A stranger scaled stable past the policy: old code may meet new data then, two writers may not. */
  readonly strangers?: true
  /** A person has deleted snapshots: what they were there for cannot be done any more. */
  readonly snapshotsDeleted?: true
  /** And claims, with what was in them. */
  readonly claimsDeleted?: true
  /** How many Jobs were made, so that no uid is used twice; the attempt whose Job ran last, and the one whose was complete. */
  readonly jobs?: number
  readonly ran?: number
  readonly migrated?: number
  /** The attempt whose rollback was checked last, and passed. */
  readonly checked?: number
}

/** What may still go wrong or be edited; each move of that kind takes one away. */
export interface Budget {
  readonly edits: readonly number[]
  readonly evictions: number
  readonly failures: number
  readonly freezes: number
  readonly takeovers: number
  readonly refusals: number
  /** Of the set controller's cache of pods. */
  readonly lags: number
}

export interface World {
  readonly resource: Resource
  readonly stable: SetObject | undefined
  readonly canary: SetObject | undefined
  readonly pods: readonly Pod[]
  readonly claims: readonly Claim[]
  /** Undefined where no snapshots are taken: nothing of it matters there. */
  readonly storage: Storage | undefined
  readonly jobs: readonly Job[]
  /** Revisions that are kept as ControllerRevisions, by their numbers' order. */
  readonly revisions: readonly string[]
  readonly around: Around
  readonly memory: Memory
  readonly frozen: Frozen
  /** Writes that dead leaders sent and the server may still carry out: what they were decided on is unchanged. */
  readonly flights: readonly Action[]
  readonly ledger: Ledger
  readonly budget: Budget
}

/** How code of a revision behaves: what may come of a start, where it can open the data. */
export interface Code {
  readonly starts: readonly Exclude<PodState, 'pending' | 'stopped'>[]
  /** Revisions whose data it cannot open; it crashes then. */
  readonly cannotOpen?: readonly string[]
}

/** What does not change while a scenario is explored. */
export interface Setting {
  readonly ordered: boolean
  readonly code: Readonly<Record<string, Code>>
  /** The scheduler keeps pods of both roles with one ordinal apart; without it our own preconditions must. */
  readonly schedulerGuard: boolean
  /** What the storage never does. */
  readonly storageNever?: 'snapshots' | 'provisions' | 'deletes'
  /** Jobs that others make never end. */
  readonly theirsHang?: true
}

/** A promise that was broken. */
export class Violation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Violation'
  }
}

export function nameOf({ role, ordinal, job }: Pick<Pod, 'role' | 'ordinal' | 'job'>): string {
  if (job !== undefined) return `${job}-pod`
  if (role === 'foreign') return `debug-${ordinal}`
  return `redis-${role === 'released' ? 'stable' : role}-${ordinal}`
}

/** The second claim of a replica, where it has two, is known by its ordinal and this. */
export const second = 10

export function claimName(claim: number): string {
  return claim >= second ? `log-redis-stable-${claim - second}` : `data-redis-stable-${claim}`
}

export function claimNamed(name: string): number {
  return Number(name.split('-').at(-1)) + (name.startsWith('log') ? second : 0)
}

/** All claims of the replica whose first one it is. */
export function claimsOf({ resource: { spec } }: Pick<World, 'resource'>, claim: number): readonly number[] {
  if (claim === placeholder) return []
  return spec.claimTemplates?.length === 2 ? [claim, claim + second] : [claim]
}

/** It mounts that claim, be it the second one. */
export function mounts(pod: Pick<Pod, 'claim'>, claim: number): boolean {
  return pod.claim === claim % second
}

/** One of ours that has written to its claim, or may at any moment. What a stranger runs there is his own affair. */
export function isWriter({ role, state }: Pod): boolean {
  return role !== 'foreign' && (state === 'running' || state === 'ready' || state === 'crashing')
}

/** One move, in words, and the world after it. */
export interface Move {
  readonly what: string
  readonly world: World
  /** The operator wrote to objects of this kind, and heard of it. */
  readonly wrote?: Kind
}
