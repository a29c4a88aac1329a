/** The phase that people read. A mirror of record and objects; no decision looks at it. */
import type { Phase } from '../api/v1alpha1/types.ts'
import { canaryAvailability, displacedGone, isArmed, isWhole, type Facts } from './facts.ts'

export function phaseOf(facts: Facts): Phase {
  const { resource, record, rollout } = facts
  if (resource.deleting) return 'Terminating'
  if (record?.proven !== true && rollout === undefined) return 'Initializing'
  if (rollout?.decision === 'promote') return 'Promoting'
  if (rollout?.decision === 'rollback') return 'RollingBack'
  if (rollout !== undefined) return forwardPhase(facts)
  const atRest = facts.replicas === 0 || isWhole(facts, record?.accepted ?? '')
  return atRest ? 'Stable' : 'ReconcilingStable'
}

function forwardPhase(facts: Facts): Phase {
  if (canaryAvailability(facts).available) return 'CanaryActive'
  return !isArmed(facts) && !displacedGone(facts) ? 'ScalingDownStable' : 'DeployingCanary'
}
