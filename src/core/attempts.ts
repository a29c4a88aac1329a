/**
 * Stored revisions and attempts share one row of numbers, and none is used twice: what is left of an attempt would pass for what the next
 * one has made. The record alone does not tell, where the set is gone, or was applied again from an older manifest.
 */
import type { Facts } from './facts.ts'
import { jobName } from './jobs/job-order.ts'
import type { JobView } from './observation.ts'

type Numbered = Pick<Facts, 'record' | 'revisions' | 'snapshots' | 'keptVolumes' | 'jobs' | 'resource'>

/** Larger than the number of every stored revision and of every attempt. */
export function nextNumber(facts: Numbered): number {
  // A migration's is made before its rollout starts, with this very number: it must not push that on.
  const jobs = facts.jobs.filter((job) => !isMigration(facts, job))
  return 1 + highestNumber({ ...facts, jobs })
}

/** Of all stored revisions, and of all attempts that anything is left of. */
export function highestNumber({ record, revisions, snapshots, keptVolumes, jobs }: Numbered): number {
  const attempts = [...snapshots, ...keptVolumes, ...jobs.filter(({ ours }) => ours)]
  return Math.max(
    record?.id ?? 0,
    ...revisions.map(({ number }) => number),
    ...attempts.map(({ attempt = 0 }) => attempt),
  )
}

function isMigration(
  { resource }: Pick<Facts, 'resource'>,
  { name, purpose, attempt = 0 }: JobView,
): boolean {
  return purpose === undefined && name !== jobName(resource, 'check', attempt)
}
