/**
 * Why a pod cannot run, where the kubelet already knows, so that a bad version is judged within seconds and not at a
 * deadline. What alternates while nothing changes (pull and back-off, running and crashing) is told in one form.
 */
import type { PodFailure } from '../core/observation.ts'
import type { RawContainerStatus, RawPod } from './resources.ts'

const pullReasons = ['ErrImagePull', 'ImagePullBackOff']
const startReasons = [
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]

/** A set's pods restart for ever, so theirs fail for the node's reasons only, and the set controller replaces them. */
const nodeReasons =
  /^(Evicted|Preempting|Terminated|Shutdown|NodeShutdown|NodeLost|NodeAffinity|OutOf.*|UnexpectedAdmissionError)$/

/** Restarts after which an unready container counts as crash-looping even while it happens to run. */
const restartsOfALoop = 2

export function podFailure({ status }: RawPod): PodFailure | undefined {
  if (status === undefined) return undefined
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const failure = containerFailure(container)
    if (failure !== undefined) return failure
  }
  if (status.phase !== 'Failed' || nodeReasons.test(status.reason ?? '')) return undefined
  return { reason: status.reason ?? 'PodFailed', message: status.message ?? 'the pod failed' }
}

function containerFailure(container: RawContainerStatus): PodFailure | undefined {
  const { name, image, state } = container
  const { reason = '', message = '' } = state?.waiting ?? {}
  if (pullReasons.includes(reason)) {
    return { reason: 'ErrImagePull', message: `image ${image} of container ${name} cannot be pulled` }
  }
  if (startReasons.includes(reason)) {
    return { reason, message: `container ${name} cannot start${message === '' ? '' : `: ${message}`}` }
  }
  if (reason === 'CrashLoopBackOff' || isCrashLooping(container)) {
    return { reason: 'CrashLoop', message: `container ${name} keeps crashing${lastExit(container)}` }
  }
  return undefined
}

function isCrashLooping({ ready, restartCount, state, lastState }: RawContainerStatus): boolean {
  // An init container that ended well is done, however often it was tried before.
  if (ready || restartCount < restartsOfALoop || state?.terminated?.exitCode === 0) return false
  return lastState?.terminated !== undefined || state?.terminated !== undefined
}

function lastExit({ state, lastState }: RawContainerStatus): string {
  const ended = state?.terminated ?? lastState?.terminated
  if (ended === undefined) return ''
  const { exitCode, reason, message } = ended
  const why = [reason, message?.trim()].filter((part) => part !== undefined && part !== '')
  return [`: exit code ${exitCode}`, ...why].join(', ')
}
