/** What a Job of ours is to be made for: enough to render it, and what its containers are told. */
import { claimNames, type Facts, imageOf } from '../facts.ts'

export type Purpose = 'migrate' | 'check'

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
}

export interface HandedClaim {
  readonly name: string
  readonly template: string
  readonly ordinal: number
}

/** A Job's name is a label of its pods, of at most 63 characters; the uid keeps one that is cut from meaning another. */
const longestStem = 40

export function jobName(
  { name, uid }: { readonly name: string; readonly uid: string },
  purpose: Purpose,
  attempt: number,
): string {
  return `${name.slice(0, longestStem)}-${purpose}-${uid.slice(0, 8)}-${attempt}`
}

/** It is the name of a Job that we may have made for this very resource. */
export function isJobName(job: string, resource: Parameters<typeof jobName>[0]): boolean {
  return (['migrate', 'check'] as const).some((purpose) =>
    job.startsWith(jobName(resource, purpose, 0).replace(/\d+$/, '')),
  )
}

/** Of the replicas that so many canaries displace. */
export function handedClaims(facts: Facts, canaries: number): readonly HandedClaim[] {
  const { claimTemplates } = facts.resource.spec
  const ordinals = Array.from({ length: canaries }, (_, index) => facts.end - canaries + index)
  return ordinals.flatMap((ordinal) =>
    claimNames(facts, ordinal).map((name, index) => ({
      name,
      template: claimTemplates[index] ?? '',
      ordinal,
    })),
  )
}

export function revisionsOf(
  facts: Facts,
  { from, to }: { readonly from: string; readonly to: string },
): Pick<JobOrder, 'from' | 'to' | 'fromImage' | 'toImage'> {
  return { from, to, fromImage: imageOf(facts, from), toImage: imageOf(facts, to) }
}
