/**
 * Annotations that ask for something are removed when they were heeded, or when they cannot count: an approval that
 * was left behind would approve the next image. One that counts now, or that names the revision under way and may
 * count soon, is left for the rule that heeds it: `decide`, or `steady` and `rollBack` for a retry. The annotation
 * `force` has a rule of its own.
 */
import { annotations as names } from '../../api/v1alpha1/constants.ts'
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { EventReason } from '../event.ts'
import { canaryAvailability, type Facts, versionOf } from '../facts.ts'
import { rejects, type Rollout } from '../record.ts'
import { needsApproval } from '../steps.ts'

/** It counts, or may soon; it has done its work; or it can do none, with the words that say why. */
type Standing = 'counts' | 'heeded' | { readonly because: string }

interface Asked {
  readonly name: string
  readonly value: string | undefined
  readonly standing: (facts: Facts, value: string) => Standing
  readonly ignored: EventReason
}

export function annotations(facts: Facts): Decision | undefined {
  for (const { name, value, standing, ignored } of askedOf(facts)) {
    const found = value === undefined ? 'counts' : standing(facts, value)
    if (value === undefined || found === 'counts') continue
    const action = { kind: 'removeAnnotation', name, value, heeded: found === 'heeded' } as const
    const reason = { code: 'AnnotationDone', annotation: name } as const
    if (found === 'heeded') return act(action, reason)
    const note = `Annotation ${name}=${value} was removed: ${found.because}`
    return act(action, reason, { type: 'Warning', reason: ignored, note })
  }
  return acknowledge(facts)
}

/** The approval of the step before is gone: one that comes from now on is another one. */
function acknowledge(facts: Facts): Decision | undefined {
  const { stable, record, rollout, resource } = facts
  if (stable === undefined || record === undefined || rollout === undefined) return undefined
  if (!rollout.ack || rollout.decision !== undefined || resource.promote !== undefined) return undefined
  const image = versionOf(facts, rollout.to)
  const change = { record: { ...record, rollout: { ...rollout, ack: false } } }
  return act(changeStable(stable, 'acknowledge', change), { code: 'StepStarting', image })
}

function askedOf({ resource }: Facts): readonly Asked[] {
  const { abort, promote, retry, acceptDataLoss, spec } = resource
  return [
    { name: names.abort, value: abort, standing: abortStanding, ignored: 'AbortIgnored' },
    { name: spec.promoteAnnotation, value: promote, standing: promoteStanding, ignored: 'ApprovalIgnored' },
    { name: names.retry, value: retry, standing: retryStanding, ignored: 'RetryIgnored' },
    {
      name: names.acceptDataLoss,
      value: acceptDataLoss,
      standing: acceptanceStanding,
      ignored: 'AcceptanceIgnored',
    },
  ]
}

function abortStanding(facts: Facts, value: string): Standing {
  const { rollout } = facts
  if (rollout === undefined) return { because: 'no rollout is under way' }
  if (rollout.decision === 'rollback')
    return rollout.cause === 'aborted' ? 'heeded' : { because: 'the rollout is rolled back already' }
  if (namesRollout(facts, value)) return 'counts'
  return { because: `the rollout is aborted with true, or with its revision ${rollout.to}` }
}

function promoteStanding(facts: Facts, value: string): Standing {
  const { rollout } = facts
  if (rollout?.ack === true) return 'heeded'
  if (rollout === undefined || rollout.decision !== undefined)
    return { because: 'no canary waits for approval' }
  const waits = canaryAvailability(facts).available
  if (!asksLater(facts, rollout)) return { because: 'this rollout goes on by itself after its bake' }
  if (namesRollout(facts, value) && value !== 'true') return 'counts'
  if (!waits) return { because: 'no canary waits for approval' }
  if (!needsApproval(facts, rollout)) return { because: 'this step goes on by itself after its bake' }
  return value === 'true'
    ? 'counts'
    : { because: `the canary that waits is approved with true, or with its revision ${rollout.to}` }
}

/** Said ahead of the rollback that it is for: it counts until that is decided. */
function acceptanceStanding({ rollout }: Facts, value: string): Standing {
  if (rollout?.migration?.irreversible !== true)
    return { because: 'no migration that cannot be taken back is under way' }
  if (value !== rollout.to)
    return { because: `the loss is accepted with the revision whose migration it is, ${rollout.to}` }
  return rollout.decision === 'rollback' ? 'heeded' : 'counts'
}

/** The present step or a later one asks a person. */
function asksLater(facts: Facts, rollout: Rollout): boolean {
  return rollout.steps.some((_, index) => index >= rollout.step && needsApproval(facts, rollout, index))
}

function retryStanding(facts: Facts, value: string): Standing {
  const { record, resource } = facts
  if (isRetried(facts)) return 'counts'
  const { target } = resource.spec
  const wanted = record !== undefined && target !== record.accepted && target !== record.rejected
  // The rejection was cleared in the write before; what is left is to start.
  if (wanted && facts.rollout === undefined && (value === 'true' || value === target)) return 'heeded'
  const rejected = rejectedOf(facts)
  return {
    because:
      rejected === undefined || rejected !== target
        ? 'the spec asks for no rejected version'
        : `the rejected version is tried again with true, or with its revision ${rejected}`,
  }
}

/** The spec still asks for the revision that is rejected, or is about to be, and a person wants it tried again. */
export function isRetried(facts: Facts): boolean {
  const { retry, spec } = facts.resource
  const rejected = rejectedOf(facts)
  return rejected !== undefined && rejected === spec.target && (retry === 'true' || retry === rejected)
}

function rejectedOf({ record, rollout }: Facts): string | undefined {
  if (rollout === undefined) return record?.rejected
  return rollout.decision === 'rollback' && rejects(rollout) ? rollout.to : undefined
}

/** The value means the revision under way: `true`, our own revision, or the canary's controller-revision-hash. */
export function namesRollout({ rollout, canary }: Facts, value: string): boolean {
  return value === 'true' || value === rollout?.to || (canary?.hash !== undefined && value === canary.hash)
}
