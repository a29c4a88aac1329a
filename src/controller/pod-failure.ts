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

/** Restarts after which a container counts as crash-looping also while it happens to run. */
const restartsOfALoop = 2

/**
 * How long it must have run to be trusted again. Without a probe it is Ready for as long as it lives, so being Ready
 * says little; an unready one may take longer to die.
 */
const trustedAfterMs = { ready: 10_000, unready: 60_000 } as const

export interface PodTrouble extends PodFailure {
  /** When it is over if nothing happens until then (milliseconds since 1970); no event tells of that. */
  readonly endsAt: number | undefined
}

export function podFailure({ status }: RawPod): PodTrouble | undefined {
  if (status === undefined) return undefined
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const failure = startFailure(container) ?? crashLoop(container)
    if (failure !== undefined) return failure
  }
  if (status.phase !== 'Failed' || nodeReasons.test(status.reason ?? '')) return undefined
  const { reason = 'PodFailed', message = 'the pod failed' } = status
  return { reason, message, endsAt: undefined }
}

function startFailure({ name, image, state }: RawContainerStatus): PodTrouble | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {}
  if (pullReasons.includes(reason)) {
    const sentence = `image ${image} of container ${name} cannot be pulled`
    return { reason: 'ErrImagePull', message: sentence, endsAt: undefined }
  }
  if (!startReasons.includes(reason)) return undefined
  const sentence = `container ${name} cannot start${message === '' ? '' : `: ${message}`}`
  return { reason, message: sentence, endsAt: undefined }
}

function crashLoop(container: RawContainerStatus): PodTrouble | undefined {
  const { name, ready, restartCount, state } = container
  const failure = { reason: 'CrashLoop', message: `container ${name} keeps crashing${lastExit(container)}` }
  if (state?.waiting?.reason === 'CrashLoopBackOff') return { ...failure, endsAt: undefined }
  if (restartCount < restartsOfALoop) return undefined
  if (state?.running !== undefined) {
    const startedAt = Date.parse(state.running.startedAt ?? '')
    return { ...failure, endsAt: startedAt + trustedAfterMs[ready ? 'ready' : 'unready'] }
  }
  // An init container that ended well is done, however often it was tried before.
  const isOver = state?.terminated === undefined || state.terminated.exitCode === 0
  return isOver ? undefined : { ...failure, endsAt: undefined }
}

function lastExit({ state, lastState }: RawContainerStatus): string {
  const ended = state?.terminated ?? lastState?.terminated
  if (ended === undefined) return ''
  const { exitCode, reason, message } = ended
  const why = [reason, message?.trim()].filter((part) => part !== undefined && part !== '')
  return [`: exit code ${exitCode}`, ...why].join(', ')
}
