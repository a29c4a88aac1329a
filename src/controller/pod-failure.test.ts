import { describe, expect, it } from 'vitest'
import { podFailure } from './pod-failure.ts'
import type { RawContainerState, RawContainerStatus, RawPod } from './resources.ts'

const startedAt = '2026-01-01T00:00:00Z'
const start = Date.parse(startedAt)
const crashed = ranFor(1_000)
const running: RawContainerState = { running: { startedAt } }

/** A run that ended with an error after so many milliseconds. */
function ranFor(ms: number): RawContainerState {
  const finishedAt = new Date(Date.parse('2026-01-01T00:00:00Z') + ms).toISOString()
  return { terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt } }
}

function container(state: RawContainerState, more: Partial<RawContainerStatus> = {}): RawContainerStatus {
  return { name: 'redis', image: 'redis:9', ready: false, restartCount: 0, state, ...more }
}

function waiting(reason: string, message?: string): RawContainerState {
  return { waiting: { reason, ...(message !== undefined && { message }) } }
}

function podOf(status: NonNullable<RawPod['status']>): RawPod {
  return { metadata: { name: 'x', uid: 'u', resourceVersion: '1' }, spec: {}, status }
}

function failureOf(...containerStatuses: readonly RawContainerStatus[]) {
  return podFailure(podOf({ phase: 'Running', containerStatuses }))
}

describe('a container that cannot start', () => {
  it.each(['ErrImagePull', 'ImagePullBackOff'])('is told in one form while it alternates: %s', (reason) => {
    expect(failureOf(container(waiting(reason, 'Back-off pulling image, 3rd time')))).toEqual({
      reason: 'ErrImagePull',
      message: 'image redis:9 of container redis cannot be pulled',
      endsAt: undefined,
    })
  })

  it.each([
    'InvalidImageName',
    'ErrImageNeverPull',
    'CreateContainerConfigError',
    'CreateContainerError',
    'RunContainerError',
  ])('is told with the words of the kubelet: %s', (reason) => {
    expect(failureOf(container(waiting(reason, 'configmap "x" not found')))).toEqual({
      reason,
      message: 'container redis cannot start: configmap "x" not found',
      endsAt: undefined,
    })
  })

  it.each(['ContainerCreating', 'PodInitializing'])('is no failure while it merely starts: %s', (reason) => {
    expect(failureOf(container(waiting(reason)))).toBeUndefined()
  })
})

describe('a crash loop', () => {
  const loop = { reason: 'CrashLoop', message: 'container redis keeps crashing: exit code 1, Error' }
  it.each([
    ['waits for its next try', waiting('CrashLoopBackOff'), { restartCount: 1 }, undefined],
    ['crashed once more', crashed, { restartCount: 2 }, undefined],
    ['runs again, for the second that it lives', running, { restartCount: 2, ready: true }, start + 10_000],
    ['runs again, unready', running, { restartCount: 2 }, start + 60_000],
  ])('is one that %s', (_, state, more, endsAt) => {
    expect(failureOf(container(state, { ...more, lastState: crashed }))).toEqual({ ...loop, endsAt })
  })

  it.each([
    ['crashed for the first time', crashed, 0],
    ['runs again after one crash', running, 1],
  ])('is not one that %s', (_, state, restartCount) => {
    expect(failureOf(container(state, { restartCount, lastState: crashed }))).toBeUndefined()
  })

  it.each([
    ['runs again', running],
    ['ended', ranFor(1_000)],
  ])('is not one that restarted now and then in its life, and %s', (_, state) => {
    const lastState = ranFor(24 * 3_600_000)
    expect(failureOf(container(state, { restartCount: 7, lastState }))).toBeUndefined()
  })

  it('is not an init container that came through at the third try', () => {
    const done = container(
      { terminated: { exitCode: 0 } },
      { restartCount: 2, lastState: crashed, ready: true },
    )
    expect(podFailure(podOf({ initContainerStatuses: [done] }))).toBeUndefined()
  })

  it('is told with the last words of the process', () => {
    const lastWords = { terminated: { exitCode: 1, reason: 'Error', message: 'cannot open dump.rdb\n' } }
    const failure = failureOf(container(waiting('CrashLoopBackOff'), { lastState: lastWords }))
    expect(failure?.message).toBe('container redis keeps crashing: exit code 1, Error, cannot open dump.rdb')
  })
})

describe('a pod as a whole', () => {
  it('fails with its first container that fails, init containers first', () => {
    const bad = container(waiting('InvalidImageName'), { name: 'second' })
    expect(failureOf(container(running), bad)?.message).toContain('container second')
    const init = container(waiting('ErrImagePull'), { name: 'init' })
    const status = { initContainerStatuses: [init], containerStatuses: [bad] }
    expect(podFailure(podOf(status))?.message).toContain('container init')
  })

  it.each(['Evicted', 'Preempting', 'OutOfcpu', 'NodeShutdown', 'UnexpectedAdmissionError'])(
    'is not judged by what its node did to it: %s',
    (reason) => {
      expect(podFailure(podOf({ phase: 'Failed', reason }))).toBeUndefined()
    },
  )

  it('is judged where it failed by itself', () => {
    expect(podFailure(podOf({ phase: 'Failed' }))).toMatchObject({ reason: 'PodFailed' })
  })

  it('has no failure without a status', () => {
    const { status: _, ...bare } = podOf({})
    expect(podFailure(bare)).toBeUndefined()
  })
})
