import { beforeEach, describe, expect, it } from 'vitest'
import { labels } from '../api/v1alpha1/constants.ts'
import type { JobOrder } from '../core/jobs/job-order.ts'
import type { Question } from '../core/question.ts'
import { podIndexLabel } from '../core/render/canary-set.ts'
import { renderPodTemplate } from '../core/render/pod-template.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { ApiError, ConnectionError } from '../kube/client/api-error.ts'
import { ask } from './ask.ts'
import { keptSet } from './projections.ts'
import { type Call, createFakeApi, type FakeApi, inWords } from './testing/fake-api.ts'

const resource = walkThrough()
const revision = '42923a489e'
const noCauses = {
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
}
const causes = { causes: [{ reason: 'FieldValueInvalid' }] }

let api: FakeApi
let templates: string[]

beforeEach(() => {
  api = createFakeApi()
  templates = []
})

function stableSet() {
  api.store.put('statefulsets', {
    metadata: { name: 'redis-stable', namespace: 'default' },
    spec: { replicas: 3, template: { metadata: { labels: { [labels.revision]: 'running' } } } },
  } as never)
  return keptSet(api.store.get('statefulsets', 'default/redis-stable') as never)
}

function askAbout(question: Question, stable = stableSet()) {
  const template = async (name: string) => {
    templates.push(name)
    return renderPodTemplate(resource, name)
  }
  return ask(question, { rest: api.rest, resource, stable, template, signal: new AbortController().signal })
}

function refuse(error: Error): void {
  api.refuse(() => {
    throw error
  })
}

const sent = (): Call | undefined => api.calls.at(-1)

describe('a dry run', () => {
  const questions: readonly (readonly [Question, string])[] = [
    [{ kind: 'stableSet', revision }, 'dry run: patch statefulsets/redis-stable'],
    [{ kind: 'canarySet', revision, claimOrdinal: 2 }, 'dry run: create statefulsets/redis-canary'],
    [{ kind: 'canaryPod', revision, claimOrdinal: 2 }, 'dry run: create pods/redis-canary-x'],
  ]

  it.each(questions)('answers %j: %s', async (question, call) => {
    expect(await askAbout(question)).toEqual({ yes: true, warnings: [] })
    expect(api.calls.map(inWords)).toEqual([call])
    expect(templates).toEqual([revision])
  })

  it('of the stable set creates it where there is none', async () => {
    const { rest } = api
    const template = async () => renderPodTemplate(resource, revision)
    const { signal } = new AbortController()
    await ask({ kind: 'stableSet', revision }, { rest, resource, stable: undefined, template, signal })
    expect(api.calls.map(inWords)).toEqual(['dry run: create statefulsets/redis-stable'])
  })

  it('of the headless Service is made as the Service would be', async () => {
    expect(await askAbout({ kind: 'service' })).toEqual({ yes: true, warnings: [] })
    expect(api.calls.map(inWords)).toEqual(['dry run: create services/redis-headless'])
    expect(sent()?.object).toMatchObject({ spec: { clusterIP: 'None' } })
  })

  it('of a migration is its Job, and then its pod, under names of their own', async () => {
    const order: JobOrder = {
      purpose: 'migrate',
      job: 'redis-migrate-u-3',
      attempt: 3,
      from: 'a',
      to: 'b',
      fromImage: 'redis:6',
      toImage: 'redis:7',
      claims: [],
      mounts: false,
    }
    expect(await askAbout({ kind: 'migrationJob', order })).toEqual({ yes: true, warnings: [] })
    expect(api.calls.map(inWords)).toEqual([
      'dry run: create jobs/redis-migrate-u-3-x',
      'dry run: create pods/redis-migrate-u-3-x',
    ])
  })

  it('of the order of stored revisions is the patch that was refused', async () => {
    const stored = { name: `redis-${revision}`, uid: 'stored-uid', resourceVersion: '7' }
    await askAbout({ kind: 'renewal', stored, number: 4 }).catch(() => undefined)
    expect(api.calls.map(inWords)).toEqual([`dry run: patch controllerrevisions/redis-${revision}`])
  })

  it('of a volume that is to be kept is the patch that was refused', async () => {
    const ref = { namespace: 'default', name: 'data-redis-stable-2' }
    const { uid } = api.store.put('persistentvolumeclaims', { metadata: ref }).metadata
    const spec = { persistentVolumeReclaimPolicy: 'Delete', claimRef: { ...ref, uid } }
    api.store.put('persistentvolumes', { metadata: { name: 'pv' }, spec } as never)
    const order = { volume: 'pv', claim: { name: ref.name, uid }, attempt: 3 }
    expect(await askAbout({ kind: 'volume', order })).toEqual({ yes: true, warnings: [] })
    expect(api.calls.map(inWords).at(-1)).toBe('dry run: patch persistentvolumes/pv')
    expect(api.store.get('persistentvolumes', 'pv')).toMatchObject({ spec })
    api.store.remove('persistentvolumes', 'pv')
    expect(await askAbout({ kind: 'volume', order })).toMatchObject({ yes: false, final: false })
  })

  it('of a pod is as its set would make it, ordinal and all', async () => {
    await askAbout({ kind: 'canaryPod', revision, claimOrdinal: 2 })
    expect(sent()?.object?.metadata).toMatchObject({
      generateName: 'redis-canary-',
      labels: { [labels.role]: 'canary', [podIndexLabel]: '2' },
    })
  })

  it('changes nothing', async () => {
    const stable = stableSet()
    const { version } = api.store
    for (const [question] of questions) await askAbout(question, stable)
    expect(api.store.version).toBe(version)
  })
})

