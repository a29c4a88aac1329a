/**
 * Annotations that ask for something are removed when they were heeded, or when they cannot count: an approval that
 * was left behind would approve the next image. One that counts now, or that names the revision under way and may
 * count soon, is left for `decide`.
 */
import { annotations as names } from '../../api/v1alpha1/constants.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import { canaryAvailability, type Facts } from '../facts.ts'

export function annotations(facts: Facts): Decision | undefined {
  const { resource, rollout } = facts
  if (resource.force !== undefined)
    return act(
      { kind: 'removeAnnotation', name: names.force, value: resource.force },
      { code: 'AnnotationDone', annotation: names.force },
      ...(facts.record?.proven === true ? [forceIgnored] : []),
    )
  if (resource.promote === undefined || mayCount(facts, resource.promote)) return undefined
  const name = resource.spec.promoteAnnotation
  const action = { kind: 'removeAnnotation', name, value: resource.promote } as const
  const reason = { code: 'AnnotationDone', annotation: name } as const
  if (rollout?.ack === true) return act(action, reason)
  return act(action, reason, {
    type: 'Warning',
    reason: 'ApprovalIgnored',
    note: `Annotation ${name}=${resource.promote} was removed: ${whyNot(facts)}`,
  })
}

function whyNot(facts: Facts): string {
  const { rollout } = facts
  const waits = rollout !== undefined && rollout.decision === undefined && canaryAvailability(facts).available
  return waits
    ? `the canary that waits is approved with true, or with its revision ${rollout.to}`
    : 'no canary waits for approval'
}

const forceIgnored = {
  type: 'Warning',
  reason: 'ForceIgnored',
  note: `Annotation ${names.force} was removed: it counts only where the stable set is missing`,
} as const

function mayCount(facts: Facts, value: string): boolean {
  const { rollout } = facts
  if (rollout === undefined || rollout.ack || rollout.decision !== undefined) return false
  if (value === 'true') return canaryAvailability(facts).available
  return approves(facts, value)
}

/** The value approves the revision under way: `true`, our own revision, or the canary's controller-revision-hash. */
export function approves({ rollout, canary }: Facts, value: string): boolean {
  return value === 'true' || value === rollout?.to || (canary?.hash !== undefined && value === canary.hash)
}
