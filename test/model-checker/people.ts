/** What people do, each an edit that a scenario may allow once or more. */
import type { SpecView } from '../../src/core/observation.ts'
import { podsWith, withClaims, withPod, withResource, withSet, withSpec, withStorage } from './change.ts'
import { changed } from './contents.ts'
import { withJobDeleting, withJobHeld, withJobOfTheirs, withJobResumed, withJobsLetGo } from './jobs.ts'
import { withoutRefusal, withWriter } from './ledger.ts'
import {
  snapshotClass,
  withClaimMadeByHand,
  withEmptyClaim,
  withoutClaim,
  withSnapshotDeleting,
} from './storage.ts'
import { claimName, type Move, nameOf, type Pod, type PodRole, type Role, type World } from './world.ts'

export interface Edit {
  readonly what: string
  /** Undefined where it would change nothing, or is refused. */
  readonly make: (world: World) => World | undefined
}

export function editMoves(world: World, edits: readonly Edit[]): Move[] {
  if (world.resource.gone) return []
  return edits.flatMap(({ what, make }, index) => {
    const left = world.budget.edits[index] ?? 0
    const after = left > 0 ? make(world) : undefined
    if (after === undefined) return []
    const spent = world.budget.edits.map((count, position) => (position === index ? count - 1 : count))
    return [{ what, world: { ...after, budget: { ...after.budget, edits: spent } } }]
  })
}

/** What scenarios begin from is brought about without spending anything. */
export function after(world: World, { make, what }: Edit): World {
  const edited = make(world)
  if (edited === undefined) throw new Error(`cannot begin with "${what}"`)
  return edited
}

export function image(target: string): Edit {
  return {
    what: `the image is set to ${target}`,
    make: (world) =>
      world.resource.spec.target === target ? undefined : withoutRefusal(withSpec(world, { target })),
  }
}

export function replicas(count: number): Edit {
  return {
    what: `spec.replicas is set to ${count}`,
    make: (world) =>
      world.resource.spec.replicas === count ? undefined : withSpec(world, { replicas: count }),
  }
}

export function canaryReplicas(count: number): Edit {
  return {
    what: `spec.canaryReplicas is set to ${count}`,
    make: (world) =>
      world.resource.spec.canaryReplicas === count ? undefined : withSpec(world, { canaryReplicas: count }),
  }
}

export function pauseRollout(paused: boolean): Edit {
  return {
    what: `spec.paused is set to ${paused}`,
    make: (world) =>
      (world.resource.spec.paused ?? false) === paused ? undefined : withSpec(world, { paused }),
  }
}

export const promote: Edit = { what: 'a person approves', make: (world) => approved(world, 'true') }

/** By a revision, or by the hash that the set controller gives to the canary's pods. */
export function promoteWith(value: string): Edit {
  return { what: `a person approves ${value}`, make: (world) => approved(world, value) }
}

function approved(world: World, value: string): World | undefined {
  const { resource, ledger } = world
  if (resource.annotations['promote'] !== undefined) return undefined
  const asked = world.stable?.record?.rollout?.to ?? resource.spec.target
  const meant = value === 'true' ? asked : value.replace('hash-', '')
  const annotated = withAnnotation(world, 'promote', value)
  return meant === asked ? { ...annotated, ledger: { ...ledger, approved: meant } } : annotated
}

export function annotate(name: string, value: string): Edit {
  return {
    what: `${name}=${value} is annotated`,
    make: (world) =>
      world.resource.annotations[name] === undefined ? withAnnotation(world, name, value) : undefined,
  }
}

/** As a person does who was told to: whatever value is there is overwritten. */
export function withForce(value: string): Edit {
  return { what: `force=${value} is annotated`, make: (world) => withAnnotation(world, 'force', value) }
}

export function unannotate(name: string): Edit {
  return {
    what: `annotation ${name} is removed`,
    make: (world) => {
      const { [name]: value, ...annotations } = world.resource.annotations
      return value === undefined ? undefined : withResource(world, { ...world.resource, annotations })
    },
  }
}

function withAnnotation(from: World, name: string, value: string): World {
  const world = name === 'retry' ? withoutRefusal(from) : from
  const { resource } = world
  return withResource(world, { ...resource, annotations: { ...resource.annotations, [name]: value } })
}

export const remove: Edit = {
  what: 'the resource is deleted',
  make: (world) => {
    const { resource } = world
    if (resource.deleting || resource.gone) return undefined
    return withResource(world, { ...resource, deleting: true, gone: !resource.finalizer })
  },
}

export function deletionPolicy(policy: 'Delete' | 'Orphan'): Edit {
  return {
    what: `spec.deletionPolicy is set to ${policy}`,
    make: (world) =>
      (world.resource.spec.deletionPolicy ?? 'Delete') === policy
        ? undefined
        : withSpec(world, { deletionPolicy: policy }),
  }
}

