/** From raw objects, as the server sends them, to what a decision may look at. */
import { describe, expect, it } from 'vitest'
import { annotations, labels } from '../api/v1alpha1/constants.ts'
import { jobName } from '../core/jobs/job-order.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import type { OwnerReference } from '../kube/object.ts'
import { changesAt, type Findings, observe } from './observe.ts'
import { keptClaim, keptJob, keptPod, keptRevision, keptService, keptSet, keptVolume } from './projections.ts'
import type { RawJob, RawPod, RawResource, RawSet } from './resources.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const resource: RawResource = walkThrough()
const { uid } = resource.metadata

const nothing: Findings = {
  resource,
  stable: undefined,
  canary: undefined,
  pods: [],
  claims: [],
  snapshots: [],
  keptVolumes: [],
  jobs: [],
  revisions: [],
  serviceExists: false,
  service: undefined,
  rival: undefined,
  answers: {},
}

function observed(findings: Partial<Findings>) {
  return observe({ ...nothing, ...findings }, now)
}

function meta(name: string, more: Partial<RawPod['metadata']> = {}): RawPod['metadata'] {
  return { name, namespace: 'default', uid: `uid of ${name}`, resourceVersion: '7', ...more }
}

describe('the resource', () => {
  it('of the walk-through', () => {
    expect(observed({}).resource).toEqual({
      name: 'redis',
      namespace: 'default',
      uid,
      generation: 1,
      deleting: false,
      finalizer: false,
      paused: false,
      unprotected: false,
      status: undefined,
      spec: {
        replicas: 3,
        canaryReplicas: 1,
        target: '42923a489e',
        targetImage: 'redis:6.2.6',
        ordinalsStart: 0,
        ordered: false,
        minReadySeconds: 5,
        claimTemplates: ['data'],
        serviceName: 'redis-headless',
        promoteAnnotation: 'canary.example.com/promote',
        progressDeadlineSeconds: 600,
        promotionType: 'manual',
        bakeSeconds: 0,
        steps: [],
        paused: false,
        fromZero: false,
        automaticRollback: true,
        revisionHistoryLimit: 10,
        snapshots: { policy: 'Auto', keep: 1, onDelete: 'Delete' },
        onRollback: 'Restore',
        deletionPolicy: 'Delete',
      },
    })
  })

  function annotated(values: Readonly<Record<string, string>>, spec: Partial<RawResource['spec']> = {}) {
    const { metadata } = resource
    const changed = {
      ...resource,
      metadata: { ...metadata, annotations: values },
      spec: { ...resource.spec, ...spec },
    }
    return observed({ resource: changed }).resource
  }

  it.each([
    ['promote', { [annotations.promote]: 'true' }, { promote: 'true' }],
    ['abort', { [annotations.abort]: 'true' }, { abort: 'true' }],
    ['retry', { [annotations.retry]: 'x' }, { retry: 'x' }],
    ['force', { 'canary.example.com/force': 'abc' }, { force: 'abc' }],
    ['paused', { [annotations.pauseReconciliation]: 'true' }, { paused: true }],
    ['paused, whatever the value', { [annotations.pauseReconciliation]: '' }, { paused: true }],
    ['not paused by false', { [annotations.pauseReconciliation]: 'false' }, { paused: false }],
    ['unprotected', { [annotations.unprotected]: 'true' }, { unprotected: true }],
  ])('reads its annotations: %s', (_, values, expected) => {
    expect(annotated(values)).toMatchObject(expected)
  })

  it('reads the approval from the annotation that the spec names, and from no other', () => {
    const promotion = { type: 'manual', annotation: 'my.domain/go', bakeSeconds: 0 } as const
    expect(annotated({ 'my.domain/go': 'true' }, { promotion }).promote).toBe('true')
    expect(annotated({ [annotations.promote]: 'true' }, { promotion })).not.toHaveProperty('promote')
  })
})