describe('a VolumeSnapshot whose name is taken', () => {
  const claim = { name: 'data-redis-stable-2', uid: 'claim-uid' }
  const order = { snapshot: 'data-redis-stable-2-3', claim, className: 'csi', attempt: 3 }
  const taken = (uid: string | undefined) => {
    const exists = new ApiError(409, { reason: 'AlreadyExists', message: 'it exists' })
    api.refuse(({ verb }) => (verb === 'create' ? exists : undefined))
    api.store.put('volumesnapshots', {
      metadata: {
        name: order.snapshot,
        namespace: 'default',
        ...(uid !== undefined && { labels: { [labels.uid]: uid } }),
      },
    })
  }

  it('is refused, with who is to make room', async () => {
    taken(undefined)
    const message = `VolumeSnapshot default/${order.snapshot} exists already and is not one of this resource: delete it, and it is made`
    expect(await askAbout({ kind: 'snapshot', order })).toEqual({ yes: false, message, final: false })
  })

  it('is no answer where it is ours: a cache is about to show it', async () => {
    taken(resource.metadata.uid)
    await expect(askAbout({ kind: 'snapshot', order })).rejects.toThrow(ApiError)
  })
})

describe('a refusal', () => {
  it.each([
    [
      'a schema or a rule: for good',
      new ApiError(422, { reason: 'Invalid', message: 'bad', details: causes }),
      true,
    ],
    [
      'an unknown field: for good',
      new ApiError(400, { reason: 'BadRequest', message: 'unknown field' }),
      true,
    ],
    [
      'a quota: perhaps not tomorrow',
      new ApiError(403, { reason: 'Forbidden', message: 'exceeded quota' }),
      false,
    ],
    [
      'a policy that calls it invalid: perhaps not tomorrow',
      new ApiError(422, {
        reason: 'Invalid',
        message: "ValidatingAdmissionPolicy 'x' denied",
        details: causes,
      }),
      false,
    ],
  ])('by %s', async (_, error, final) => {
    refuse(error)
    const verdict = await askAbout({ kind: 'stableSet', revision })
    expect(verdict).toEqual({ yes: false, message: error.message, final })
  })

  it('by a quota says how much room is asked for, where that is more than the rollout runs', async () => {
    refuse(new ApiError(403, { reason: 'Forbidden', message: 'exceeded quota: q' }))
    expect(await askAbout({ kind: 'canaryPod', revision, claimOrdinal: 2 })).toEqual({
      yes: false,
      message: 'exceeded quota: q (it must have room for one pod besides those that run now)',
      final: false,
    })
  })

  it('of a patch is cut down to what is wrong, for the server sends the whole object with it', async () => {
    const message = `"" is invalid: patch: Invalid value: "{...RetentionPolicy...}": strict decoding error: unknown field "spec.x"`
    refuse(new ApiError(422, { reason: 'Invalid', message, details: causes }))
    expect(await askAbout({ kind: 'stableSet', revision })).toEqual({
      yes: false,
      message: 'strict decoding error: unknown field "spec.x"',
      final: true,
    })
  })

  it('is told without the object that it is about', async () => {
    const message = ` "" is invalid: patch: Invalid value: "{...RetentionPolicy...}": quantities must match the regular expression`
    refuse(new ApiError(422, { reason: 'Invalid', message, details: causes }))
    expect(await askAbout({ kind: 'stableSet', revision })).toEqual({
      yes: false,
      message: 'quantities must match the regular expression',
      final: true,
    })
  })

  it.each([
    ['a busy server', new ApiError(429, { message: 'too many requests' })],
    ['a broken connection', new ConnectionError('Reset', 'gone')],
    ['a set that is gone', new ApiError(404, { reason: 'NotFound', message: 'not found' })],
    ['a set that changed', new ApiError(422, noCauses)],
    ['a token that ran out', new ApiError(401, { reason: 'Unauthorized', message: 'who?' })],
  ])('is none, but an error to try again after: %s', async (_, error) => {
    refuse(error)
    await expect(askAbout({ kind: 'canaryPod', revision, claimOrdinal: 2 })).rejects.toBe(error)
  })
})

