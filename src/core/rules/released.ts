/**
 * A replica that its set was made to let go of, and that no restore waits for (a late write of a dead leader, or a person's): while
 * it stands its set can make no other of that name, so it goes.
 */
import type { Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { takeReleasedAway } from '../moves/release-replicas.ts'
import { awaitingRestore } from '../volumes/way-back.ts'

export function released(facts: Facts): Decision | undefined {
  const { stable, record, releasedPods } = facts
  if (stable === undefined || record === undefined) return undefined
  const awaited = awaitingRestore(facts)
  const stray = releasedPods.filter((pod) => !awaited.includes(pod))
  return takeReleasedAway(facts, stray, () => ({ code: 'Settling', set: stable.name }))
}