describe('a set', () => {
  const raw: RawSet = {
    metadata: meta('redis-stable', {
      generation: 4,
      labels: { [labels.uid]: uid },
      annotations: { [annotations.rollout]: '{}' },
    }),
    spec: {
      replicas: 2,
      minReadySeconds: 5,
      ordinals: { start: 1 },
      updateStrategy: { rollingUpdate: { partition: 2 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      template: { metadata: { labels: { [labels.revision]: 'abc' } } },
    },
    status: { observedGeneration: 4, currentRevision: 'h1', updateRevision: 'h2' },
  }
  const setOf = (change: Partial<RawSet> = {}) => observed({ stable: keptSet({ ...raw, ...change }) }).stable

  it('is told in full', () => {
    expect(setOf()).toEqual({
      name: 'redis-stable',
      uid: 'uid of redis-stable',
      resourceVersion: '7',
      ours: true,
      deleting: false,
      observed: true,
      generationSeen: true,
      revision: 'abc',
      replicas: 2,
      ordinalsStart: 1,
      partition: 2,
      minReadySeconds: 5,
      retains: true,
      caughtUp: false,
      hash: 'h2',
      record: '{}',
    })
  })

  describe('is observed when its status counts the pods that are there', () => {
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'redis-stable', uid: 'set', controller: true },
    ]
    const podOf = (name: string, status: NonNullable<RawPod['status']>, more: object = { ownerReferences }) =>
      keptPod({
        metadata: meta(name, { labels: { [labels.name]: 'redis', [labels.role]: 'stable' }, ...more }),
        spec: {},
        status,
      })
    const running = podOf('redis-stable-1', { phase: 'Running', conditions: [ready] })
    const starting = podOf('redis-stable-2', { phase: 'Pending' })
    const left = podOf('redis-stable-3', { phase: 'Running', conditions: [ready] }, {})
    const finished = podOf('redis-stable-2', { phase: 'Succeeded', conditions: [ready] })

    it.each([
      [true, 'both, one of them ready', 2, 1, [running, starting]],
      [false, 'one that is not there any more', 3, 1, [running, starting]],
      [false, 'one less than there are', 1, 1, [running, starting]],
      [false, 'one as ready that is not', 2, 2, [running, starting]],
      [false, 'none as ready', 2, 0, [running, starting]],
      [true, 'its own alone: not one that no set has', 1, 1, [running, left]],
      [true, 'as ready only what runs', 2, 1, [running, finished]],
    ])('%j: it counts %s', (expected, _, replicas, readyReplicas, pods) => {
      const stable = keptSet({ ...raw, status: { ...raw.status, replicas, readyReplicas } })
      expect(observed({ stable, pods }).stable).toMatchObject({ observed: expected, generationSeen: true })
    })
  })

  it.each([
    [
      'is somebody else’s without our uid',
      { metadata: meta('redis-stable') },
      { ours: false, record: undefined },
    ],
    [
      'is not observed while its controller lags, and has no hash then',
      { status: { observedGeneration: 3, currentRevision: 'h2', updateRevision: 'h2' } },
      { observed: false, hash: undefined, caughtUp: true },
    ],
    [
      'is a namesake’s with the uid of another resource of this name',
      { metadata: meta('redis-stable', { labels: { [labels.name]: 'redis', [labels.uid]: 'other' } }) },
      { ours: false, namesake: true },
    ],
    ['is not caught up before it has a status', { status: {} }, { caughtUp: false, observed: false }],
    [
      'does not retain what one half of its policy deletes',
      { spec: { ...raw.spec, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } },
      { retains: false },
    ],
    [
      'has the server’s defaults',
      { spec: {} },
      { replicas: 1, ordinalsStart: 0, minReadySeconds: 0, retains: true, revision: '' },
    ],
    [
      'has no partition where it is rolled in another way',
      { spec: { ...raw.spec, updateStrategy: {} } },
      { partition: undefined },
    ],
    [
      'is being deleted',
      { metadata: meta('redis-stable', { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
      { deleting: true },
    ],
  ])('%s', (_, change, expected) => {
    expect({ hash: undefined, record: undefined, ...setOf(change) }).toMatchObject(expected)
  })

  it.each([
    ['a number', '3', 3],
    ['nothing', undefined, undefined],
    ['no number', 'x', undefined],
  ])('names its attempt where its annotation is %s', (_, attempt, expected) => {
    const values = attempt === undefined ? {} : { [annotations.attempt]: attempt }
    const canary = keptSet({ ...raw, metadata: meta('redis-canary', { annotations: values }) })
    expect(observed({ canary }).canary?.attempt).toBe(expected)
  })
})

describe('a kept volume', () => {
  interface Changes {
    readonly keptFor?: string
    readonly noted?: object
    readonly spec?: object
    readonly status?: object
  }
  const note = {
    namespace: 'default',
    resource: 'redis',
    claim: 'data-redis-stable-2',
    claimUid: 'claim',
    attempt: 3,
    at: 5_000,
    copy: { spec: {} },
  }
  const viewOf = (
    phase: string,
    holder?: string,
    { keptFor = uid, noted = note, spec: more = {}, status = {} }: Changes = {},
  ) => {
    const metadata = {
      ...meta('pv'),
      labels: { [labels.keptFor]: keptFor },
      annotations: { [annotations.kept]: JSON.stringify(noted) },
    }
    const spec = {
      claimRef: { namespace: 'default', name: note.claim, ...(holder !== undefined && { uid: holder }) },
      ...more,
    }
    return observed({ keptVolumes: [keptVolume({ metadata, spec, status: { phase, ...status } })] })
      .keptVolumes[0]
  }

  it('is told with what its note says', () => {
    const { claim, claimUid, attempt } = note
    expect(viewOf('Released', 'claim')).toEqual({
      name: 'pv',
      uid: 'uid of pv',
      resourceVersion: '7',
      claim,
      claimUid,
      attempt,
      keptAt: 5_000,
      retains: false,
      free: false,
      released: true,
    })
  })

  it.each([
    ['Retain', true],
    ['Delete', false],
  ])('retains with reclaim policy %s: %j', (persistentVolumeReclaimPolicy, expected) => {
    expect(viewOf('Bound', 'claim', { spec: { persistentVolumeReclaimPolicy } })?.retains).toBe(expected)
  })

  it.each([
    ['Kubernetes, where that is later', '1970-01-01T00:00:09Z', 9_000],
    ['its note, where that is later', '1970-01-01T00:00:01Z', 5_000],
    ['its note, where Kubernetes does not tell', undefined, 5_000],
  ])('is kept since what is said by %s', (_, lastPhaseTransitionTime, expected) => {
    expect(viewOf('Released', 'claim', { status: { lastPhaseTransitionTime } })?.keptAt).toBe(expected)
  })

  it('is told from what new code left where a restore had made it', () => {
    expect(viewOf('Released', 'claim', { noted: { ...note, restored: true } })?.restored).toBe(true)
  })

  it.each([
    ['is bound', 'Bound', 'claim', { free: false, released: false }],
    ['may be taken by its claim', 'Available', undefined, { free: true, released: false }],
    [
      'may be taken, which Kubernetes has not noticed yet',
      'Released',
      undefined,
      { free: true, released: false },
    ],
    ['had another claim of that name since', 'Released', 'another', { free: false, released: false }],
  ])('that %s is not as the restore left it', (_, phase, holder, expected) => {
    expect(viewOf(phase, holder)).toMatchObject(expected)
    expect(viewOf(phase, holder)?.holder).toBeUndefined()
  })

  it.each([
    ['is handed to', 'Available', { namespace: 'default', name: 'look' }],
    ['is had by', 'Bound', { namespace: 'default', name: 'look', uid: 'look-uid' }],
    ['was had by', 'Released', { namespace: 'default', name: 'look', uid: 'look-uid' }],
  ])('%s another claim is not free, and names it', (_, phase, claimRef) => {
    expect(viewOf(phase, undefined, { spec: { claimRef } })).toMatchObject({
      free: false,
      released: false,
      holder: 'default/look',
    })
  })

  it('that anybody may take is not free for its claim, nor had by one', () => {
    const view = viewOf('Available', undefined, { spec: { claimRef: undefined } })
    expect(view).toMatchObject({ free: false, released: false })
    expect(view?.holder).toBeUndefined()
  })

  it('of another resource is none of ours', () => {
    expect(viewOf('Released', 'claim', { keptFor: 'another' })).toBeUndefined()
  })
})

describe('a Job', () => {
  const job = (name: string, more: Partial<RawJob['metadata']>, rest: Partial<RawJob> = {}): RawJob => ({
    metadata: meta(name, { creationTimestamp: '2026-01-01T00:00:00Z', ...more }),
    ...rest,
  })
  const own = {
    labels: { [labels.name]: 'redis', [labels.uid]: uid, [labels.revision]: 'abc' },
    annotations: { [annotations.attempt]: '3', [annotations.generation]: '7' },
  }
  const views = (...jobs: readonly RawJob[]) => observed({ jobs: jobs.map(keptJob) }).jobs
  const conditions = (type: string, status = 'True') => ({
    status: { conditions: [{ type, status, message: 'because' }] },
  })

  it('of ours is told in full', () => {
    expect(views(job('redis-migrate', own, { spec: { suspend: true } }))).toEqual([
      {
        name: 'redis-migrate',
        uid: 'uid of redis-migrate',
        resourceVersion: '7',
        ours: true,
        attempt: 3,
        generation: 7,
        revision: 'abc',
        createdAt: Date.parse('2026-01-01T00:00:00Z'),
        deleting: false,
        suspended: true,
      },
    ])
  })

  it('says since when it is being deleted', () => {
    const at = '2026-01-01T00:01:00Z'
    const deleted = job('redis-migrate', { ...own, deletionTimestamp: at })
    expect(views(deleted)).toMatchObject([{ deleting: true, deletingSince: Date.parse(at) }])
  })

  it('of somebody else, or of an earlier resource of this name, is not ours', () => {
    const theirs = { labels: { [labels.migration]: 'redis', [labels.revision]: 'abc' } }
    const earlier = { labels: { ...own.labels, [labels.uid]: 'another' } }
    expect(views(job('theirs', theirs), job('earlier', earlier)).map(({ ours }) => ours)).toEqual([
      false,
      false,
    ])
  })

  describe('for one replica', () => {
    const claim = 'data-redis-stable-2'
    const backup = (claims: string) => ({
      labels: { ...own.labels, [labels.purpose]: 'backup' },
      annotations: { ...own.annotations, [annotations.claims]: claims, [annotations.podUid]: 'stopped' },
    })

    it('says for which claims it was made, and stands for a snapshot of each', () => {
      const made = job('redis-backup', backup(`{"${claim}":"claim"}`), conditions('Complete'))
      const { jobs, snapshots } = observed({ jobs: [keptJob(made)] })
      expect(jobs).toMatchObject([{ purpose: 'backup', claims: { [claim]: 'claim' }, pod: 'stopped' }])
      expect(snapshots).toEqual([
        {
          name: 'redis-backup',
          uid: 'uid of redis-backup',
          claim,
          claimUid: 'claim',
          attempt: 3,
          createdAt: Date.parse('2026-01-01T00:00:00Z'),
          takenAt: Date.parse('2026-01-01T00:00:00Z'),
          deleting: false,
          ready: true,
          pod: 'stopped',
          byJob: true,
        },
      ])
    })

    it.each([['[1]'], ['{"data":1}'], ['data'], ['null']])('is none where its claims are %s', (claims) => {
      const { jobs, snapshots } = observed({ jobs: [keptJob(job('redis-backup', backup(claims)))] })
      expect(jobs[0]).not.toHaveProperty('purpose')
      expect(snapshots).toEqual([])
    })

    it('stands for nothing where it restores, or was made for another resource', () => {
      const { labels: of, annotations: noted } = backup(`{"${claim}":"claim"}`)
      const restore = { labels: { ...of, [labels.purpose]: 'restore' }, annotations: noted }
      const earlier = { labels: { ...of, [labels.uid]: 'another' }, annotations: noted }
      expect(observed({ jobs: [keptJob(job('a', restore)), keptJob(job('b', earlier))] }).snapshots).toEqual(
        [],
      )
    })
  })

  it.each([
    ['has completed', conditions('Complete'), { outcome: 'complete' }],
    ['has failed', conditions('Failed'), { outcome: 'failed', trouble: 'because' }],
    ['is about to', conditions('FailureTarget'), {}],
    ['has not failed', conditions('Failed', 'False'), {}],
    ['runs', {}, {}],
  ])('that %s', (_, rest, expected) => {
    const [view] = views(job('redis-migrate', own, rest))
    const { outcome, trouble } = view ?? {}
    expect({ ...(outcome && { outcome }), ...(trouble && { trouble }) }).toEqual(expected)
  })
})

describe('a pod', () => {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const readySince = Date.parse(ready.lastTransitionTime)

  function owner(name: string, kind = 'StatefulSet'): readonly OwnerReference[] {
    return [{ apiVersion: 'apps/v1', kind, name, uid: 'o', controller: true }]
  }

  function pod(name: string, change: Partial<RawPod> = {}, more: Partial<RawPod['metadata']> = {}): RawPod {
    const role = name.includes('canary') ? 'canary' : 'stable'
    return {
      metadata: meta(name, {
        labels: { [labels.name]: 'redis', [labels.role]: role, [labels.revision]: 'abc' },
        ownerReferences: owner(`redis-${role}`),
        creationTimestamp: '2025-12-31T23:00:00Z',
        ...more,
      }),
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable-2' } }] },
      status: { phase: 'Running', conditions: [ready] },
      ...change,
    }
  }

  const ours = { [labels.name]: 'redis' }
  const ownJob = jobName(resource.metadata, 'migrate', 3)
  const views = (...pods: readonly RawPod[]) => observed({ pods: pods.map(keptPod) }).pods

  it('stands in the order of ordinals and names, in whatever order it was found', () => {
    const found = ['redis-stable-2', 'redis-stable-0', 'redis-stable-1'].map((name) => pod(name))
    expect(views(...found).map(({ name }) => name)).toEqual([
      'redis-stable-0',
      'redis-stable-1',
      'redis-stable-2',
    ])
  })

  it('is told in full', () => {
    expect(views(pod('redis-canary-2'))).toEqual([
      {
        name: 'redis-canary-2',
        uid: 'uid of redis-canary-2',
        role: 'canary',
        ordinal: 2,
        revision: 'abc',
        deleting: false,
        phase: 'Running',
        readySince,
        claims: ['data-redis-stable-2'],
      },
    ])
  })

  it.each([
    ['its set made it, whatever uid that had', pod('redis-stable-2'), 'stable'],
    ['an orphan that its set will adopt', pod('redis-stable-2', {}, { ownerReferences: [] }), 'stable'],
    ['an orphan of the canary', pod('redis-canary-2', {}, { ownerReferences: [] }), 'canary'],
    ['of another set', pod('redis-stable-2', {}, { ownerReferences: owner('other') }), 'foreign'],
    [
      'of another kind',
      pod('redis-stable-2', {}, { ownerReferences: owner('redis-stable', 'Job') }),
      'foreign',
    ],
    ['with the name of another set’s pod', pod('redis-stable-x'), 'foreign'],
    [
      'of a Job of ours',
      pod('redis-migrate-x', {}, { labels: { ...ours, 'batch.kubernetes.io/job-name': ownJob } }),
      'job',
    ],
    [
      'of a Job of another resource of that name',
      pod(
        'redis-migrate-x',
        {},
        { labels: { ...ours, 'batch.kubernetes.io/job-name': 'redis-migrate-other-3' } },
      ),
      'foreign',
    ],
    ['without our labels, on a claim of ours', pod('debug', {}, { labels: {} }), 'foreign'],
  ])('has the role that label, owner and name agree on: %s', (_, raw, role) => {
    expect(views(raw)).toMatchObject([{ role, ordinal: 2 }])
  })

  it('is left out where it neither carries our name nor mounts our claims', () => {
    expect(views(pod('other', { spec: {} }, { labels: { [labels.name]: 'mongo' } }))).toEqual([])
  })

  it.each([
    ['a replica’s own claim', 'data-redis-stable-0', ['data-redis-stable-0']],
    ['one that is yet to be completed', 'data-redis-stable.ordinal', ['data-redis-stable.ordinal']],
    ['one that all replicas share', 'shared', []],
    ['one of another resource', 'data-my-redis-stable-0', []],
  ])('mounts %s', (_, claimName, claims) => {
    const spec = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }, { name: 'tmp' }] }
    expect(views(pod('redis-stable-0', { spec }))[0]?.claims).toEqual(claims)
  })

  it.each([
    ['since its condition says so', [{ ...ready, status: 'False' }], readySince],
    ['since it was created, where it has no condition yet', [], Date.parse('2025-12-31T23:00:00Z')],
  ])('is unready %s', (_, conditions, unreadySince) => {
    const [view] = views(pod('redis-stable-0', { status: { phase: 'Pending', conditions } }))
    expect(view).toMatchObject({ unreadySince, phase: 'Pending' })
    expect(view).not.toHaveProperty('readySince')
  })

  it.each([
    ['once the scheduler found none', 'Unschedulable', true],
    ['not while it has not looked', 'SchedulingGated', undefined],
  ])('finds no node: %s', (_, reason, found) => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason }]
    const [view] = views(pod('redis-stable-0', { status: { phase: 'Pending', conditions } }))
    expect(view?.unschedulable).toBe(found)
  })

  describe('that crashed again and again and runs now', () => {
    const startedAt = new Date(now - 4_000).toISOString()
    const looping = pod('redis-stable-0', {
      status: {
        phase: 'Running',
        conditions: [{ ...ready, lastTransitionTime: startedAt }],
        containerStatuses: [
          {
            name: 'redis',
            image: 'x',
            ready: true,
            restartCount: 5,
            state: { running: { startedAt } },
            lastState: { terminated: { exitCode: 1 } },
          },
        ],
      },
    })
    const findings = { ...nothing, pods: [keptPod(looping)] }

    it('is not ready yet, and it is said when that changes', () => {
      const [view] = observe(findings, now).pods
      expect(view).toMatchObject({ failure: { reason: 'CrashLoop' }, unreadySince: now - 4_000 })
      expect(view).not.toHaveProperty('readySince')
      expect(changesAt(findings, now)).toBe(now + 6_000)
    })

    it('is trusted when it has run for a while', () => {
      const [view] = observe(findings, now + 6_000).pods
      expect(view).toMatchObject({ readySince: now - 4_000 })
      expect(view).not.toHaveProperty('failure')
      expect(changesAt(findings, now + 6_000)).toBeUndefined()
    })
  })
})

