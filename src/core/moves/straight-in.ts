/**
 * The revision of the spec goes in without a canary, in ONE patch: template, replicas and partition 0 (split in two, a
 * set could stand without replicas, or start old code). From then on it is a first deployment.
 */
import { changeStable, type StableIntent } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, ask } from '../decision.ts'
import type { UserEvent } from '../event.ts'
import type { Facts } from '../facts.ts'
import type { SetView } from '../observation.ts'
import { claimDeleting } from '../preconditions/claim-deleting.ts'
import type { Reason } from '../reason.ts'
import type { RolloutRecord } from '../record.ts'
import { retained } from './retain.ts'
import { storeRevision } from './store-revision.ts'

export interface StraightIn {
  readonly intent: StableIntent
  /** As it is to be; the revision that it accepts is the spec's. */
  readonly record: RolloutRecord
  readonly reason: Reason
  readonly events: readonly UserEvent[]
}

export function straightIn(facts: Facts, stable: SetView, how: StraightIn): Decision {
  const { target, replicas } = facts.resource.spec
  const record: RolloutRecord = { ...how.record, accepted: target }
  return (
    claimDeleting(facts) ??
    retained(facts) ??
    storeRevision(facts, target) ??
    ask(facts, { kind: 'stableSet', revision: target }, (message) => ({
      code: 'SetRefused',
      what: `StatefulSet ${stable.name}`,
      message,
    })) ??
    act(
      changeStable(stable, how.intent, { record, revision: target, replicas, partition: 0 }),
      how.reason,
      ...how.events,
    )
  )
}
