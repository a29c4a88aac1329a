/**
 * At rest the snapshots of the newest attempts are kept, as many and for as long as the spec says. An attempt without any that is
 * ready is no way back to anything, and pushes none out. One that a claim is still made from stays.
 */
import { act, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'
import { hasExpired } from '../volumes/expiry.ts'

export function pruneSnapshots(facts: Facts, { rollout }: RolloutRecord): Decision | undefined {
  if (rollout !== undefined) return undefined
  const { snapshots, claims } = facts
  const kept = keptAttempts(facts)
  const old = snapshots.find(
    (snapshot) =>
      !snapshot.deleting &&
      (!kept.includes(snapshot.attempt) || hasExpired(facts, snapshot)) &&
      !claims.some(({ source, volume }) => source === snapshot.name && volume === undefined),
  )
  if (old === undefined) return undefined
  const { name, uid } = old
  return act(
    { kind: 'deleteSnapshot', snapshot: { name, uid } },
    { code: 'PruningSnapshots', snapshot: name },
  )
}

function keptAttempts({ snapshots, resource }: Facts): readonly number[] {
  const usable = snapshots.filter(({ ready, deleting }) => ready && !deleting)
  const attempts = [...new Set(usable.map(({ attempt }) => attempt))]
  return attempts.toSorted((one, other) => other - one).slice(0, resource.spec.snapshots.keep)
}
