/** What a Job of ours is to be made for: enough to render it, and what its containers are told. */
import { claimNames, type Facts, imageOf } from '../facts.ts'
import type { Names, RolloutRecord } from '../record.ts'

export type Purpose = 'migrate' | 'check' | ReplicaPurpose

/** For one replica each, on its claims. */
export type ReplicaPurpose = 'backup' | 'restore'

export interface JobOrder {
  readonly purpose: Purpose
  readonly job: string
  readonly attempt: number
  readonly from: string
  readonly to: string
  readonly fromImage: string
  readonly toImage: string
  /** Those of the displaced replicas. */
  readonly claims: readonly HandedClaim[]
  /** They are its volumes, too. */
  readonly mounts: boolean
  /** The one whose claims these are, where there is one Job for each. */
  readonly replica?: ReplicaOrder
}

export interface ReplicaOrder {
  readonly ordinal: number
  /** By claim: which one of that name. A Job of others is another one. */
  readonly claimUids: Names
  /** uid of the pod that was stopped for a backup. */
  readonly pod?: string
  /** What a restore is made from: the uid of the Job that backed it up. */
  readonly backup?: string
}

export interface HandedClaim {
  readonly name: string
  readonly template: string
  readonly ordinal: number
}

/** A Job's name is a label of its pods, of at most 63 characters; the uid keeps one that is cut from meaning another. */
const longestStem = 40
const longestStemWithOrdinal = 32

interface Named {
  readonly name: string
  readonly uid: string
}

export function jobName(resource: Named, purpose: Exclude<Purpose, ReplicaPurpose>, attempt: number): string {
  return `${prefixOf(resource, purpose, longestStem)}${attempt}`
}

export function replicaJobName(
  resource: Named,
  purpose: ReplicaPurpose,
  { attempt, ordinal }: { readonly attempt: number; readonly ordinal: number },
): string {
  return `${prefixOf(resource, purpose, longestStemWithOrdinal)}${attempt}-${ordinal}`
}

function prefixOf({ name, uid }: Named, purpose: Purpose, stem: number): string {
  return `${name.slice(0, stem)}-${purpose}-${uid.slice(0, 8)}-`
}

/** It is the name of a Job that we may have made for this very resource. */
export function isJobName(job: string, resource: Named): boolean {
  return (
    (['migrate', 'check'] as const).some((purpose) =>
      job.startsWith(prefixOf(resource, purpose, longestStem)),
    ) || isReplicaJobName(job, resource)
  )
}

export function isReplicaJobName(job: string, resource: Named): boolean {
  return (['backup', 'restore'] as const).some((purpose) =>
    job.startsWith(prefixOf(resource, purpose, longestStemWithOrdinal)),
  )
}

export function replicaOrder(
  facts: Facts,
  {
    id,
    rollout,
  }: Pick<RolloutRecord, 'id'> & {
    readonly rollout: { readonly from: string; readonly to: string }
  },
  { purpose, ...replica }: Omit<ReplicaOrder, 'claimUids'> & { readonly purpose: ReplicaPurpose },
): JobOrder {
  const { ordinal } = replica
  const claims = claimsOf(facts, ordinal)
  const uids = claims.flatMap(({ name }) => {
    const claim = facts.claims.find((one) => one.name === name)
    return claim === undefined ? [] : [[name, claim.uid] as const]
  })
  return {
    purpose,
    job: replicaJobName(facts.resource, purpose, { attempt: id, ordinal }),
    attempt: id,
    ...revisionsOf(facts, rollout),
    claims,
    mounts: true,
    replica: { ...replica, claimUids: Object.fromEntries(uids) },
  }
}

/** Of the replicas that so many canaries displace. */
export function handedClaims(facts: Facts, canaries: number): readonly HandedClaim[] {
  const ordinals = Array.from({ length: canaries }, (_, index) => facts.end - canaries + index)
  return ordinals.flatMap((ordinal) => claimsOf(facts, ordinal))
}

function claimsOf(facts: Facts, ordinal: number): readonly HandedClaim[] {
  const { claimTemplates } = facts.resource.spec
  return claimNames(facts, ordinal).map((name, index) => ({
    name,
    template: claimTemplates[index] ?? '',
    ordinal,
  }))
}

export function revisionsOf(
  facts: Facts,
  { from, to }: { readonly from: string; readonly to: string },
): Pick<JobOrder, 'from' | 'to' | 'fromImage' | 'toImage'> {
  return { from, to, fromImage: imageOf(facts, from), toImage: imageOf(facts, to) }
}
