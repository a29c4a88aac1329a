/**
 * Pods whose set is gone. Mostly the garbage collector takes them away; those of a set that was deleted with --cascade=orphan
 * are nobody's, and would hold up for ever whatever waits for them. A pod that has a controller is never taken for one: its set
 * may be there, and only our cache not show it yet.
 */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { PodView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { awaitEnd } from './await-end.ts'

/** Whoever calls has looked at the claims, where these are to stay. */
export function takeOrphansAway(facts: Facts, pods: readonly PodView[], reason: Reason): Decision {
  const left = pods.find((pod) => pod.orphan && !pod.deleting)
  if (left === undefined) return awaitEnd(facts, pods, reason)
  return act({ kind: 'deletePod', pod: { name: left.name, uid: left.uid } }, reason)
}