describe('the guard', () => {
  const denied =
    "ValidatingAdmissionPolicy 'canary-protect' with binding 'canary-protect' denied request: ..."

  it('is in force where it refuses a stranger’s change', async () => {
    refuse(new ApiError(403, { reason: 'Forbidden', message: denied }))
    expect(await askAbout({ kind: 'guard' })).toEqual({ yes: true, warnings: [] })
    expect(sent()).toMatchObject({
      dryRun: true,
      fieldManager: 'canary-guard-probe',
      object: { spec: { replicas: 4 } },
    })
  })

  it('is not where the change goes through', async () => {
    expect(await askAbout({ kind: 'guard' })).toEqual({
      yes: false,
      message: 'a change of StatefulSet redis-stable by a stranger was not refused',
      final: false,
    })
  })

  it('is not where somebody else refuses', async () => {
    refuse(new ApiError(403, { reason: 'Forbidden', message: 'no rights' }))
    expect(await askAbout({ kind: 'guard' })).toEqual({ yes: false, message: 'no rights', final: false })
  })
})

describe('the hand-over', () => {
  const question = { kind: 'handover' } as const

  it('is in force where the claim comes back completed', async () => {
    api.mutate((_, pod) => JSON.parse(JSON.stringify(pod).replace('.ordinal"', '-0"')))
    expect(await askAbout(question)).toEqual({ yes: true, warnings: [] })
    expect(sent()?.object?.metadata.labels).toMatchObject({ [labels.role]: 'canary', [podIndexLabel]: '0' })
  })

  it('is not where it comes back as it was sent', async () => {
    expect(await askAbout(question)).toEqual({
      yes: false,
      message: 'the claim of a canary pod stayed data-redis-stable.ordinal',
      final: false,
    })
  })

  it('is asked with what runs, so that a bad new version does not read as a missing policy', async () => {
    await askAbout(question)
    expect(templates).toEqual(['running'])
  })

  it('is not needed without claims', async () => {
    const bare = walkThrough({}, { volumeClaimTemplates: [] })
    const template = async () => renderPodTemplate(bare, revision)
    const { signal } = new AbortController()
    const verdict = await ask(question, {
      rest: api.rest,
      resource: bare,
      stable: undefined,
      template,
      signal,
    })
    expect(verdict).toEqual({ yes: true, warnings: [] })
    expect(api.calls).toEqual([])
  })
})
