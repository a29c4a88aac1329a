/**
 * An event for every write that takes back what somebody else wrote on one of our sets: whose it was, what, and which
 * pods may have run it. Whether a field was theirs is told by the set itself (`SetView.edits`).
 */
import type { Action, StableChange } from './action.ts'
import type { Next } from './decision.ts'
import type { UserEvent } from './event.ts'
import type { Facts } from './facts.ts'
import type { PodView, SetView } from './observation.ts'

type ChangeStable = Extract<Action, { kind: 'changeStable' }>

/** Undefined where the write overwrites nothing but what we wrote ourselves. */
export function putBackEvent(facts: Facts, next: Next): UserEvent | undefined {
  if (next.kind !== 'act') return undefined
  const { action } = next
  const { stable, canary } = facts
  if (action.kind === 'changeStable' && stable !== undefined) {
    const fields = overwritten(stable, fieldsOf(action.change))
    return fields.length === 0 ? undefined : eventOf(stable, fields, facts.stablePods, stays(action))
  }
  if (action.kind !== 'emptyCanary' || canary === undefined) return undefined
  const fields = overwritten(canary, ['template', 'updateStrategy'])
  return fields.length === 0 ? undefined : eventOf(canary, fields, facts.canaryPods)
}

function fieldsOf(change: StableChange): readonly string[] {
  const { revision, replicas, partition, ordinalsStart, settings } = change
  return [
    ...(revision === undefined ? [] : ['template']),
    ...(replicas === undefined ? [] : ['replicas']),
    ...(partition === undefined ? [] : ['updateStrategy']),
    ...(ordinalsStart === undefined ? [] : ['ordinals']),
    ...(settings === undefined ? [] : ['minReadySeconds', 'persistentVolumeClaimRetentionPolicy']),
  ]
}

function overwritten({ edits }: SetView, fields: readonly string[]): readonly string[] {
  return fields.filter((field) => edits?.[field] !== undefined)
}

/** New code may be on more replicas by the edit; see `edited`. */
function stays({ intent, change }: ChangeStable): string {
  return intent === 'putBackTemplate' && change.record !== undefined
    ? `, but for partition ${change.partition}: replicas from there on may run the new version by now`
    : ''
}

function eventOf(set: SetView, fields: readonly string[], pods: readonly PodView[], but = ''): UserEvent {
  const writers = [...new Set(fields.map((field) => set.edits?.[field]))].join(' and ')
  const ran = fields.includes('template') ? pods.filter((pod) => runs(set, pod)).map((pod) => pod.name) : []
  const after =
    ran.length === 0 ? '' : `; ${ran.join(', ')} may have run the change and written to its volume`
  return {
    type: 'Warning',
    reason: 'PutBack',
    note: `StatefulSet ${set.name} was changed by ${writers} (${fields.join(', ')}), and that was put back${but}${after}`,
  }
}

/** Made from the template as it is in the set now. */
function runs({ hash }: SetView, pod: PodView): boolean {
  return hash !== undefined && pod.hash === hash
}
