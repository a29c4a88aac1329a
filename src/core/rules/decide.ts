/**
 * The next step, promote or roll back: judged here, written into the record, and carried out by the rules below, so
 * that a crash between deciding and doing changes nothing. A decision may turn from promote to roll back, never back.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, waitUntil } from '../decision.ts'
import {
  canaryAvailability,
  earliest,
  versionOf,
  isArmed,
  isHopeless,
  isServing,
  missingClaim,
  type Facts,
} from '../facts.ts'
import type { SetView } from '../observation.ts'
import { type ActiveRecord, type RollbackCause, type Rollout, takesSnapshots } from '../record.ts'
import { bakedAt, isLastStep, needsApproval } from '../steps.ts'
import { namesRollout } from './annotations.ts'
import { whyWords } from '../words/why-words.ts'
import { isPastReturn, pastReturn } from '../jobs/irreversible.ts'
import { migrationTrouble } from '../jobs/migration.ts'
import { recordCourse } from '../moves/migrate.ts'
import { backupsTrouble } from '../moves/back-up.ts'
import { snapshotDeadline } from '../volumes/snapshots.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import { claimsInPlace } from '../preconditions/claims-in-place.ts'
import { protectedFromStrangers } from '../preconditions/protected-from-strangers.ts'
import { replicasLacking } from '../preconditions/replicas-lacking.ts'
import { troubleAmong, troubleOf } from '../words/trouble.ts'

export function decide(facts: Facts): Decision | undefined {
  const { stable, record, rollout } = facts
  if (stable === undefined || record === undefined || rollout === undefined) return undefined
  const verdict = rollbackCause(facts, stable, rollout)
  if (verdict !== undefined) return takeBack(facts, stable, { ...record, rollout }, verdict)
  return moveOn(facts, stable, { ...record, rollout })
}

function takeBack(facts: Facts, stable: SetView, record: ActiveRecord, verdict: Verdict): Decision {
  const { rollout } = record
  const { cause, detail } = verdict
  if (!isPastReturn(facts, rollout)) return recordRollback(facts, stable, record, verdict)
  const why = whyWords({ ...rollout, cause, ...(detail !== '' && { trouble: detail }) })
  return recordCourse(facts, stable, record) ?? pastReturn(facts, rollout, { cause, why })
}

/** The next step, or the promotion, where the canaries have baked and whoever has to approve has done so. */
function moveOn(facts: Facts, stable: SetView, record: ActiveRecord): Decision | undefined {
  const { rollout } = record
  if (rollout.decision !== undefined || facts.resource.spec.paused) return undefined
  // A stable set that a stranger has scaled is put back first, by `forward`, who would never come to it.
  if (stable.replicas !== facts.replicas - facts.canaries) return undefined
  if (!canaryAvailability(facts).available) return undefined
  const at = bakedAt(facts, rollout)
  if (at === undefined || at > facts.now) return undefined
  const approval = needsApproval(facts, rollout) ? isApproved(facts, rollout) : undefined
  if (approval === false) return undefined
  const moved: Rollout = { ...rollout, ack: rollout.ack || approval === true }
  return isLastStep(rollout)
    ? promotion(facts, stable, { ...record, rollout: moved }, approval === true)
    : nextStep(facts, stable, { ...record, rollout: moved }, approval === true)
}

function isApproved(facts: Facts, { ack }: Rollout): boolean {
  const { promote } = facts.resource
  return !ack && promote !== undefined && namesRollout(facts, promote)
}

function promotion(facts: Facts, stable: SetView, record: ActiveRecord, approved: boolean): Decision {
  const below = { from: facts.first, to: facts.boundary, revision: record.rollout.from }
  return (
    replicasLacking(facts, below, 'the promotion') ??
    claimDeleting(facts) ??
    recordPromote(facts, stable, record, approved)
  )
}

/** The gates of the start, as far as they can have closed since; then one write records the step and displaces more. */
function nextStep(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  approved: boolean,
): Decision | undefined {
  const { rollout } = record
  if (stable.revision !== rollout.from) return undefined
  const step = rollout.step + 1
  const replicas = rollout.replicas - (rollout.steps[step]?.canaryReplicas ?? 0)
  const { stepped: _, ...at } = rollout.at
  const image = versionOf(facts, rollout.to)
  const below = { from: facts.first, to: facts.boundary, revision: rollout.from }
  return (
    replicasLacking(facts, below, 'the next step') ??
    claimsInPlace(facts, facts.first + replicas) ??
    protectedFromStrangers(facts) ??
    act(
      changeStable(stable, 'nextStep', {
        record: { ...record, rollout: { ...rollout, step, at } },
        replicas,
      }),
      { code: 'StepStarting', image },
      approved
        ? { type: 'Normal', reason: 'StepApproved', note: `The next step of ${image} was approved` }
        : { type: 'Normal', reason: 'StepBaked', note: `A step of ${image} has baked, the next one follows` },
    )
  )
}

