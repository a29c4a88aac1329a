/**
 * The first revision was never whole, so there is nothing to protect and nothing to compare a canary with: the spec
 * goes straight in, again and again, until stable was whole once.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, ask, wait } from '../decision.ts'
import { versionOf, isWhole, type Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { RolloutRecord } from '../record.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { setReplicas } from '../moves/set-replicas.ts'
import { retained } from '../moves/retain.ts'
import { storeRevision } from '../moves/store-revision.ts'
import { troubleAmong } from '../words/trouble.ts'

export function bootstrap(facts: Facts): Decision | undefined {
  const { stable, record } = facts
  if (stable === undefined || record === undefined || record.proven || record.rollout !== undefined)
    return undefined
  const { target } = facts.resource.spec
  const inPlace = record.accepted === target && stable.revision === target && stable.partition === 0
  if (!inPlace) return replace(facts, stable, record)
  return (
    setReplicas(facts, deploying(facts)) ??
    replaceStuckPod(facts, deploying(facts)) ??
    prove(facts, stable, record)
  )
}

function replace(facts: Facts, stable: SetView, record: RolloutRecord): Decision {
  const { target } = facts.resource.spec
  const change = {
    record: { ...record, accepted: target },
    revision: target,
    replicas: facts.replicas,
    partition: 0,
  }
  return (
    claimDeleting(facts) ??
    retained(facts) ??
    storeRevision(facts, target) ??
    ask(facts, { kind: 'stableSet', revision: target }, (message) => ({
      code: 'SetRefused',
      what: `StatefulSet ${stable.name}`,
      message,
    })) ??
    act(changeStable(stable, 'replaceUnproven', change), deploying(facts))
  )
}

function prove(facts: Facts, stable: SetView, record: RolloutRecord): Decision {
  if (facts.replicas > 0 && isWhole(facts, record.accepted))
    return act(
      changeStable(stable, 'recordProven', { record: { ...record, proven: true } }),
      deploying(facts),
      { type: 'Normal', reason: 'Deployed', note: `All replicas run ${versionOf(facts, record.accepted)}` },
    )
  return wait(deploying(facts))
}

function deploying(facts: Facts): Reason {
  const trouble = troubleAmong(facts.stablePods)
  const image = facts.resource.spec.targetImage
  return trouble === undefined ? { code: 'FirstDeploy', image } : { code: 'FirstDeploy', image, trouble }
}
