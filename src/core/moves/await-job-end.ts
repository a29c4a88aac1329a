/** A Job that is being deleted has to be gone first: its pods, and then itself. What does not go in its time is for people. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { JobView } from '../observation.ts'
import type { Reason } from '../reason.ts'
import { awaitEnd } from './await-end.ts'

export function awaitJobEnd(facts: Facts, { name, deletingSince }: JobView, reason: Reason): Decision {
  const pods = facts.jobPods.filter((pod) => pod.job === name)
  if (pods.length > 0) return awaitEnd(facts, pods, reason)
  const allowed = facts.resource.spec.progressDeadlineSeconds * 1000
  const until = deletingSince === undefined ? undefined : deletingSince + allowed
  return until !== undefined && until <= facts.now
    ? wait({ code: 'JobStuck', job: name })
    : wait(reason, until)
}