interface Verdict {
  readonly cause: RollbackCause
  readonly detail: string
  /** It is the migration that failed. */
  readonly migration?: true
}

function rollbackCause(facts: Facts, stable: SetView, rollout: Rollout): Verdict | undefined {
  const { abort, spec } = facts.resource
  const { target } = spec
  const reverted = target === rollout.from
  if (rollout.decision === 'rollback')
    // A person reverted what we had rejected: it may be tried again later.
    return reverted && rollout.cause !== 'reverted' ? { cause: 'reverted', detail: '' } : undefined
  if (reverted) return { cause: 'reverted', detail: '' }
  if (abort !== undefined && namesRollout(facts, abort)) return { cause: 'aborted', detail: '' }
  if (stable.revision === rollout.to) return supersededWhileFailing(facts, rollout)
  if (target !== rollout.to) return { cause: 'superseded', detail: '' }
  if (!takenBackByItself(facts, rollout)) return undefined
  return migrationFailed(facts, rollout) ?? canaryTrouble(facts, rollout)
}

function migrationFailed(facts: Facts, rollout: Rollout): Verdict | undefined {
  const detail = migrationTrouble(facts, rollout)
  return detail === undefined ? undefined : { cause: 'failed', detail, migration: true }
}

/** A pause holds the rollout, its end by itself included; once promotion is decided it holds the lowering only. */
function takenBackByItself({ resource: { spec } }: Facts, { decision }: Rollout): boolean {
  return spec.automaticRollback && !(spec.paused && decision === undefined)
}

/** What the canary is rolled back for, where it is rolled back by itself. */
export function canaryTrouble(facts: Facts, rollout: Rollout): Verdict | undefined {
  return failed(facts) ?? overdue(facts, rollout) ?? snapshotOverdue(facts)
}

/** Past the one patch a healthy promotion is finished first; only a failing one gives way to another image. */
function supersededWhileFailing(facts: Facts, rollout: Rollout): Verdict | undefined {
  if (facts.resource.spec.target === rollout.to) return undefined
  const promoted = facts.stablePods.filter((pod) => pod.revision === rollout.to)
  const failing = promoted.find((pod) => isHopeless(facts, pod))
  return failing && { cause: 'superseded', detail: `${failing.name} ${troubleOf(failing)}` }
}

/** Once the canary is being taken away for a promotion, its end is no failure. */
function failed(facts: Facts): Verdict | undefined {
  if (!isServing(facts)) return undefined
  const trouble = troubleAmong(facts.canaryPods.filter((pod) => !pod.deleting)) ?? lostClaim(facts)
  return trouble === undefined ? undefined : { cause: 'failed', detail: trouble }
}

/** Nobody makes a canary's claim anew. While a pod still runs without it, that pod has the last of the data. */
function lostClaim(facts: Facts): string | undefined {
  const claim = missingClaim(facts, facts.boundary)
  if (claim === undefined) return undefined
  const kept = facts.canaryPods.some((pod) => pod.phase === 'Running' && pod.claims.includes(claim))
  return kept ? undefined : `claim ${claim} is missing`
}

function overdue(facts: Facts, rollout: Rollout): Verdict | undefined {
  const at = deadline(facts, rollout)
  if (at === undefined || at > facts.now) return undefined
  const { lacking } = canaryAvailability(facts)
  const trouble = lacking === undefined ? '' : `; ${lacking.name} ${troubleOf(lacking)}`
  return { cause: 'deadline', detail: `it was not available in time${trouble}` }
}

/** Of a canary's claims; a promotion that waits for one further down is held, since its canary has proven itself. */
function snapshotOverdue(facts: Facts): Verdict | undefined {
  const at = snapshotDeadline(facts)
  if (at === undefined || at > facts.now) return undefined
  const { snapshot: answer } = facts.answers
  const refusal = answer?.yes === false ? `a snapshot was refused: ${answer.message}` : undefined
  return {
    cause: 'deadline',
    detail: backupsTrouble(facts) ?? refusal ?? 'a snapshot was not ready in time',
  }
}

