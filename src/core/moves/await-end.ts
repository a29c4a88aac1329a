/** Pods that have to be gone first: they are waited for, and one that does not end in its time is for people. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { earliest, hopelessAt, isHopeless, type Facts } from '../facts.ts'
import type { PodView } from '../observation.ts'
import type { Reason } from '../reason.ts'

export function awaitEnd(facts: Facts, pods: readonly PodView[], reason: Reason): Decision {
  const ending = pods.filter((pod) => pod.deleting)
  const stuck = ending.find((pod) => isHopeless(facts, pod))
  if (stuck !== undefined) return wait({ code: 'PodStuck', pod: stuck.name })
  return wait(reason, earliest(...ending.map((pod) => hopelessAt(facts, pod))))
}
