/** What is left of rollouts that have ended is kept for a time, where the spec gives one. */
import { earliest, type Facts } from '../facts.ts'
import type { KeptVolumeView, SnapshotView } from '../observation.ts'
import { retainedVolumes } from './way-back.ts'

export function hasExpired(facts: Facts, snapshot: Pick<SnapshotView, 'createdAt'>): boolean {
  const at = snapshotExpiry(facts, snapshot)
  return at !== undefined && at <= facts.now
}

/** The time of a volume has passed; whether it may go is another matter. */
export function isPastTime(facts: Facts, volume: KeptVolumeView): boolean {
  const at = volumeExpiry(facts, volume)
  return at !== undefined && at <= facts.now
}

/** The next moment at which something has been kept for its time; undefined while a rollout is under way, which keeps all of it. */
export function nextExpiry(facts: Facts): number | undefined {
  if (facts.record === undefined || facts.rollout !== undefined) return undefined
  const moments = [
    ...facts.snapshots.map((snapshot) => snapshotExpiry(facts, snapshot)),
    ...retainedVolumes(facts).map((volume) => volumeExpiry(facts, volume)),
  ]
  return earliest(...moments.filter((at) => at !== undefined && at > facts.now))
}

function snapshotExpiry(
  { resource }: Facts,
  { createdAt }: Pick<SnapshotView, 'createdAt'>,
): number | undefined {
  const { ttlSeconds } = resource.spec.snapshots
  return ttlSeconds === undefined ? undefined : createdAt + ttlSeconds * 1000
}

function volumeExpiry({ resource }: Facts, { keptAt }: KeptVolumeView): number | undefined {
  const { retainedTtlSeconds: seconds } = resource.spec
  return seconds === undefined || keptAt === undefined ? undefined : keptAt + seconds * 1000
}
