/**
 * Pods whose set is gone. Mostly the garbage collector is about to take them away; those of a set that was deleted with
 * --cascade=orphan are nobody's, and would hold up for ever whatever waits for them. Whether their claims stay is asked before.
 */
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { PodView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { awaitEnd } from './await-end.ts'

export function takeOrphansAway(facts: Facts, pods: readonly PodView[], reason: Reason): Decision {
  const left = pods.find((pod) => !pod.deleting)
  if (left === undefined) return awaitEnd(facts, pods, reason)
  return act({ kind: 'deletePod', pod: { name: left.name, uid: left.uid } }, reason)
}
