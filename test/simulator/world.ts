/**
 * A small deterministic cluster: one resource, its two sets, their pods and claims, and a clock that moves only when
 * somebody moves it. What is here are the API server's objects and how they change; who moves them stands in
 * cluster.ts (set controller, garbage collector, scheduler, kubelet), storage.ts, people.ts and operator.ts. Objects are replaced,
 * never changed, so that whoever keeps one (a cache) keeps it as it was.
 */
import type {
  ClaimView,
  ObjectRef,
  Observation,
  PodView,
  RevisionView,
  SetView,
  SnapshotView,
} from '../../src/core/observation.ts'
import type { SimulatedJob } from './jobs.ts'
import type { Annotation, Behaviour, EditableSpec, Image, Setting, Storage } from './setting.ts'
import type { ControlledSet } from './set-controller.ts'

export type Role = 'stable' | 'canary'

export interface SimulatedResource {
  readonly generation: number
  readonly finalizer: boolean
  readonly deleting: boolean
  readonly gone: boolean
  readonly annotations: Readonly<Partial<Record<Annotation, string>>>
  readonly pauseReconciliation: boolean
  readonly spec: EditableSpec
  readonly status: Observation['resource']['status']
}

export interface SimulatedSet extends SetView {
  readonly role: Role
  readonly partition: number
  readonly generation: number
  /** As its controller saw it last; it acts on that. */
  readonly seen: ControlledSet | undefined
  readonly claimOrdinal: number | undefined
}

export interface SimulatedPod extends PodView {
  readonly role: Role | 'released' | 'job'
  /** Its container runs, or has ended for good. */
  readonly started: boolean
}

export interface SimulatedVolume extends ObjectRef {
  /** The claim that it is for: its uid where it is bound to it, or was; without one, whoever has that name may have it. */
  readonly claim: string
  readonly claimUid: string | undefined
  /** It outlives its claim. */
  readonly retains: boolean
  /** The note of whoever took it out of use. */
  readonly kept?: {
    readonly claimUid: string
    readonly attempt: number
    readonly restored?: true
    readonly at: number
  }
}

export interface SimulatedSnapshot extends SnapshotView {
  /** Of the volume when it was cut, which is when it becomes ready. */
  readonly content?: Content
}

/** What is on a volume. */
export interface Content {
  /** Version of the data, 0 for none. */
  readonly version: number
  /** The oldest first, no two of them with the same number: what a lost volume would lose. */
  readonly writes: readonly { readonly number: number; readonly writer: string }[]
  /** It was decided that older code may open what is there. */
  readonly released: boolean
}

export const empty: Content = { version: 0, writes: [], released: false }

export interface World {
  readonly setting: Setting
  readonly images: Record<string, Image>
  now: number
  resource: SimulatedResource
  readonly sets: Partial<Record<Role, SimulatedSet>>
  pods: readonly SimulatedPod[]
  claims: readonly ClaimView[]
  volumes: readonly SimulatedVolume[]
  snapshots: readonly SimulatedSnapshot[]
  /** By name of the volume. No object tells of it. */
  readonly contents: Record<string, Content>
  storage: Storage
  jobs: readonly SimulatedJob[]
  behaviour: Behaviour
  revisions: readonly RevisionView[]
  service: 'none' | 'ours' | 'released'
  /** Revisions in the order in which they were rolled out last. */
  order: readonly string[]
  /** What the promises remember. */
  readonly memory: Memory
  /** Somebody scaled stable past the policy: old code may meet new data then, two writers may not. */
  strangers: boolean
  uids: number
  versions: number
  writes: number
}

export interface Memory {
  /** By uid: what snapshots were cut of, those that are gone included. By uid and claim: what Jobs have backed up. */
  readonly cut: Record<string, SimulatedSnapshot>
  /** By claim: what it had when new code was about to get it, and in which attempt that was. */
  readonly displaced: Record<string, { readonly attempt: number; readonly content: Content }>
  /** Claims that something was written to. */
  readonly written: Set<string>
}

