import { describe, expect, it } from 'vitest'
import {
  type Action,
  changeStable,
  refOf,
  restsOnPods,
  restsOnResource,
  restsOnSets,
  type StableIntent,
} from './action.ts'
import { restRecord, stableWorld } from './testing/builders.ts'

const set = { name: 'redis-stable', uid: 'uid', resourceVersion: '7' }

describe('which actions rest on pods or claims, so that these are listed live before', () => {
  it.each<[boolean, Action]>([
    [false, { kind: 'addFinalizer' }],
    [true, { kind: 'removeAnnotation', name: 'a', value: 'b', heeded: false }],
    [false, { kind: 'removeAnnotation', name: 'a', value: 'b', heeded: true }],
    [false, { kind: 'createRevision', revision: 'new', number: 2 }],
    [false, { kind: 'renewRevision', stored: set, number: 2 }],
    [false, { kind: 'deleteRevision', stored: set }],
    [false, { kind: 'createService' }],
    [false, { kind: 'releaseService', service: set }],
    [true, { kind: 'releaseStable', set }],
    [true, { kind: 'removeFinalizer' }],
    [true, { kind: 'createStable', revision: 'old', replicas: 3, record: restRecord }],
    [false, { kind: 'createCanary', revision: 'new', claimOrdinal: 2, attempt: 1 }],
    [true, { kind: 'armCanary', set, ordinalsStart: 2, replicas: 1 }],
    [true, { kind: 'emptyCanary', set }],
    [true, { kind: 'emptyStable', set }],
    [true, { kind: 'deleteSet', set }],
    [false, changeStable(set, 'recordTouched', {})],
    [true, { kind: 'deletePod', pod: { name: 'redis-stable-2', uid: 'uid' } }],
    [false, { kind: 'releaseSnapshot', snapshot: set }],
  ])('%j: %j', (rests, action) => {
    expect(restsOnPods(action)).toBe(rests)
  })

  it.each<StableIntent>([
    'startRollout',
    'recordDecision',
    'promote',
    'lowerPartition',
    'returnReplicas',
    'revertTemplate',
    'closeRollout',
    'recordProven',
    'clearRejected',
    'replaceUnproven',
    'restoreDisplacement',
    'scale',
    'makeWhole',
    'putBackSettings',
    'putBackTemplate',
  ])('true: changeStable for %s', (intent) => {
    expect(restsOnPods(changeStable(set, intent, {}))).toBe(true)
  })
})

describe('which actions rest on sets that do not fence them, so that these are read live before', () => {
  const pod = { name: 'redis-stable-2', uid: 'uid' }
  it.each<[boolean, Action]>([
    [true, { kind: 'deletePod', pod }],
    [true, { kind: 'releasePod', pod }],
    [true, { kind: 'unpinPod', pod }],
    [true, { kind: 'deleteSnapshot', snapshot: set }],
    [true, { kind: 'releaseVolume', volume: set }],
    [true, { kind: 'keepVolume', volume: 'volume', claim: pod, attempt: 3 }],
    [true, { kind: 'freeVolume', volume: set }],
    [true, { kind: 'deleteClaim', claim: set }],
    [true, { kind: 'createClaim', claim: 'data-redis-stable-2', volume: 'volume' }],
    [true, { kind: 'deleteJob', job: pod }],
    [false, { kind: 'pinPod', pod }],
    [false, { kind: 'emptyCanary', set }],
  ])('%j: %j', (rests, action) => {
    expect(restsOnSets(action)).toBe(rests)
    expect(restsOnPods(action)).toBe(true)
  })
})

describe('which actions rest on what a person asked for, so that the resource is read live before', () => {
  it.each<[boolean, StableIntent]>([
    [true, 'startRollout'],
    [true, 'recordDecision'],
    [true, 'nextStep'],
    [true, 'acknowledge'],
    [true, 'clearRejected'],
    [false, 'recordTouched'],
    [false, 'promote'],
    [false, 'lowerPartition'],
    [true, 'force'],
    [true, 'replaceUnproven'],
    [true, 'closeRollout'],
    [true, 'scale'],
    [false, 'makeWhole'],
  ])('%j: changeStable for %s', (rests, intent) => {
    expect(restsOnResource(changeStable(set, intent, {}))).toBe(rests)
  })
  it('so do the arming of a canary and the end of a kept volume, and no other action', () => {
    expect(restsOnResource({ kind: 'armCanary', set, ordinalsStart: 2, replicas: 1 })).toBe(true)
    expect(restsOnResource({ kind: 'releaseVolume', volume: set })).toBe(true)
    expect(restsOnResource({ kind: 'deleteSnapshot', snapshot: set })).toBe(false)
    expect(restsOnResource({ kind: 'emptyCanary', set })).toBe(false)
  })
})

describe('how an action names a set', () => {
  it('is by its preconditions alone', () => {
    const { stable } = stableWorld()
    expect(stable && refOf(stable)).toEqual({
      name: 'redis-stable',
      uid: 'redis-stable-uid',
      resourceVersion: '100',
    })
  })
})
