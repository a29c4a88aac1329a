/**
 * The first revision was never whole, so there is nothing to protect and nothing to compare a canary with: the spec
 * goes straight in, again and again, until stable was whole once.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import { versionOf, isWhole, type Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import type { RolloutRecord } from '../record.ts'
import { replaceStuckPod } from '../moves/replace-stuck-pod.ts'
import { setReplicas } from '../moves/set-replicas.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { straightIn } from '../moves/straight-in.ts'
import { obstacleAmong } from '../words/trouble.ts'

export function bootstrap(facts: Facts): Decision | undefined {
  const { stable, record } = facts
  if (stable === undefined || record === undefined || record.proven || record.rollout !== undefined)
    return undefined
  const left = takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: `${facts.resource.name}-canary` }))
  if (left !== undefined) return left
  const { target } = facts.resource.spec
  const inPlace = record.accepted === target && stable.revision === target && stable.partition === 0
  if (!inPlace)
    return straightIn(facts, stable, {
      intent: 'replaceUnproven',
      record,
      reason: deploying(facts),
      events: [],
    })
  return (
    setReplicas(facts, deploying(facts)) ??
    replaceStuckPod(facts, deploying(facts)) ??
    prove(facts, stable, record)
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
  const { resource, stablePods } = facts
  const trouble = obstacleAmong(stablePods)
  const awaits = awaited(facts)
  return {
    code: 'FirstDeploy',
    target: resource,
    image: resource.spec.targetImage,
    ...(trouble !== undefined && { trouble }),
    ...(facts.replicas === 0 && { isEmpty: true as const }),
    ...(awaits !== undefined && { awaits }),
  }
}

/** A version that was forced in the middle of a restore finds claims that are still to be made of their snapshots. */
function awaited({ claims, first, end }: Facts): { claim: string; snapshot: string } | undefined {
  for (const { name, source, volume, ordinal } of claims)
    if (source !== undefined && volume === undefined && ordinal >= first && ordinal < end)
      return { claim: name, snapshot: source }
  return undefined
}
