/** Nobody else is on the claims that pods are about to be given. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { type Facts, foreignWriter } from '../facts.ts'
import { jobNamed } from '../jobs/backups.ts'
import { awaitEnd } from '../moves/await-end.ts'
import type { PodView } from '../observation.ts'

/** Looks at the claims of ordinals [from, to). */
export function claimsFree(
  facts: Facts,
  { from, to = Infinity }: { readonly from: number; readonly to?: number },
): Decision | undefined {
  const writer = foreignWriter(facts, from, to)
  if (writer === undefined) return undefined
  const { pod } = writer
  const claim = writer.claim.name
  return outlivesJob(facts, pod)
    ? awaitEnd(facts, [pod], { code: 'RemovingJob', job: pod.job ?? '', ending: { pod: pod.name, claim } })
    : wait({ code: 'ForeignPod', pod: pod.name, claim })
}

/** Somebody has deleted the Job, and Kubernetes deletes its pods with it; but not one that was orphaned. */
function outlivesJob(facts: Facts, { role, job, orphan }: PodView): boolean {
  return role === 'job' && orphan !== true && jobNamed(facts, job ?? '') === undefined
}