/** By a stranger whom no policy keeps away. */
export function scaleStable(count: number): Edit {
  return {
    what: `a stranger scales the stable set to ${count}`,
    make: (world) =>
      world.stable === undefined || world.stable.replicas === count
        ? undefined
        : withSet({ ...world, ledger: { ...world.ledger, strangers: true } }, 'stable', {
            ...world.stable,
            replicas: count,
            observed: false,
          }),
  }
}

/** By a stranger whom no policy keeps away; kubectl calls it --cascade. */
export function deleteSet(role: Role, cascade: 'background' | 'foreground' | 'orphan' = 'background'): Edit {
  return {
    what: `a stranger deletes the ${role} set (${cascade})`,
    make: (world) => {
      const set = world[role]
      if (set === undefined || set.deleting) return undefined
      if (cascade === 'foreground') return withSet(world, role, { ...set, deleting: true })
      const deleted = withSet(world, role, undefined)
      return cascade === 'background' ? deleted : { ...deleted, pods: deleted.pods.map(left) }
    },
  }

  function left(pod: Pod): Pod {
    return pod.role === role ? { ...pod, orphan: true } : pod
  }
}

/** What else may be written into the spec. */
export function spec(change: Partial<SpecView>): Edit {
  return {
    what: Object.entries(change)
      .map(([field, value]) => `spec.${field} is set to ${JSON.stringify(value)}`)
      .join(', '),
    make: (world) => withSpec(world, change),
  }
}

/** A pod that a stranger starts on one of the claims: a debug pod, a backup. */
export function debugPod(claim: number): Edit {
  return {
    what: `a stranger mounts claim ${claim}`,
    make: (world) =>
      world.claims.some(({ ordinal, deleting }) => ordinal === claim && !deleting)
        ? {
            ...world,
            pods: podsWith(world.pods, {
              role: 'foreign',
              ordinal: claim,
              revision: '',
              claim,
              state: 'ready',
              deleting: false,
              age: 0,
            }),
          }
        : undefined,
  }
}

/** A person writes the label that makes its set let go of a replica. */
export function relabelled(ordinal: number): Edit {
  return {
    what: `a person labels stable pod ${ordinal} as released`,
    make: (world) => {
      const pod = world.pods.find((one) => one.role === 'stable' && one.ordinal === ordinal && !one.deleting)
      return pod && withPod(world, pod, { ...pod, role: 'released' })
    },
  }
}

/** The guard policy, or the one that completes claim names. */
export function policy(name: 'guard' | 'handover', isThere: boolean): Edit {
  return {
    what: `the ${name} policy is ${isThere ? 'installed' : 'taken away'}`,
    make: (world) =>
      world.around[name] === isThere ? undefined : { ...world, around: { ...world.around, [name]: isThere } },
  }
}

/** Sent by a leader that has died since, for the attempt that was the last one: a create names no object that could have changed. */
export function lateCanary(revision: string, claimOrdinal: number): Edit {
  return {
    what: 'a write of a dead leader is still under way: the create of the canary set of the last attempt',
    make: (world) => {
      const { record } = world.stable ?? {}
      if (record === undefined || record.rollout !== undefined) return undefined
      const late = { kind: 'createCanary', revision, claimOrdinal, attempt: record.id } as const
      return { ...world, flights: [...world.flights, late] }
    },
  }
}

/** The same, of the snapshot of a claim: whatever has been written since would be in it. */
export function lateSnapshot(ordinal: number): Edit {
  return {
    what: `a write of a dead leader is still under way: the create of the snapshot of claim ${ordinal}`,
    make: (world) => {
      const { record } = world.stable ?? {}
      const uid = world.claims.find((claim) => claim.ordinal === ordinal)?.uid
      if (record?.rollout === undefined || uid === undefined) return undefined
      const name = claimName(ordinal)
      const snapshot = `${name}-resource-${record.id}`
      const of = { claim: { name, uid }, className: snapshotClass, attempt: record.id }
      const late = { kind: 'createSnapshot', snapshot, ...of } as const
      return { ...world, flights: [...world.flights, late] }
    },
  }
}

/** The headless Service. */
export const deleteService: Edit = {
  what: 'a person deletes the Service',
  make: (world) =>
    world.around.service ? { ...world, around: { ...world.around, service: false } } : undefined,
}

/** The ControllerRevision that keeps its template. */
export function deleteRevision(revision: string): Edit {
  return {
    what: `a person deletes the stored revision ${revision}`,
    make: (world) =>
      world.revisions.includes(revision)
        ? { ...world, revisions: world.revisions.filter((stored) => stored !== revision) }
        : undefined,
  }
}

