/** What each action rests on, and how it names what it writes. No new one compiles without a row. */
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
import type { Purpose } from './jobs/job-order.ts'
import { restRecord, stableWorld } from './testing/builders.ts'

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>

/** What is read live before it: nothing, pods and claims, the resource, the sets. */
type Rests = '' | 'pods' | 'pods resource' | 'pods sets' | 'pods resource sets'

const set = { name: 'redis-stable', uid: 'uid', resourceVersion: '7' }
const ref = set
const pod = { name: 'redis-stable-2', uid: 'uid' }
const claim = 'data-redis-stable-2'
const order = {
  job: 'redis-job',
  attempt: 3,
  from: 'old',
  to: 'new',
  fromImage: 'redis:6',
  toImage: 'redis:7',
  claims: [],
  mounts: false,
}

type Row<Kind extends Action['kind']> = readonly [Rests, ActionOf<Kind>]

const kinds: {
  readonly [Kind in Exclude<Action['kind'], 'changeStable' | 'createJob'>]: readonly [
    Row<Kind>,
    ...Row<Kind>[],
  ]
} = {
  addFinalizer: [['', { kind: 'addFinalizer' }]],
  removeFinalizer: [['pods', { kind: 'removeFinalizer' }]],
  removeAnnotation: [
    ['pods', { kind: 'removeAnnotation', name: 'a', value: 'b', heeded: false }],
    ['', { kind: 'removeAnnotation', name: 'a', value: 'b', heeded: true }],
  ],
  createRevision: [['', { kind: 'createRevision', revision: 'new', number: 2 }]],
  renewRevision: [['', { kind: 'renewRevision', stored: ref, number: 2 }]],
  deleteRevision: [['', { kind: 'deleteRevision', stored: ref }]],
  createService: [['', { kind: 'createService' }]],
  releaseService: [['', { kind: 'releaseService', service: ref }]],
  createStable: [['pods', { kind: 'createStable', revision: 'old', replicas: 3, record: restRecord }]],
  emptyStable: [['pods', { kind: 'emptyStable', set }]],
  releaseStable: [['pods', { kind: 'releaseStable', set }]],
  createCanary: [['', { kind: 'createCanary', revision: 'new', claimOrdinal: 2, attempt: 1 }]],
  armCanary: [['pods resource', { kind: 'armCanary', set, ordinalsStart: 2, replicas: 1 }]],
  emptyCanary: [['pods', { kind: 'emptyCanary', set }]],
  deleteSet: [['pods', { kind: 'deleteSet', set }]],
  deletePod: [['pods sets', { kind: 'deletePod', pod }]],
  releasePod: [['pods sets', { kind: 'releasePod', pod }]],
  pinPod: [['pods', { kind: 'pinPod', pod }]],
  unpinPod: [['pods sets', { kind: 'unpinPod', pod }]],
  createSnapshot: [
    [
      'pods',
      {
        kind: 'createSnapshot',
        snapshot: `${claim}-3`,
        className: 'fast',
        claim: { name: claim, uid: 'uid' },
        attempt: 3,
      },
    ],
  ],
  deleteSnapshot: [['pods sets', { kind: 'deleteSnapshot', snapshot: pod }]],
  keepVolume: [['pods sets', { kind: 'keepVolume', volume: 'volume', claim: pod, attempt: 3 }]],
  freeVolume: [['pods sets', { kind: 'freeVolume', volume: ref }]],
  releaseVolume: [['pods resource sets', { kind: 'releaseVolume', volume: ref }]],
  deleteClaim: [['pods sets', { kind: 'deleteClaim', claim: ref }]],
  createClaim: [['pods sets', { kind: 'createClaim', claim, volume: 'volume' }]],
  resumeJob: [['pods resource', { kind: 'resumeJob', job: ref }]],
  deleteJob: [['pods sets', { kind: 'deleteJob', job: pod }]],
}

const intents: Readonly<Record<StableIntent, Rests>> = {
  startRollout: 'pods resource',
  nextStep: 'pods resource',
  acknowledge: 'pods resource',
  recordTouched: '',
  recordDecision: 'pods resource',
  promote: 'pods',
  lowerPartition: 'pods',
  returnReplicas: 'pods',
  revertTemplate: 'pods',
  closeRollout: 'pods resource',
  recordProven: 'pods',
  clearRejected: 'pods resource',
  replaceUnproven: 'pods resource',
  force: 'pods resource',
  restoreDisplacement: 'pods',
  giveUpRestore: 'pods',
  adoptRestore: 'pods resource',
  startMigration: 'pods resource',
  recordMigrated: 'pods',
  recordRestored: 'pods',
  scale: 'pods resource',
  makeWhole: 'pods',
  putBackSettings: 'pods',
  putBackTemplate: 'pods',
}

const purposes: Readonly<Record<Purpose, Rests>> = {
  migrate: '',
  check: 'pods',
  backup: 'pods',
  restore: 'pods',
}

const table: readonly (readonly [Rests, Action])[] = [
  ...Object.values(kinds).flat(),
  ...Object.entries(purposes).map(
    ([purpose, rests]) => [rests, { kind: 'createJob', purpose: purpose as Purpose, ...order }] as const,
  ),
  ...Object.entries(intents).map(
    ([intent, rests]) => [rests, changeStable(set, intent as StableIntent, {})] as const,
  ),
]

describe('what is read live before a write, since the decision rests on it', () => {
  it.each(table)('"%s": %j', (rests, action) => {
    const found = [
      ...(restsOnPods(action) ? ['pods'] : []),
      ...(restsOnResource(action) ? ['resource'] : []),
      ...(restsOnSets(action) ? ['sets'] : []),
    ]
    expect(found.join(' ')).toBe(rests)
  })

  // The resource and the sets are read in the round that lists the pods, and in no other.
  it('is pods and claims, wherever it is anything', () => {
    expect(table.filter(([, action]) => restsOnResource(action) || restsOnSets(action))).toSatisfy(
      (rows: typeof table) => rows.length > 0 && rows.every(([, action]) => restsOnPods(action)),
    )
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
