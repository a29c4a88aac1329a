/**
 * The way out of each rest: what a person does, to which object, and where a fair run then ends. A class of rest that is
 * not in this list is a broken promise, and so is a rest from which its act does not lead on.
 */
import {
  annotate,
  deleteClaim,
  deleteJob,
  deletePod,
  type Edit,
  image,
  jobOfTheirs,
  letJobsGo,
  makeClaim,
  pauseRollout,
  policy,
  replicas,
  spec,
  takeFinalizersOff,
  unannotate,
  withForce,
} from './people.ts'
import type { Rest } from './rest.ts'
import { type Claim, claimsOf, Violation, type World } from './world.ts'

export interface Exit {
  /** What a person does, and to what. */
  readonly act: string
  /** One after the other, each until all is at rest; an edit that would change nothing is left out. */
  readonly edits: (world: World) => readonly Edit[]
  readonly leadsTo: readonly string[]
}

/** Where a rollout goes that nothing holds any more. */
const onward = ['Stable', 'AwaitingApproval', 'RevisionRejected', 'JobStuck']

const stays = (why: string): Exit => ({ act: why, edits: () => [], leadsTo: [] })

const back = (...leadsTo: readonly string[]): Exit => ({
  act: 'set `spec.image` of the resource back',
  edits: (world) => [image(acceptedOf(world))],
  leadsTo: [
    'Stable',
    'ReplicaBroken',
    'ClaimDeleting',
    'RestoreBlocked',
    'ForeignPod',
    'JobStuck',
    ...leadsTo,
  ],
})

/** A version that always runs, and opens whatever it finds. */
const working = 'w'

const straightIn: Exit = {
  act: 'set `spec.image` of the resource to a version that works, and annotate `force`; without `force` where only displaced replicas are broken',
  edits: (world) => (isWholeBelow(world) ? [image(working)] : [image(working), withForce(working)]),
  // The next rollout begins with its first step, and may find the broken replica below that, or no policy.
  leadsTo: ['Stable', 'AwaitingApproval', 'ReplicasUnavailable', 'ClaimDeleting', 'GuardMissing'],
}

/** All replicas that a rollout leaves where they are run the accepted version and are available. */
function isWholeBelow({ stable, pods, resource }: World): boolean {
  if (stable?.record?.proven !== true || !stable.caughtUp) return false
  const { record, start } = stable
  const { spec } = resource
  const { rollout } = record
  const count = rollout?.replicas ?? spec.replicas
  // Replicas that the spec asks for besides are made at once, and may wait for the broken one.
  if (count !== spec.replicas) return false
  // The next rollout begins with the first step.
  const canaries = spec.steps?.[0]?.canaryReplicas ?? spec.canaryReplicas
  const ordinals = Array.from({ length: Math.max(0, count - canaries) }, (_, index) => start + index)
  return ordinals.every((ordinal) =>
    pods.some(
      (pod) =>
        pod.role === 'stable' &&
        pod.ordinal === ordinal &&
        pod.revision === record.accepted &&
        !pod.deleting &&
        pod.state === 'ready',
    ),
  )
}

/** Of the replicas that are restored: those that are gone, and of which no volume is kept. */
function lostClaims(world: World): readonly number[] {
  const { claims, storage, stable } = world
  const { start = 0, record } = stable ?? {}
  const { replicas = 0, touched = 0 } = record?.rollout ?? {}
  const ordinals = Array.from({ length: touched }, (_, index) => start + replicas - 1 - index)
  const isThere = (ordinal: number) => claims.some((one) => one.ordinal === ordinal)
  const isKept = (ordinal: number) =>
    storage?.volumes.some(({ kept }) => kept?.ordinal === ordinal && kept.attempt === record?.id)
  return ordinals
    .flatMap((ordinal) => claimsOf(world, ordinal))
    .filter((claim) => !isThere(claim) && !isKept(claim))
}

/** Made by the set's controller, say, after the one before was taken out of use. */
function strangeClaims({ claims, storage }: World): readonly Claim[] {
  return claims.filter(({ ordinal, uid, volume, source }) =>
    storage?.volumes.some(
      ({ name, kept }) =>
        kept?.ordinal === ordinal &&
        kept.restored !== true &&
        kept.claimUid !== uid &&
        name !== volume &&
        source === undefined,
    ),
  )
}