export function createWorld(setting: Setting): World {
  const { image, replicas, canaryReplicas, steps, paused, promotionType, bakeSeconds, deletionPolicy } =
    setting
  const { snapshots, retainedTtlSeconds, onRollback, migration, checksRollback, backups } = setting
  return {
    setting,
    images: { ...setting.images },
    now: 1_000_000,
    resource: {
      generation: 1,
      finalizer: false,
      deleting: false,
      gone: false,
      annotations: {},
      pauseReconciliation: false,
      spec: {
        image,
        replicas,
        canaryReplicas,
        steps: steps ?? [],
        paused: paused ?? false,
        promotionType: promotionType ?? 'manual',
        bakeSeconds: bakeSeconds ?? 0,
        deletionPolicy: deletionPolicy ?? 'Delete',
        snapshots: snapshots ?? { policy: 'None', keep: 1 },
        onRollback: onRollback ?? 'Restore',
        ...(retainedTtlSeconds !== undefined && { retainedTtlSeconds }),
        ...(migration !== undefined && { migration }),
        ...(checksRollback && { checksRollback }),
        ...(backups !== undefined && { backups }),
      },
      status: undefined,
    },
    sets: {},
    pods: [],
    claims: [],
    volumes: [],
    snapshots: [],
    contents: {},
    storage: { snapshotClass: 'csi', snapshots: 'ready', restores: true, ...setting.storage },
    jobs: [],
    behaviour: {
      jobs: setting.jobs ?? 'complete',
      checks: setting.checks ?? 'complete',
      backupJobs: setting.backupJobs ?? 'complete',
      restoreJobs: setting.restoreJobs ?? 'complete',
    },
    revisions: [],
    service: 'none',
    order: [],
    memory: { cut: {}, displaced: {}, written: new Set() },
    strangers: false,
    uids: 0,
    versions: 0,
    writes: 0,
  }
}

export function newUid(world: World): string {
  return `uid-${++world.uids}`
}

export function newVersion(world: World): string {
  return String(++world.versions)
}

export function minReadySecondsOf({ setting }: Pick<World, 'setting'>): number {
  return setting.minReadySeconds ?? 5
}

export function imageOfRevision(revision: string): string {
  return revision.replace(/^rev-/, '')
}

export function changeResource(world: World, change: Partial<SimulatedResource>): void {
  world.resource = { ...world.resource, ...change }
}

/** A change of what its controller reads is another generation, of anything another resourceVersion. */
export function changeSet(world: World, role: Role, change: Partial<SimulatedSet>): void {
  const before = world.sets[role]
  if (before === undefined) throw new Error(`there is no ${role} set`)
  const after = { ...before, ...change, resourceVersion: newVersion(world) }
  const isSpec = (['revision', 'replicas', 'ordinalsStart', 'partition'] as const).some(
    (field) => after[field] !== before[field],
  )
  world.sets[role] = isSpec ? { ...after, generation: before.generation + 1, observed: false } : after
}

export function changePod(world: World, pod: SimulatedPod, change: Partial<SimulatedPod>): SimulatedPod {
  const after = { ...pod, ...change }
  world.pods = world.pods.map((other) => (other === pod ? after : other))
  return after
}

/** Terminating; the kubelet ends it, and one that no node has taken is gone at once. */
export function terminate(world: World, pod: SimulatedPod): void {
  if (!pod.deleting) changePod(world, pod, { deleting: true })
}

export function isAvailable(world: World, pod: PodView): boolean {
  const { readySince } = pod
  return (
    !pod.deleting && readySince !== undefined && readySince + minReadySecondsOf(world) * 1000 <= world.now
  )
}

/** When the next Ready pod will have been so for minReadySeconds. */
export function nextAvailable(world: World): number | undefined {
  const moments = world.pods.flatMap(({ readySince }) =>
    readySince === undefined ? [] : [readySince + minReadySecondsOf(world) * 1000],
  )
  const next = Math.min(...moments.filter((moment) => moment > world.now))
  return Number.isFinite(next) ? next : undefined
}

/** Of the claim, as far as it has any. */
export function contentOf({ contents }: World, { volume }: Pick<ClaimView, 'volume'>): Content {
  return (volume === undefined ? undefined : contents[volume]) ?? empty
}

/** Revision that wrote to it last. */
export function writerOf({ writes }: Content): string {
  return writes.at(-1)?.writer ?? ''
}
