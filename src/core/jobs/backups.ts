/**
 * Jobs that back a replica up, as what they stand for: a snapshot of each of its claims. It is ready when the Job is complete and no
 * pod of it runs any more, and has what was there when nobody wrote: the Job was made after that.
 */
import { type Facts, isFinished } from '../facts.ts'
import type { JobView, PodView, SnapshotView } from '../observation.ts'

export function snapshotsByJobs(jobs: readonly JobView[], pods: readonly PodView[]): readonly SnapshotView[] {
  return jobs.flatMap((job) => {
    const { name, uid, attempt = 0, createdAt, deleting, claims = {}, pod } = job
    if (!job.ours || job.purpose !== 'backup') return []
    const ready = isComplete(job, pods)
    return Object.entries(claims).map(([claim, claimUid]) => ({
      name,
      uid,
      claim,
      claimUid,
      attempt,
      createdAt,
      deleting,
      ready,
      takenAt: createdAt,
      ...(pod !== undefined && { pod }),
      byJob: true as const,
    }))
  })
}

/** And none of its pods runs any more. */
export function isComplete({ name, outcome }: JobView, pods: readonly PodView[]): boolean {
  return outcome === 'complete' && unfinishedPods(pods, name).length === 0
}

export function unfinishedPods(pods: readonly PodView[], job: string): readonly PodView[] {
  return pods.filter((pod) => pod.role === 'job' && pod.job === job && !isFinished(pod))
}

/** Of ours, whatever it is for. */
export function jobNamed({ jobs }: Pick<Facts, 'jobs'>, name: string): JobView | undefined {
  return jobs.find((job) => job.ours && job.name === name)
}