export const exits: Readonly<Record<string, Exit>> = {
  Stable: stays('none is needed'),
  gone: stays('none is needed'),
  AwaitingApproval: back('RollbackBlocked', 'MigrationIrreversible'),
  RevisionRejected: back(),
  CanaryFailing: back('RollbackBlocked'),
  SetRefused: back('FirstDeploy'),
  GuardMissing: {
    act: 'install the guard policy',
    edits: () => [policy('guard', true)],
    leadsTo: [...onward, 'SetRefused', 'HandoverMissing', 'RolloutPaused'],
  },
  HandoverMissing: {
    act: 'install the hand-over policy',
    edits: () => [policy('handover', true)],
    leadsTo: [...onward, 'SetRefused', 'RolloutPaused'],
  },
  Unprotected: {
    act: 'remove the annotation `unprotected` from the resource',
    edits: () => [unannotate('unprotected')],
    leadsTo: [...onward, 'GuardMissing'],
  },
  ForeignPod: {
    act: 'delete the pod that is named, or wait for its end',
    edits: ({ pods }) =>
      pods.filter(({ role }) => role === 'foreign').map(({ ordinal }) => deletePod('foreign', ordinal)),
    leadsTo: [...onward, 'gone'],
  },
  RolloutPaused: {
    act: 'set `spec.paused` of the resource to false',
    edits: () => [pauseRollout(false)],
    leadsTo: [
      ...onward,
      'ReplicasUnavailable',
      'HandoverMissing',
      'ClaimDeleting',
      'AwaitingMigration',
      'MigrationFailed',
    ],
  },
  ScaledToZero: {
    act: 'set `spec.replicas` of the resource',
    edits: () => [replicas(2)],
    leadsTo: onward,
  },
  Paused: {
    act: 'remove the annotation `paused` from the resource',
    edits: () => [unannotate('paused')],
    leadsTo: onward,
  },
  ReplicaBroken: straightIn,
  ReplicasUnavailable: straightIn,
  RollbackBlocked: straightIn,
  PromotionBlocked: straightIn,
  RevisionMissing: {
    act: 'set `spec.image` of the resource to a version that works, and annotate `force`',
    edits: () => [image(working), withForce(working)],
    leadsTo: ['Stable'],
  },
  FirstDeploy: {
    act: 'set `spec.image` of the resource to a version that works; or `spec.replicas`, where it asks for none',
    edits: ({ resource }) => [resource.spec.replicas === 0 ? replicas(2) : image(working)],
    leadsTo: ['Stable', 'ClaimDeleting'],
  },
  StableMissing: {
    act: 'annotate the resource with `force`',
    edits: (world) => [withForce(world.resource.spec.target)],
    leadsTo: ['Stable', 'ForeignPod'],
  },
  SnapshotsRefused: {
    act: 'name a class in `spec.volumes.snapshot.className` of the resource, or set `spec.volumes.snapshot.policy` to None',
    edits: () => [spec({ snapshots: { policy: 'None', keep: 1 } })],
    leadsTo: onward,
  },
  Snapshotting: back(),
  SnapshotNotReady: back(),
  SnapshotMissing: {
    act: 'set `spec.volumes.snapshot.policy` of the resource to Auto',
    edits: () => [spec({ snapshots: { policy: 'Auto', keep: 1 } })],
    leadsTo: onward,
  },
  BackupFailed: back(),
  RestoreBlocked: {
    act: 'set `spec.volumes.onRollback` of the resource to KeepData; where a pod or a claim of somebody else is named, delete that; where the claim is gone with its volume, make it again of its snapshot',
    edits: (world) => [
      ...lostClaims(world).map((ordinal) => makeClaim(ordinal)),
      ...world.pods
        .filter(({ role }) => role === 'foreign')
        .map(({ ordinal }) => deletePod('foreign', ordinal)),
      ...strangeClaims(world).map(({ ordinal }) => deleteClaim(ordinal)),
      spec({ onRollback: 'KeepData' }),
    ],
    leadsTo: [...onward, 'RollbackBlocked', 'gone'],
  },
  RollbackCheckFailed: {
    act: 'put the data right, and delete the Job of the check',
    edits: ({ stable }) => [deleteJob(`redis-check-resource-${stable?.record?.id}`)],
    leadsTo: [...onward, 'RollbackBlocked'],
  },
  AwaitingMigration: {
    act: 'make the Job that is waited for; or, where one hangs, set `spec.image` of the resource back',
    edits: (world) => [
      hasHanging(world) ? image(acceptedOf(world)) : jobOfTheirs(world.resource.spec.target),
    ],
    leadsTo: [...onward, 'AwaitingMigration', 'MigrationIrreversible', 'RollbackBlocked'],
  },
  MigrationFailed: back('RollbackBlocked'),
  MigrationIrreversible: {
    act: 'annotate the resource with `accept-data-loss` and the revision whose migration it is',
    edits: ({ stable }) => [annotate('acceptDataLoss', stable?.record?.rollout?.to ?? '')],
    leadsTo: [...onward, 'RollbackBlocked', 'ClaimDeleting'],
  },
  JobStuck: {
    act: 'take the finalizer off the Job that is named',
    edits: () => [letJobsGo],
    leadsTo: [...onward, 'gone'],
  },
  JobResumed: {
    act: 'delete the Job that is named',
    edits: () => [deleteJob()],
    leadsTo: onward,
  },
  ClaimMissing: back('RollbackBlocked'),
  ClaimDeleting: {
    act: 'delete the pods that keep the claim (its data goes with them; one that was stopped for its snapshot goes with its finalizer), set `spec.image` to a version that works, and annotate `force`',
    edits: ({ pods }) => [
      ...pods.map(({ role, ordinal }) => deletePod(role, ordinal)),
      takeFinalizersOff,
      image(working),
      withForce(working),
    ],
    leadsTo: ['Stable', 'gone', 'RestoreBlocked'],
  },
}

/** Throws where the act of its class does not lead out of this rest. What is done is added to the story. */
export function leave(rest: Rest, restFrom: (world: World) => Rest, story: string[]): void {
  const exit = exits[rest.as]
  if (exit === undefined) throw new Violation(`it rests as ${rest.as}, and no act leads out of that`)
  let end = rest
  for (const edit of exit.edits(rest.world)) {
    const edited = edit.make(end.world)
    if (edited === undefined) continue
    story.push(`(${rest.as}) ${edit.what}`)
    end = restFrom(edited)
  }
  if (exit.leadsTo.length > 0 && !exit.leadsTo.includes(end.as))
    throw new Violation(`it rests as ${rest.as}, and "${exit.act}" leads to ${end.as}`)
}

function hasHanging({ jobs }: World): boolean {
  return jobs.some(({ theirs, outcome }) => theirs && outcome === undefined)
}

function acceptedOf({ stable, resource }: World): string {
  return stable?.record?.accepted ?? resource.spec.target
}
