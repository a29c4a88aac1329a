/**
 * Roll back was decided: the canary goes, stable gets its replicas back on the version before, and the rollout is
 * closed when they are whole. Where the old version cannot open what the new one wrote, that is said with the way
 * out, and a third image may close the rollout.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import { imageOf, isStored, isWhole, stableAvailability, stuckPod, type Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { setImageCommand } from '../reason.ts'
import type { Rollout, RolloutRecord } from '../record.ts'
import { causeWords } from './cause-words.ts'
import { claimDeleting } from './claim-deleting.ts'
import { takeCanaryAway } from './take-canary-away.ts'
import { troubleOf } from './trouble.ts'

export function rollBack(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable === undefined || record === undefined || rollout?.decision !== 'rollback') return undefined
  return (
    takeCanaryAway(facts, (doing) => rollingBack(facts, rollout, doing)) ??
    bringBack(facts, stable, rollout) ??
    unstick(facts, rollout) ??
    settle(facts, stable, record, rollout)
  )
}

/** After the one patch the template is reverted with the partition as it is: raising it would bring evicted new pods back old. */
function bringBack(facts: Facts, stable: SetView, rollout: Rollout): Decision | undefined {
  const doing = rollingBack(facts, rollout, `bringing the replicas back on ${imageOf(facts, rollout.from)}`)
  if (stable.revision !== rollout.from) {
    if (!isStored(facts, rollout.from)) return undefined
    const change = { revision: rollout.from, replicas: rollout.replicas }
    return claimDeleting(facts) ?? act(changeStable(stable, 'revertTemplate', change), doing)
  }
  if (stable.replicas === rollout.replicas) return undefined
  return act(changeStable(stable, 'returnReplicas', { replicas: rollout.replicas }), doing)
}

function unstick(facts: Facts, rollout: Rollout): Decision | undefined {
  const stuck = stuckPod(facts)
  if (stuck === undefined) return undefined
  return (
    claimDeleting(facts) ??
    act(
      { kind: 'deletePod', pod: { name: stuck.name, uid: stuck.uid } },
      rollingBack(facts, rollout, `replacing ${stuck.name}`),
    )
  )
}

function settle(
  facts: Facts,
  stable: SetView,
  record: RolloutRecord,
  rollout: Rollout,
): Decision | undefined {
  if (stable.revision !== rollout.from) return undefined
  if (isWhole(facts, rollout.from)) return close(facts, stable, record, rollout)
  const blocker = facts.stablePods.find((pod) => pod.revision === rollout.from && pod.failure !== undefined)
  if (blocker !== undefined)
    return mayGoOn(facts, rollout)
      ? close(facts, stable, record, rollout)
      : wait(blocked(facts, rollout, `${blocker.name} ${troubleOf(blocker)}`))
  const range = { from: facts.first, to: facts.end, revision: rollout.from }
  return wait(
    rollingBack(
      facts,
      rollout,
      `waiting until every replica is available on ${imageOf(facts, rollout.from)}`,
    ),
    stableAvailability(facts, range).availableAt,
  )
}

/** A blocked rollback is left by asking for another version; the rejected one is no other version. */
function mayGoOn(facts: Facts, rollout: Rollout): boolean {
  const { target } = facts.resource.spec
  if (target === rollout.from) return false
  return target !== rollout.to || !rejects(rollout)
}

/** Only a canary that failed is rejected; a person who changed the spec meant no verdict. */
function rejects(rollout: Rollout): boolean {
  return rollout.cause === 'failed' || rollout.cause === 'deadline'
}

function close(facts: Facts, stable: SetView, record: RolloutRecord, rollout: Rollout): Decision {
  const { rollout: _, ...kept } = record
  const closed: RolloutRecord = rejects(rollout) ? { ...kept, rejected: rollout.to } : kept
  const from = imageOf(facts, rollout.from)
  return act(
    changeStable(stable, 'closeRollout', { record: closed, partition: 0 }),
    rollingBack(facts, rollout, 'closing the rollout'),
    {
      type: 'Normal',
      reason: 'RolledBack',
      note: isWhole(facts, rollout.from)
        ? `Rollout of ${imageOf(facts, rollout.to)} was rolled back to ${from}`
        : `The rollback to ${from} was left unfinished for ${facts.resource.spec.targetImage}`,
    },
  )
}

function blocked(facts: Facts, rollout: Rollout, trouble: string): Reason {
  const from = imageOf(facts, rollout.from)
  const to = imageOf(facts, rollout.to)
  const again = setImageCommand(facts.resource, to)
  const wayOut = rejects(rollout)
    ? `Set spec.image to a version that opens it. ${to} was rejected; to try it again all the same, set spec.image back to ${from} and then to ${to}: ${setImageCommand(facts.resource, from)} && ${again}`
    : `To go forward again: ${again}`
  return { code: 'RollbackBlocked', trouble, from, to, wayOut }
}

function rollingBack(facts: Facts, rollout: Rollout, doing: string): Reason {
  const cause = rollout.cause === undefined ? 'decided' : causeWords(rollout.cause)
  return { code: 'RollingBack', image: imageOf(facts, rollout.to), cause, doing }
}
