/**
 * A migration that cannot be taken back has begun: from then on a rollback needs snapshots that cover all that it wrote, or a
 * person who accepts the loss.
 */
import { type Decision, wait } from '../decision.ts'
import { type Facts, imageOf, versionOf } from '../facts.ts'
import { annotations } from '../../api/v1alpha1/constants.ts'
import { annotateCommand, changeImageWords, migrationLabels } from '../reason.ts'
import type { RollbackCause, Rollout, RolloutMigration } from '../record.ts'
import { hasBegun, migrationTrouble } from './migration.ts'
import { wayBack, type WayBack } from '../volumes/way-back.ts'

/** It is decided on, and nobody has accepted what that costs. */
export function isPastReturn(facts: Facts, rollout: Rollout): boolean {
  const { migration, decision, to } = rollout
  if (migration?.irreversible !== true || decision === 'rollback') return false
  if (!hasBegun(facts, rollout, migration) || facts.resource.acceptDataLoss === to) return false
  return !isCovered(facts, migration)
}

/** Only a start that was recorded came after the snapshots of all that it mounts. */
function isCovered(facts: Facts, { mountsClaims, started, uncovered }: RolloutMigration): boolean {
  return mountsClaims === true && started === true && uncovered !== true && wayBack(facts)?.possible === true
}

/** What the status says instead of what the volumes alone would allow. */
export function noWayBack(facts: Facts): WayBack | undefined {
  const { rollout } = facts
  if (rollout === undefined || !isPastReturn(facts, rollout)) return undefined
  return { possible: false, reason: 'MigrationIrreversible' }
}

export interface Wanted {
  readonly cause: RollbackCause
  /** Why, in words for people. */
  readonly why: string
  /** What would open the data then; the version before where left out. */
  readonly opener?: string
}

export function pastReturn(facts: Facts, rollout: Rollout, { cause, why, opener }: Wanted): Decision {
  const { resource } = facts
  const { target } = resource.spec
  const accept = annotateCommand(resource, annotations.acceptDataLoss, rollout.to)
  const isThird = opener === undefined && cause === 'superseded'
  const restored = restoredBy(facts, rollout)
  const straight = { image: versionOf(facts, target), command: `${accept} ${annotations.force}=${target}` }
  return wait({
    code: 'MigrationIrreversible',
    image: versionOf(facts, rollout.to),
    from: opener ?? versionOf(facts, rollout.from),
    why,
    accept,
    onward: onward(facts, rollout, cause),
    ...(isThird && { third: straight }),
    ...(restored !== undefined && { restored }),
    ...(cause === 'failed' && tryAgain(facts, rollout)),
  })
}

/** What a rollback would give the claims back; then only what the migration wrote elsewhere stays. */
function restoredBy(facts: Facts, { migration }: Rollout): 'snapshots' | 'backups' | undefined {
  const way = wayBack(facts)
  if (migration?.mountsClaims === true || way?.possible !== true) return undefined
  if (way.reason === 'Backups') return 'backups'
  return way.reason === 'Snapshots' ? 'snapshots' : undefined
}

/** Where others migrate, and have failed to. */
export function tryAgain(facts: Facts, rollout: Rollout): { readonly another?: string } {
  if (rollout.migration?.type !== 'External' || migrationTrouble(facts, rollout) === undefined) return {}
  return { another: migrationLabels(facts.resource, rollout.to) }
}

function onward(facts: Facts, rollout: Rollout, cause: RollbackCause): string {
  const { resource } = facts
  switch (cause) {
    case 'reverted':
    case 'superseded':
      return changeImageWords(resource, resource.spec.targetImage, imageOf(facts, rollout.to))
    case 'aborted':
      return `kubectl annotate canarystatefulset ${resource.name} -n ${resource.namespace} ${annotations.abort}-`
    case 'failed':
    case 'deadline':
      return migrationTrouble(facts, rollout) === undefined
        ? 'mend what it fails of'
        : `with every replica at once and no canary, ${annotateCommand(resource, annotations.force, rollout.to)}`
  }
}