describe('claims', () => {
  it('are those named after a replica of the stable set, whoever made them, by ordinal', () => {
    const claims = [
      'data-redis-stable-12',
      'data-redis-stable-0',
      'data-redis-canary-0',
      'data-my-redis-stable-0',
    ]
    const found = claims.map((name) => keptClaim({ metadata: meta(name) }))
    expect(observed({ claims: found }).claims.map(({ name, ordinal }) => [name, ordinal])).toEqual([
      ['data-redis-stable-0', 0],
      ['data-redis-stable-12', 12],
    ])
  })

  it('that are being deleted say so', () => {
    const metadata = meta('data-redis-stable-0', { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(observed({ claims: [keptClaim({ metadata })] }).claims).toMatchObject([
      { deleting: true, deletingSince: Date.UTC(2026, 0, 1) },
    ])
  })

  const protection = 'kubernetes.io/pvc-protection'
  const at = '2026-01-01T00:00:00Z'
  it.each([
    ["somebody else's", at, [protection, 'example.org/audit'], 'example.org/audit'],
    ["Kubernetes' own, which goes with its pods", at, [protection], undefined],
    ['none', at, undefined, undefined],
    ["somebody else's while it stays", undefined, ['example.org/audit'], undefined],
  ])('whose finalizer is %s', (_, deletionTimestamp, finalizers, expected) => {
    const metadata = {
      ...meta('data-redis-stable-0'),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(finalizers !== undefined && { finalizers }),
    }
    const [view] = observed({ claims: [keptClaim({ metadata })] }).claims
    expect(view?.finalizer).toBe(expected)
  })
})

describe('the Service', () => {
  const owner = { apiVersion: 'v1', kind: 'K', name: 'redis', controller: true }
  const serviceOf = (...uids: readonly string[]) =>
    keptService({
      metadata: meta('redis', { ownerReferences: uids.map((uid) => ({ ...owner, uid })) }),
      spec: { clusterIP: 'None' },
    })
  const { uid } = observed({}).resource

  it.each([
    ['goes with the resource that is its only owner', serviceOf(uid), true],
    ['of another resource is not ours', serviceOf('another'), false],
    ['with a second owner stays by itself', serviceOf(uid, 'another'), false],
    ['that a person made has no owner', serviceOf(), false],
    ['that is being deleted cannot be kept', { ...serviceOf(uid), deleting: true }, false],
  ])('%s', (_, service, isOurs) => {
    const { name, uid: its, resourceVersion } = service
    const expected = isOurs ? { name, uid: its, resourceVersion } : undefined
    expect(observed({ serviceExists: true, service }).ownService).toEqual(expected)
  })

  it.each([
    ['is headless', { clusterIP: 'None' }, undefined],
    ['has an address of its own', { clusterIP: '10.0.0.7' }, 'redis'],
    ['is another name for something outside', {}, 'redis'],
  ])('that %s', (_, spec, wrong) => {
    const service = keptService({ metadata: meta('redis'), spec })
    expect(observed({ serviceExists: true, service }).wrongService).toBe(wrong)
  })
})

describe('revisions', () => {
  function revision(owner: string, more: Partial<RawPod['metadata']> = {}) {
    return keptRevision({
      metadata: meta('redis-abc', {
        labels: { [labels.name]: 'redis', [labels.revision]: 'abc' },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'CanaryStatefulSet', name: 'redis', uid: owner, controller: true },
        ],
        ...more,
      }),
      revision: 4,
      data: { image: 'redis:7' },
    })
  }

  it.each([
    ['this very resource owns', revision(uid)],
    ['nobody owns any more', revision(uid, { ownerReferences: [] })],
  ])('are those that %s', (_, found) => {
    expect(observed({ revisions: [found] }).revisions).toEqual([
      {
        name: 'redis-abc',
        uid: 'uid of redis-abc',
        resourceVersion: '7',
        revision: 'abc',
        number: 4,
        image: 'redis:7',
      },
    ])
  })

  it('are what an equal template in the spec is taken for: an empty map starts no rollout', () => {
    const { template } = resource.spec.template
    const withEmpty = { ...resource.spec.template, template: { ...template, metadata: { annotations: {} } } }
    const changed = { ...resource, spec: { ...resource.spec, template: withEmpty } }
    const { target } = observed({ resource }).resource.spec
    const stored = revision(uid, { labels: { [labels.name]: 'redis', [labels.revision]: target } })
    expect(observed({ resource: changed, revisions: [stored] }).resource.spec.target).toBe(target)
    expect(observed({ resource: changed }).resource.spec.target).not.toBe(target)
  })

  it.each([
    ['an earlier resource of the name owns', revision('another uid')],
    ['are being deleted', revision(uid, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
  ])('are not those that %s', (_, found) => {
    expect(observed({ revisions: [found] }).revisions).toEqual([])
  })
})
