/**
 * Why a pod cannot run, where the kubelet already knows, so that a bad version is judged within seconds and not at a
 * deadline. What alternates while nothing changes (pull and back-off, running and crashing) is told in one form.
 */
import type { PodFailure } from '../core/observation.ts'
import type { RawContainerState, RawContainerStatus, RawPod } from './resources.ts'

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

/** A run that ended sooner was no real one. Two in a row are a loop; one crash a week is none, however many weeks. */
const shortRunMs = 120_000

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
  const { reason = 'PodFailed', message = lastWords(status.containerStatuses) ?? 'the pod failed' } = status
  return { reason, message, endsAt: undefined }
}

const longestWords = 200

/** Of the container that failed, the last line that it left; by `terminationMessagePolicy` that may be of its log. */
function lastWords(containers: readonly RawContainerStatus[] = []): string | undefined {
  const failed = containers.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)
  const ended = failed?.state?.terminated
  if (failed === undefined || ended === undefined) return undefined
  const line = ended.message?.trim().split('\n').at(-1)?.slice(0, longestWords) ?? ''
  return `container ${failed.name} ended with exit code ${ended.exitCode}${line === '' ? '' : `, ${line}`}`
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
  const { name, ready, state } = container
  if (state?.waiting?.reason !== 'CrashLoopBackOff' && !failsInARow(container)) return undefined
  const startedAt = state?.running && Date.parse(state.running.startedAt ?? '')
  return {
    reason: 'CrashLoop',
    message: `container ${name} keeps crashing${lastExit(container)}`,
    endsAt: startedAt === undefined ? undefined : startedAt + trustedAfterMs[ready ? 'ready' : 'unready'],
  }
}

/** The run before was short, and the present one goes on, or was short too. */
function failsInARow({ restartCount, state, lastState }: RawContainerStatus): boolean {
  if (restartCount < restartsOfALoop || !wasShort(lastState?.terminated)) return false
  // An init container that ended well is done, however often it was tried before.
  const endedBadly = state?.terminated?.exitCode !== 0 && wasShort(state?.terminated)
  return state?.running !== undefined || endedBadly
}

function wasShort(run: RawContainerState['terminated']): boolean {
  if (run === undefined) return false
  const { startedAt, finishedAt } = run
  // A container that never started has neither.
  if (!startedAt || !finishedAt) return true
  return Date.parse(finishedAt) - Date.parse(startedAt) < shortRunMs
}

function lastExit({ state, lastState }: RawContainerStatus): string {
  const ended = state?.terminated ?? lastState?.terminated
  if (ended === undefined) return ''
  const { exitCode, reason, message } = ended
  const why = [reason, message?.trim()].filter((part) => part !== undefined && part !== '')
  return [`: exit code ${exitCode}`, ...why].join(', ')
}
