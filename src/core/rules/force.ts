/**
 * A person wants the revision of the spec in at once: the way out where the running version is broken, so that no canary
 * can start, or where a rollback cannot end. The rollout is left, its canary goes first and is deleted, and one patch
 * brings every replica in. Only what the spec asks for can be forced, so that spec and cluster never part.
 */
import { annotations as names } from '../../api/v1alpha1/constants.ts'
import type { Decision } from '../decision.ts'
import { act, wait } from '../decision.ts'
import { type Facts, versionOf } from '../facts.ts'
import { isPastReturn, pastReturn } from '../jobs/irreversible.ts'
import { endJob } from '../moves/end-job.ts'
import { endReplicaJobs } from '../moves/end-replica-jobs.ts'
import { giveUpUnmade } from '../moves/give-up-restore.ts'
import { recordCourse } from '../moves/migrate.ts'
import { claimsBack } from '../moves/restore.ts'
import { takeReleasedAway } from '../moves/release-replicas.ts'
import { restoreFirst } from '../moves/restore-first.ts'
import { straightIn } from '../moves/straight-in.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import type { SetView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { type RolloutRecord, unrestoredAttempts } from '../record.ts'
import { restorable } from '../volumes/way-back.ts'
import { restoreBlocked, takenWords } from '../words/restore-blocked.ts'

export function force(facts: Facts): Decision | undefined {
  const { stable, record, rollout, resource } = facts
  if (stable === undefined || record === undefined || resource.force === undefined) return undefined
  const { target } = resource.spec
  if (resource.force !== target)
    return remove(facts, `only what the spec asks for is forced, revision ${target}`)
  // What was forced is a first deployment, and the spec goes straight in there anyhow.
  if (rollout === undefined && !record.proven) return removeAcceptance(facts) ?? remove(facts)
  if (rollout === undefined && record.accepted === target && stable.revision === target)
    return remove(facts, 'stable is to run that revision already')
  return leave(facts, stable, record)
}

function leave(facts: Facts, stable: SetView, record: RolloutRecord): Decision {
  const { rollout } = facts
  const { target } = facts.resource.spec
  const image = versionOf(facts, target)
  const forcing = (doing: string): Reason => ({ code: 'Forcing', image, doing })
  return (
    held(facts, stable, record) ??
    endJob(facts, forcing) ??
    endReplicaJobs(facts, forcing, { restoring: rollout !== undefined && rollout.to !== target }) ??
    takeCanaryAway(facts, forcing) ??
    (rollout && giveUpUnmade(facts, stable, { ...record, rollout }, forcing)) ??
    (rollout === undefined || rollout.to === target
      ? (taken(facts, record) ?? claimsBack(facts, record, forcing))
      : restoreFirst(facts, stable, { ...record, rollout }, forcing)) ??
    takeReleasedAway(facts, facts.releasedPods, forcing) ??
    straightIn(facts, stable, {
      intent: 'force',
      record: { accepted: record.accepted, proven: false, id: record.id, ...unrestoredAttempts(record) },
      reason: forcing('giving stable the new version and all its replicas'),
      events: [{ type: 'Normal', reason: 'Forced', note: `${image} goes straight in, without a canary` }],
    })
  )
}

/** The new version would write to a volume that is kept of another claim; a restore, for the other versions, says so itself. */
function taken(facts: Facts, record: RolloutRecord): Decision | undefined {
  const [stray] = restorable(facts, record).flatMap(({ name, claim, taken: volume }) =>
    volume === undefined || claim?.deleting === true ? [] : [{ name, volume }],
  )
  if (stray === undefined) return undefined
  return wait(
    restoreBlocked(facts, { claim: stray.name, trouble: takenWords(facts, stray.name, stray.volume) }),
  )
}

/** Another version than the new one past a migration that cannot be taken back: not before somebody has accepted that loss. */
function held(facts: Facts, stable: SetView, record: RolloutRecord): Decision | undefined {
  const { rollout, resource } = facts
  const { target } = resource.spec
  if (rollout === undefined || rollout.to === target || !isPastReturn(facts, rollout)) return undefined
  const opener = versionOf(facts, target)
  const cause = target === rollout.from ? 'reverted' : 'superseded'
  const wanted = { cause, why: `annotation ${names.force} asks for ${opener}`, opener } as const
  return recordCourse(facts, stable, { ...record, rollout }) ?? pastReturn(facts, rollout, wanted)
}

/** An acceptance of the loss that let it go on has counted; once the force is gone, too, nothing would tell. */
function removeAcceptance({ resource }: Facts): Decision | undefined {
  const { acceptDataLoss: value } = resource
  const name = names.acceptDataLoss
  return value === undefined
    ? undefined
    : act(
        { kind: 'removeAnnotation', name, value, heeded: true },
        { code: 'AnnotationDone', annotation: name },
      )
}

/** Removed with a word where it cannot count, and without one where it was heeded. */
function remove({ resource }: Facts, because?: string): Decision {
  const value = resource.force ?? ''
  const action = {
    kind: 'removeAnnotation',
    name: names.force,
    value,
    heeded: because === undefined,
  } as const
  const reason = { code: 'AnnotationDone', annotation: names.force } as const
  if (because === undefined) return act(action, reason)
  const note = `Annotation ${names.force}=${value} was removed: ${because}`
  return act(action, reason, { type: 'Warning', reason: 'ForceIgnored', note })
}
