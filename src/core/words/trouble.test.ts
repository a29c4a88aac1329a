import { describe, expect, it } from 'vitest'
import { canaryPod, crashing, stablePod, unready, withoutImage, withoutNode } from '../testing/builders.ts'
import { obstacleAmong, troubleAmong, troubleOf } from './trouble.ts'

describe('what is wrong with a pod', () => {
  it.each([
    ['InvalidImageName', 'cannot get its image'],
    ['ErrImagePull', 'cannot get its image'],
    ['ImagePullBackOff', 'cannot get its image'],
    ['ErrImageNeverPull', 'cannot get its image'],
    ['CrashLoop', 'keeps crashing'],
    ['CrashLoopBackOff', 'keeps crashing'],
    ['CreateContainerConfigError', 'cannot start its container (look at its events)'],
    ['CreateContainerError', 'cannot start its container (look at its events)'],
    ['RunContainerError', 'cannot start its container (look at its events)'],
    ['Evicted', 'failed (Evicted)'],
  ])('%s is said as "%s", the same while it is tried again', (reason, words) => {
    expect(troubleOf({ ...unready(stablePod(0)), failure: { reason, message: 'try 7' } })).toBe(words)
  })

  it.each([
    ['not started', { ...unready(stablePod(0)), phase: 'Pending' as const }, 'is not running yet'],
    ['without a node', withoutNode(stablePod(0)), 'finds no node (look at its events)'],
    ['not ready', unready(stablePod(0)), 'is not ready'],
    ['young', stablePod(0), 'was not ready for long enough'],
  ])('%s', (_, pod, words) => {
    expect(troubleOf(pod)).toBe(words)
  })
})

describe('the first pod that cannot run', () => {
  it('is named with its trouble', () => {
    expect(troubleAmong([stablePod(0), withoutImage(stablePod(1)), crashing(canaryPod(2))])).toBe(
      'redis-stable-1 cannot get its image',
    )
  })

  it('is not one that finds no node, which may come; that is named where people are told what is waited for', () => {
    const pods = [stablePod(0), withoutNode(stablePod(1)), crashing(canaryPod(2))]
    expect(troubleAmong(pods)).toBe('redis-canary-2 keeps crashing')
    expect(obstacleAmong(pods)).toBe('redis-stable-1 finds no node (look at its events)')
    expect(obstacleAmong([stablePod(0), unready(stablePod(1))])).toBeUndefined()
    expect(obstacleAmong([crashing(stablePod(0, { deleting: true }))])).toBeUndefined()
  })

  it('is none while pods are merely on their way', () => {
    expect(troubleAmong([stablePod(0), unready(stablePod(1))])).toBeUndefined()
  })
})
