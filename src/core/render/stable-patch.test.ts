import { describe, expect, it } from 'vitest'
import type { StableChange } from '../action.ts'
import { formatRecord } from '../record.ts'
import { renderPodTemplate } from './pod-template.ts'
import {
  armPatch,
  pointer,
  releaseServicePatch,
  releaseStablePatch,
  scalePatch,
  stablePatch,
} from './stable-patch.ts'
import { walkThrough } from './testing/walk-through.ts'

const set = { name: 'redis-stable', uid: 'u1', resourceVersion: '7' }
const fences = [
  { op: 'test', path: '/metadata/uid', value: 'u1' },
  { op: 'test', path: '/metadata/resourceVersion', value: '7' },
]
const record = { accepted: 'abc', proven: true, id: 3 }
const template = renderPodTemplate(walkThrough(), 'abc')
const content = { template, minReadySeconds: 5, annotated: true }
const rolling = (partition: number) => ({
  op: 'add',
  path: '/spec/updateStrategy',
  value: { type: 'RollingUpdate', rollingUpdate: { partition } },
})

describe('stablePatch', () => {
  it.each<[string, StableChange, readonly object[]]>([
    ['nothing but the fence', {}, []],
    ['replicas', { replicas: 0 }, [{ op: 'add', path: '/spec/replicas', value: 0 }]],
    ['partition, with the whole strategy', { partition: 0 }, [rolling(0)]],
    ['first ordinal', { ordinalsStart: 2 }, [{ op: 'add', path: '/spec/ordinals', value: { start: 2 } }]],
    [
      'record',
      { record },
      [
        {
          op: 'add',
          path: '/metadata/annotations/canary.example.com~1rollout',
          value: formatRecord(record),
        },
      ],
    ],
    [
      'settings',
      { settings: true },
      [
        { op: 'add', path: '/spec/minReadySeconds', value: 5 },
        {
          op: 'add',
          path: '/spec/persistentVolumeClaimRetentionPolicy',
          value: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        },
      ],
    ],
    [
      'the one patch of a promotion',
      { revision: 'abc', replicas: 3, partition: 2 },
      [
        { op: 'add', path: '/spec/template', value: template },
        {
          op: 'add',
          path: '/metadata/managedFields',
          value: [expect.objectContaining({ manager: 'canary-operator' })],
        },
        { op: 'add', path: '/spec/replicas', value: 3 },
        rolling(2),
      ],
    ],
  ])('writes %s', (_, change, operations) => {
    expect(stablePatch(set, change, content)).toEqual([...fences, ...operations])
  })

  it('makes the annotations where there are none', () => {
    expect(stablePatch(set, { record }, { ...content, annotated: false }).slice(2)).toEqual([
      {
        op: 'add',
        path: '/metadata/annotations',
        value: { 'canary.example.com/rollout': formatRecord(record) },
      },
    ])
  })

  it('refuses to leave out the template of a revision', () => {
    expect(() => stablePatch(set, { revision: 'abc' }, { ...content, template: undefined })).toThrow(/abc/)
  })
})

describe('a set', () => {
  it('is armed with first ordinal and replicas, and belongs to nobody from then on, in one patch', () => {
    expect(armPatch(set, 0, 2)).toEqual([
      ...fences,
      { op: 'add', path: '/metadata/ownerReferences', value: [] },
      { op: 'add', path: '/spec/ordinals', value: { start: 0 } },
      { op: 'add', path: '/spec/replicas', value: 2 },
    ])
  })

  it('is emptied where it stands', () => {
    expect(scalePatch(set, 0)).toEqual([...fences, { op: 'add', path: '/spec/replicas', value: 0 }])
  })
})

it('escapes slashes and tildes of keys', () => {
  expect(pointer('metadata', 'labels', 'a/b~c')).toBe('/metadata/labels/a~1b~0c')
})

describe('what is released', () => {
  it('is the stable set, by the label that makes it ours', () => {
    expect(releaseStablePatch(set)).toEqual([
      ...fences,
      { op: 'remove', path: '/metadata/labels/canary.example.com~1uid' },
    ])
  })

  it('is the Service, by its owner', () => {
    expect(releaseServicePatch({ ...set, name: 'redis' })).toEqual([
      ...fences,
      { op: 'remove', path: '/metadata/ownerReferences' },
    ])
  })
})