export function deleteClaim(ordinal: number): Edit {
  return {
    what: `a person deletes claim ${ordinal}`,
    make: (world) => {
      const claim = world.claims.find((candidate) => candidate.ordinal === ordinal)
      if (claim === undefined || claim.deleting) return undefined
      const deleted = withClaims(
        world,
        world.claims.map((other) => (other === claim ? { ...claim, deleting: true } : other)),
      )
      return world.storage === undefined
        ? deleted
        : { ...deleted, ledger: { ...deleted.ledger, claimsDeleted: true } }
    },
  }
}

/** The one of this claim that the newest attempt took. */
export function deleteSnapshot(ordinal: number): Edit {
  return {
    what: `a person deletes the snapshot of claim ${ordinal}`,
    make: (world) => {
      const snapshot = world.storage?.snapshots.findLast((one) => one.ordinal === ordinal && !one.deleting)
      const deleted = snapshot && withSnapshotDeleting(world, snapshot)
      return deleted && { ...deleted, ledger: { ...deleted.ledger, snapshotsDeleted: true } }
    },
  }
}

/** A person deletes a claim that nobody uses, and makes another one of that name, empty. */
export function exchangeClaim(ordinal: number): Edit {
  return {
    what: `a person deletes claim ${ordinal}, and makes it anew`,
    make: (world) => {
      const claim = world.claims.find((one) => one.ordinal === ordinal && !one.deleting)
      if (claim === undefined || world.pods.some((pod) => pod.claim === ordinal)) return undefined
      const ledger = { ...world.ledger, claimsDeleted: true as const }
      return withWriter(withEmptyClaim(withoutClaim({ ...world, ledger }, claim), ordinal), ordinal, '')
    },
  }
}

/** Where nothing is left of it but its snapshot. */
export function makeClaim(ordinal: number): Edit {
  return {
    what: `a person makes claim ${ordinal} again`,
    make: (world) =>
      world.claims.some((one) => one.ordinal === ordinal) ? undefined : withClaimMadeByHand(world, ordinal),
  }
}

/** With a claim of their own; it is the old one's no more. */
export function takeKept(ordinal: number): Edit {
  return {
    what: `a person takes the volume that was kept of claim ${ordinal}`,
    make: (world) => {
      const { storage } = world
      const found = storage?.volumes.find(({ kept }) => kept?.ordinal === ordinal)
      const isUsed = world.claims.some(({ uid, volume }) => uid === found?.claimUid || volume === found?.name)
      if (storage === undefined || found === undefined || isUsed) return undefined
      const volumes = changed(storage.volumes, found.name, { claimUid: 'theirs' })
      return withStorage(world, { ...storage, volumes })
    },
  }
}

/** The newest Job, or the one of that name. */
export function deleteJob(name?: string): Edit {
  return {
    what: 'a person deletes the Job',
    make: (world) => {
      const job = world.jobs.findLast((one) => name === undefined || one.name === name)
      if (job === undefined || job.deleting) return undefined
      return withJobDeleting(world, job)
    },
  }
}

/** By somebody else, to migrate to this revision. */
export function jobOfTheirs(revision: string): Edit {
  return {
    what: `somebody makes a Job that migrates to ${revision}`,
    make: (world) => withJobOfTheirs(world, revision),
  }
}

export const resumeJob: Edit = { what: 'somebody resumes the Job', make: withJobResumed }

export const holdJob: Edit = { what: 'somebody gives the Job a finalizer', make: withJobHeld }

export const letJobsGo: Edit = {
  what: 'a person takes the finalizers off the Jobs',
  make: withJobsLetGo,
}

export function deletePod(role: PodRole, ordinal: number): Edit {
  return {
    what: `a person deletes ${nameOf({ role, ordinal })}`,
    make: (world) => {
      const pod = world.pods.find((candidate) => candidate.role === role && candidate.ordinal === ordinal)
      // One that has ended is there for its finalizer only, which they take away when they are told to.
      const isTold = world.claims.some((claim) => claim.ordinal === ordinal && claim.deleting)
      if (pod?.state === 'stopped' && isTold) return withPod(world, pod, undefined)
      return pod === undefined || pod.deleting
        ? undefined
        : withPod(world, pod, { ...pod, deleting: true, age: 0 })
    },
  }
}

/** Of a pod that was stopped for its snapshot. */
export const takeFinalizersOff: Edit = {
  what: 'a person takes the finalizers off the pods that have ended',
  make: (world) =>
    world.pods.some(({ state }) => state === 'stopped')
      ? world.pods
          .filter(({ state }) => state === 'stopped')
          .reduce((left, pod) => withPod(left, pod, undefined), world)
      : undefined,
}