/**
 * When the canary must be available: all its time from its arming, and again from when a pod of it became unready.
 * A canary that ran for an hour and restarts is not overdue at once. A pod that is missing tells no time; there the
 * `since` of the status counts, the only thing that is ever read back from it: without it, the time starts anew.
 */
export function deadline(facts: Facts, rollout: Rollout): number | undefined {
  const armedAt = rollout.at.stepped
  if (armedAt === undefined || !isArmed(facts) || canaryAvailability(facts).available) return undefined
  const allowed = facts.resource.spec.progressDeadlineSeconds * 1000
  const there = facts.canaryPods.filter((pod) => !pod.deleting)
  if (there.length >= facts.canaries)
    return earliest(...there.map((pod) => pod.unreadySince && Math.max(armedAt, pod.unreadySince) + allowed))
  const { waiting } = facts.resource.status ?? {}
  // One that was held as failing is not better for being gone.
  if (waiting?.for === 'CanaryFailing') return Math.max(armedAt, Date.parse(waiting.since))
  const since = waiting?.for === 'CanaryStarting' ? Date.parse(waiting.since) : facts.now
  return Math.max(armedAt, since) + allowed
}

/** Whatever it waits for: a canary that was armed runs out of its time meanwhile, and no event tells of that. */
export function untilDeadline(facts: Facts, rollout: Rollout, decided: Decision): Decision {
  if (decided.next.kind !== 'wait' || canaryTrouble(facts, rollout) !== undefined) return decided
  return waitUntil(decided, earliest(decided.wakeAt, deadline(facts, rollout), snapshotDeadline(facts)))
}

function recordPromote(facts: Facts, stable: SetView, record: ActiveRecord, approved: boolean): Decision {
  const { rollout } = record
  const decided: Rollout = { ...rollout, decision: 'promote', at: { ...rollout.at, decided: facts.now } }
  const image = versionOf(facts, rollout.to)
  return act(
    changeStable(stable, 'recordDecision', { record: { ...record, rollout: decided } }),
    { code: 'Promoting', image, doing: 'the decision is recorded' },
    approved
      ? { type: 'Normal', reason: 'CanaryApproved', note: `Promotion of ${image} was approved` }
      : {
          type: 'Normal',
          reason: 'CanaryBaked',
          note: `The canary of ${image} has baked, promotion follows`,
        },
  )
}

export function recordRollback(
  facts: Facts,
  stable: SetView,
  record: ActiveRecord,
  verdict: Verdict,
): Decision {
  const { rollout } = record
  const { trouble: _, restores: __, ...before } = rollout
  // Once decided, claims may be on their way: whatever the spec says since, that is not forgotten.
  const restores = rollout.decision === 'rollback' ? rollout.restores : wouldRestore(facts, rollout)
  const decided: Rollout = {
    ...before,
    decision: 'rollback',
    cause: verdict.cause,
    ...(restores && { restores: true }),
    ...(verdict.migration && rollout.migration && { migration: { ...rollout.migration, failed: true } }),
    ...(verdict.detail !== '' && { trouble: verdict.detail }),
    at: {
      ...rollout.at,
      decided: rollout.decision === 'rollback' ? (rollout.at.decided ?? facts.now) : facts.now,
    },
  }
  const image = versionOf(facts, rollout.to)
  const why = whyWords(decided)
  const event = {
    type: 'Warning',
    reason: 'RollbackStarted',
    note: `Rolling back ${image}: ${why}`,
  } as const
  return act(
    changeStable(stable, 'recordDecision', { record: { ...record, rollout: decided } }),
    { code: 'RollingBack', image, cause: why, doing: 'the decision is recorded' },
    ...(rollout.decision === 'rollback' ? [] : [event]),
  )
}

/**
 * Frozen with the decision, which fences an older patch that would bring the replicas back as they are: one that lands
 * between a claim and its successor would start a replica on an empty volume. Also where none was taken yet of what new code has touched
 * (see allTouched): then it is blocked, and a person says what is to be opened.
 */
export function wouldRestore({ resource }: Facts, rollout: Rollout): boolean {
  return resource.spec.onRollback === 'Restore' && rollout.touched > 0 && takesSnapshots(rollout)
}
