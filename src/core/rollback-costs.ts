/**
 * An event with the write from which on a rollback costs something: new code may write from there on, or a migration that cannot be
 * taken back begins. It says what the version before would find then. Told once for each such cause, not again for each replica
 * that follows; what it says later is in `status.rollback`.
 */
import { annotations } from '../api/v1alpha1/constants.ts'
import type { Next } from './decision.ts'
import type { UserEvent } from './event.ts'
import { claimNames, type Facts, versionOf } from './facts.ts'
import { noWayBack } from './jobs/irreversible.ts'
import { annotateCommand } from './reason.ts'
import type { Rollout } from './record.ts'
import { timestamp } from './timestamp.ts'
import { wayBack, type WayBack } from './volumes/way-back.ts'

/** Undefined where the write changes nothing of what a rollback would mean, or is one. */
export function rollbackCostsEvent(facts: Facts, next: Next): UserEvent | undefined {
  if (next.kind !== 'act') return undefined
  if (next.action.kind === 'armCanary') return lostMeanwhile(facts)
  if (next.action.kind !== 'changeStable') return undefined
  const { record } = next.action.change
  const { rollout } = record ?? {}
  if (record === undefined || rollout === undefined || rollout.decision === 'rollback') return undefined
  // What others did counts when it is recorded, and not with a write before that: their Jobs are there already.
  const before: Facts = { ...facts, jobs: [] }
  const after: Facts = { ...before, record, rollout }
  const way = costOf(after)
  if (way === undefined || way.reason === costOf(before)?.reason) return undefined
  const note = noteOf(after, rollout, way)
  if (note === undefined) return undefined
  return { type: way.possible ? 'Normal' : 'Warning', reason: 'RollbackCosts', note }
}

/** A snapshot that was there when that was recorded; the canary may have been held since. */
function lostMeanwhile(facts: Facts): UserEvent | undefined {
  const way = costOf(facts)
  const isLost = facts.rollout !== undefined && way?.reason === 'SnapshotMissing'
  const note = isLost ? noteOf(facts, facts.rollout, way) : undefined
  return note === undefined ? undefined : { type: 'Warning', reason: 'RollbackCosts', note }
}

function costOf(facts: Facts): WayBack | undefined {
  return noWayBack(facts) ?? wayBack(facts)
}

function noteOf(facts: Facts, rollout: Rollout, { reason, since }: WayBack): string | undefined {
  const to = versionOf(facts, rollout.to)
  const from = versionOf(facts, rollout.from)
  const writes = `From now on ${to} may write to ${claimWords(facts, rollout)}`
  const left = `a rollback would leave ${from} with what ${to} wrote, which it may be unable to open`
  switch (reason) {
    case 'NothingWritten':
    // Of a rollback, which has events of its own.
    case 'RestoreFailed':
      return undefined
    case 'Snapshots':
    case 'Backups':
      return (
        `${writes}: a rollback would give ${from} back what was there ${since === undefined ? 'before' : `at ${timestamp(since)}`}, by ${reason === 'Backups' ? 'a Job that restores the backup' : 'snapshot'}. ` +
        `What is written since would be lost to it, and kept in volumes of their own`
      )
    case 'NoSnapshots':
      return `${writes}, and there are no snapshots: ${left}`
    case 'SnapshotMissing':
      return `${writes}, and a snapshot is missing: ${left}`
    case 'BackupMissing':
      return `${writes}, and a backup is missing: ${left}`
    case 'KeepData':
      return `${writes}, and spec.volumes.onRollback is KeepData: ${left}. There are snapshots: Restore would bring back what was there before`
    case 'MigrationIrreversible':
      return (
        `From now on the migration to ${to} cannot be taken back: a rollback would leave ${from} with what it did, and is held until somebody ` +
        `accepts that: ${annotateCommand(facts.resource, annotations.acceptDataLoss, rollout.to)}`
      )
  }
}

function claimWords(facts: Facts, { touched }: Rollout): string {
  const first = facts.end - touched
  const [name, ...others] = claimNames(facts, first)
  if (touched === 1 && others.length === 0) return `claim ${name}`
  const replica = (ordinal: number) => `${facts.resource.name}-stable-${ordinal}`
  const replicas = touched === 1 ? replica(first) : `${replica(first)} to ${replica(facts.end - 1)}`
  return `the claims of ${replicas}`
}
