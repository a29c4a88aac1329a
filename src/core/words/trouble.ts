/** What is wrong with a pod, in words that stay the same while it is tried again and again. */
import type { PodView } from '../observation.ts'

export function troubleOf(pod: PodView): string {
  if (pod.deleting) return 'does not end'
  if (pod.failure !== undefined) return failureWords(pod.failure.reason)
  if (pod.unschedulable) return 'finds no node (look at its events)'
  if (pod.phase === 'Pending') return 'is not running yet'
  return pod.readySince === undefined ? 'is not ready' : 'was not ready for long enough'
}

/** The first pod that cannot run at all, named with its trouble. */
export function troubleAmong(pods: readonly PodView[]): string | undefined {
  const pod = pods.find((candidate) => candidate.failure !== undefined)
  return pod === undefined ? undefined : `${pod.name} ${troubleOf(pod)}`
}

/**
 * The first pod that cannot run for now, named with its trouble: one that cannot run at all, or that finds no node. One that ends
 * is on its way out.
 */
export function obstacleAmong(pods: readonly PodView[]): string | undefined {
  const pod = pods.find(
    ({ failure, unschedulable, deleting }) => !deleting && (failure !== undefined || unschedulable),
  )
  return pod === undefined ? undefined : `${pod.name} ${troubleOf(pod)}`
}

/** The kubelet alternates between some of its reasons; the words do not. */
function failureWords(reason: string): string {
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return 'cannot get its image'
    case 'CrashLoopBackOff':
    case 'CrashLoop':
      return 'keeps crashing'
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return 'cannot start its container (look at its events)'
    default:
      return `failed (${reason})`
  }
}
