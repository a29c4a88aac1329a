/** At rest the snapshots of the newest attempts are kept, as many as the spec says; one that a claim is still made from stays. */
import { act, type Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'

export function pruneSnapshots(facts: Facts, { rollout }: RolloutRecord): Decision | undefined {
  if (rollout !== undefined) return undefined
  const { snapshots, claims, resource } = facts
  const attempts = [...new Set(snapshots.map(({ attempt }) => attempt))].toSorted((one, other) => other - one)
  const kept = attempts.slice(0, resource.spec.snapshots.keep)
  const old = snapshots.find(
    ({ name, attempt, deleting }) =>
      !deleting &&
      !kept.includes(attempt) &&
      !claims.some(({ source, volume }) => source === name && volume === undefined),
  )
  if (old === undefined) return undefined
  const { name, uid } = old
  return act(
    { kind: 'deleteSnapshot', snapshot: { name, uid } },
    { code: 'PruningSnapshots', snapshot: name },
  )
}
