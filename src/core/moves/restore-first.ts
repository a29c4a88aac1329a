/**
 * For whoever leaves a rollout otherwise than by rolling it back, and ends on another version than the new one: what a roll back would
 * restore is restored first. Nobody waits for replicas to be available.
 */
import type { Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { ActiveRecord } from '../record.ts'
import { recordRollback, wouldRestore } from '../rules/decide.ts'
import { awaitingRestore, reachOf } from '../volumes/way-back.ts'
import { adoptRestore } from './adopt-restore.ts'
import { giveUpRestore } from './give-up-restore.ts'
import { revert, takeReleasedAway } from './release-replicas.ts'
import { restore } from './restore.ts'

export function restoreFirst(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  reason: (doing: string) => Reason,
): Decision | undefined {
  const { rollout } = record
  if (rollout.decision !== 'rollback') {
    const { target } = facts.resource.spec
    const cause = target === rollout.from || target === rollout.to ? 'reverted' : 'superseded'
    return wouldRestore(facts, rollout)
      ? recordRollback(facts, stable, record, { cause, detail: '' })
      : undefined
  }
  return (
    adoptRestore(facts, stable, record, reason) ??
    giveUpRestore(facts, stable, record, reason) ??
    (reachOf(facts, record) < facts.end ? revert(facts, stable, record, reason) : undefined) ??
    restore(facts, stable, record, reason) ??
    takeReleasedAway(facts, awaitingRestore(facts), reason)
  )
}
