/** The phase that people read. A mirror of record and objects; no decision looks at it. */
import type { Phase } from '../api/v1alpha1/types.ts'
import { isDue, migrationTrouble } from './jobs/migration.ts'
import type { Rollout } from './record.ts'
import { canaryAvailability, displacedGone, isArmed, isWhole, type Facts } from './facts.ts'

export function phaseOf(facts: Facts): Phase {
  const { resource, record, rollout } = facts
  if (resource.deleting) return 'Terminating'
  if (record?.proven !== true && rollout === undefined) return 'Initializing'
  if (rollout?.decision === 'rollback') return rollout.migration?.failed ? 'MigrationFailed' : 'RollingBack'
  if (rollout !== undefined) return migrationPhase(facts, rollout) ?? forwardPhase(facts, rollout)
  const atRest = facts.replicas === 0 || isWhole(facts, record?.accepted ?? '')
  return atRest ? 'Stable' : 'ReconcilingStable'
}

/** While it is what everything waits for. */
function migrationPhase(facts: Facts, rollout: Rollout): Phase | undefined {
  const { migration } = rollout
  const isNext = rollout.decision === 'promote' || displacedGone(facts)
  if (migration === undefined || !isDue(rollout, migration) || !isNext) return undefined
  if (migrationTrouble(facts, rollout) !== undefined) return 'MigrationFailed'
  return migration.started ? 'MigratingData' : 'AwaitingMigration'
}

function forwardPhase(facts: Facts, { decision }: Rollout): Phase {
  if (decision === 'promote') return 'Promoting'
  if (canaryAvailability(facts).available) return 'CanaryActive'
  return !isArmed(facts) && !displacedGone(facts) ? 'ScalingDownStable' : 'DeployingCanary'
}
