import { expect, it } from 'vitest'
import type { Action } from '../core/action.ts'
import { detailsOf } from './action-details.ts'

const named = { name: 'its-name', uid: 'uid', resourceVersion: '7' }

it.each<[Action, object]>([
  [{ kind: 'deletePod', pod: named }, { pod: 'its-name' }],
  [{ kind: 'releasePod', pod: named }, { pod: 'its-name' }],
  [{ kind: 'pinPod', pod: named }, { pod: 'its-name' }],
  [{ kind: 'unpinPod', pod: named }, { pod: 'its-name' }],
  [{ kind: 'deleteSnapshot', snapshot: named }, { snapshot: 'its-name' }],
  [{ kind: 'freeVolume', volume: named }, { volume: 'its-name' }],
  [{ kind: 'releaseVolume', volume: named }, { volume: 'its-name' }],
  [{ kind: 'deleteClaim', claim: named }, { claim: 'its-name' }],
  [{ kind: 'resumeJob', job: named }, { job: 'its-name' }],
  [{ kind: 'deleteJob', job: named }, { job: 'its-name' }],
  [{ kind: 'releaseService', service: named }, { service: 'its-name' }],
  [{ kind: 'releaseStable', set: named }, { set: 'its-name' }],
  [{ kind: 'deleteSet', set: named }, { set: 'its-name' }],
  [{ kind: 'deleteRevision', stored: named }, { stored: 'its-name' }],
  [
    { kind: 'removeAnnotation', name: 'its-name', value: 'true', heeded: true },
    { annotation: 'its-name', value: 'true' },
  ],
])('the log says which object: %j', (action, details) => {
  expect(detailsOf(action)).toEqual(details)
})
