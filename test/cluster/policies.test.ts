/**
 * The two admission policies on a real API server: what strangers may not do to a managed set and to the claims that
 * hold its data, who is let through, and the completion of canary pods' claim names. The managed set has no pods, so
 * these tests need no operator and no node.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { kubectl, kubectlOutput } from '../../tools/kubectl.ts'
import { bareNamespace, containers, refusal } from './bare-namespace.ts'

const { name: namespace } = bareNamespace('policies')
const inNamespace = ['-n', namespace] as const
const asOperator = ['--as', 'system:serviceaccount:canary-system:canary-operator'] as const
/** The guard goes by the user name. kubectl reads what it patches; the operator does not and may not. */
const asOperatorThatReads = [...asOperator, '--as-group', 'system:masters'] as const
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
}

/** Creates a resource, and sets and claims as its operator would have made them. */
async function givenManaged(name: string, replicas: number, metadata: object = {}): Promise<string> {
  const spec = { replicas, template: { template: { spec: { containers } }, volumeClaimTemplates: [claim] } }
  const uid = await make({
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name, ...metadata },
    spec,
  })
  await make(managedSet(name, 'stable', uid))
  return uid
}

function managedSet(name: string, role: 'stable' | 'canary', uid: string): object {
  const labels = { 'canary.example.com/name': name, 'canary.example.com/role': role }
  return statefulSet(`${name}-${role}`, labels, { ...labels, 'canary.example.com/uid': uid, team: 'a' })
}

/** As anybody could make it. */
function statefulSet(name: string, selected: Record<string, string>, labels: object): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name,
      labels,
      annotations: { 'canary.example.com/rollout': '{"id":1}', note: 'a' },
    },
    spec: {
      replicas: 0,
      serviceName: name,
      selector: { matchLabels: selected },
      template: { metadata: { labels: selected }, spec: { containers } },
    },
  }
}

async function givenClaim(name: string): Promise<void> {
  await make({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { ...claim.spec, storageClassName: 'none' },
  })
}

/** Creates it and returns its uid. */
async function make(object: object): Promise<string> {
  return kubectlOutput(['create', ...inNamespace, '-o', 'jsonpath={.metadata.uid}', '-f', '-'], object)
}

/** What kubectl prints where the API server refuses. */
function refused(...args: readonly string[]): Promise<string> {
  return refusal([...args, ...inNamespace])
}

async function accepted(...args: readonly string[]): Promise<string> {
  return kubectlOutput([...args, ...inNamespace])
}

beforeAll(async () => {
  const uid = await givenManaged('redis', 2)
  await make(managedSet('redis', 'canary', uid))
  await make(statefulSet('other-stable', { app: 'other' }, { team: 'b' }))
  for (const name of [
    'data-redis-stable-0',
    'data-redis-stable-1',
    'data-redis-stable-2',
    'data-redis-stable-x',
    'other-redis-stable-0',
  ])
    await givenClaim(name)
})

function changeThat(set: string): string {
  return `StatefulSet ${set} is managed by CanaryStatefulSet redis: change that instead`
}

describe('the guard refuses, in plain words,', () => {
  const record =
    'the canary.example.com annotations of StatefulSet redis-stable are the record of CanaryStatefulSet redis: annotate that instead'
  const marks =
    'the canary.example.com labels of StatefulSet redis-stable tell CanaryStatefulSet redis that it is its own: leave them as they are'
  const set = 'statefulset/redis-stable'

  it.each([
    ['scaling', ['scale', set, '--replicas=1'], changeThat('redis-stable')],
    ['scaling the canary', ['scale', 'statefulset/redis-canary', '--replicas=1'], changeThat('redis-canary')],
    ['another image', ['set', 'image', set, 'redis=redis:8'], changeThat('redis-stable')],
    ['a rollout restart', ['rollout', 'restart', set], changeThat('redis-stable')],
    ['an edit of the record', ['annotate', '--overwrite', set, 'canary.example.com/rollout={}'], record],
    ['removal of the record', ['annotate', set, 'canary.example.com/rollout-'], record],
    ['an annotation under our prefix', ['annotate', set, 'canary.example.com/new=x'], record],
    ['an edit of our labels', ['label', '--overwrite', set, 'canary.example.com/role=canary'], marks],
    ['removal of our labels', ['label', set, 'canary.example.com/role-'], marks],
    [
      'deletion of the stable set',
      ['delete', set],
      'StatefulSet redis-stable is managed by CanaryStatefulSet redis: delete that instead',
    ],
    [
      'deletion of the canary set',
      ['delete', 'statefulset/redis-canary'],
      'StatefulSet redis-canary is managed by CanaryStatefulSet redis: delete that instead',
    ],
    [
      'deletion of a claim that holds data',
      ['delete', 'pvc/data-redis-stable-1', '--wait=false'],
      'claim data-redis-stable-1 holds the data of a replica of CanaryStatefulSet redis: scale that down first, or annotate that resource canary.example.com/unprotected=true',
    ],
  ])('%s', async (_, args, sentence) => {
    const sentences = await refused(...args)

    expect(sentences).toContain('orbidden')
    expect(sentences).toContain(sentence)
  })

  it('deletion of everything at once, in which the request names no object', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets?labelSelector=team%3Da`
    const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`

    expect((await kubectl(['delete', '--raw', path])).stderr).toMatch(
      /StatefulSet redis-(stable|canary) is managed/,
    )
    expect((await kubectl(['delete', '--raw', claims])).stderr).toMatch(
      /claim data-redis-stable-[01] holds the data/,
    )
    expect(await accepted('get', 'statefulsets,pvc', '-o', 'name')).toContain(
      'persistentvolumeclaim/data-redis-stable-0',
    )
  })

  it("the operator's own probe", async () => {
    const probe = [
      'patch',
      set,
      ...asOperatorThatReads,
      '--dry-run=server',
      '--patch',
      '{"spec":{"replicas":1}}',
    ]

    expect(await refused(...probe, '--field-manager=canary-guard-probe')).toContain(
      changeThat('redis-stable'),
    )
    expect(await accepted(...probe)).toBe('statefulset.apps/redis-stable patched')
  })
})

/** A set, and then a resource whose stable set would have the same name. */
async function givenForeign(name: string, labels: object): Promise<void> {
  await make(statefulSet(`${name}-stable`, { app: name }, labels))
  await make({
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name },
    spec: { template: { template: { spec: { containers } } } },
  })
}

it('the guard refuses to let a foreign set be labelled as ours', async () => {
  await givenForeign('stranger', {})
  const label = ['label', 'statefulset/stranger-stable', 'canary.example.com/uid=x']

  expect(await refused(...label)).toContain('the canary.example.com labels of StatefulSet stranger-stable')
})

describe('the guard lets through', () => {
  const set = 'statefulset/redis-stable'

  it.each([
    [
      "the operator's own changes",
      [
        'patch',
        set,
        ...asOperatorThatReads,
        '--patch',
        '{"spec":{"minReadySeconds":1},"metadata":{"annotations":{"canary.example.com/rollout":"{}"}}}',
      ],
    ],
    ['annotations of others', ['annotate', '--overwrite', set, 'note=b']],
    ['labels of others', ['label', '--overwrite', set, 'team=b']],
    ['a scale to what it is already', ['scale', set, '--replicas=0']],
    ['sets that are not managed', ['set', 'image', 'statefulset/other-stable', 'redis=redis:8']],
    ['deletion of sets that are not managed', ['delete', 'statefulset/other-stable']],
    ['deletion of a claim of no replica', ['delete', 'pvc/data-redis-stable-2']],
    ['deletion of a claim that is no set claim', ['delete', 'pvc/data-redis-stable-x']],
    ['deletion of a claim of another template', ['delete', 'pvc/other-redis-stable-0']],
  ])('%s', async (_, args) => {
    await accepted(...args)
  })

  it('anything, where the resource is annotated unprotected, and only there', async () => {
    await givenManaged('loose', 1, { annotations: { 'canary.example.com/unprotected': 'true' } })
    await givenClaim('data-loose-stable-0')

    await accepted('set', 'image', 'statefulset/loose-stable', 'redis=redis:8')
    await accepted('delete', 'pvc/data-loose-stable-0')
    await accepted('delete', 'statefulset/loose-stable')
    expect(await refused('scale', set, '--replicas=1')).toContain('redis-stable is managed')
  })

  it("a foreign set's owner, though a resource of that name came later", async () => {
    await givenForeign('late-comer', {})
    const foreign = 'statefulset/late-comer-stable'

    await accepted('scale', foreign, '--replicas=1')
    await accepted('scale', foreign, '--replicas=0')
    await accepted('set', 'image', foreign, 'redis=redis:8')
    await accepted('delete', foreign)
  })

  it('changes of a set that an earlier resource of that name left behind', async () => {
    await givenForeign('again', { 'canary.example.com/uid': 'another' })

    await accepted('set', 'image', 'statefulset/again-stable', 'redis=redis:8')
    await accepted('delete', 'statefulset/again-stable')
  })

  it('claims below ordinals.start, and holds those from there', async () => {
    const spec = {
      replicas: 1,
      template: { ordinals: { start: 5 }, template: { spec: { containers } }, volumeClaimTemplates: [claim] },
    }
    await make({
      apiVersion: 'app.example.com/v1alpha1',
      kind: 'CanaryStatefulSet',
      metadata: { name: 'late' },
      spec,
    })
    for (const ordinal of [4, 5, 6]) await givenClaim(`data-late-stable-${ordinal}`)

    await accepted('delete', 'pvc/data-late-stable-4')
    await accepted('delete', 'pvc/data-late-stable-6')
    expect(await refused('delete', 'pvc/data-late-stable-5')).toContain(
      'holds the data of a replica of CanaryStatefulSet late',
    )
  })
})

describe('the hand-over policy', () => {
  const volumes = [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable.ordinal', readOnly: true } },
    { name: 'own', persistentVolumeClaim: { claimName: 'own' } },
    { name: 'scratch', emptyDir: {} },
    { name: 'log', persistentVolumeClaim: { claimName: 'log-redis-stable.ordinal' } },
  ]

  async function podOf(role: string): Promise<{ spec: { volumes: object[] } }> {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: 'redis-canary-',
        labels: { 'canary.example.com/role': role, 'apps.kubernetes.io/pod-index': '12' },
      },
      spec: { containers, volumes, automountServiceAccountToken: false },
    }
    return JSON.parse(
      await kubectlOutput(['create', '--dry-run=server', '-o', 'json', ...inNamespace, '-f', '-'], pod),
    )
  }

  it("completes a canary pod's placeholders with its ordinal, and touches nothing else", async () => {
    const { spec } = await podOf('canary')

    expect(spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable-12', readOnly: true } },
      { name: 'own', persistentVolumeClaim: { claimName: 'own' } },
      { name: 'scratch', emptyDir: {} },
      { name: 'log', persistentVolumeClaim: { claimName: 'log-redis-stable-12' } },
    ])
  })

  it('leaves other pods alone', async () => {
    expect((await podOf('stable')).spec.volumes).toEqual(volumes)
  })
})

describe("the operator's rights", () => {
  it.each([
    ['patch', 'canarystatefulsets.app.example.com', 'yes'],
    ['patch', 'canarystatefulsets.app.example.com/status', 'yes'],
    ['delete', 'statefulsets.apps', 'yes'],
    ['create', 'pods', 'yes'],
    ['delete', 'pods', 'yes'],
    ['patch', 'controllerrevisions.apps', 'yes'],
    ['create', 'events.events.k8s.io', 'yes'],
    ['patch', 'events.events.k8s.io', 'yes'],
    ['update', 'canarystatefulsets.app.example.com', 'no'],
    ['delete', 'canarystatefulsets.app.example.com', 'no'],
    ['update', 'statefulsets.apps/scale', 'no'],
    ['delete', 'services', 'no'],
    ['update', 'controllerrevisions.apps', 'no'],
    ['patch', 'pods', 'yes'],
    ['delete', 'persistentvolumeclaims', 'yes'],
    ['create', 'persistentvolumeclaims', 'yes'],
    ['patch', 'persistentvolumeclaims', 'no'],
    ['list', 'persistentvolumes', 'yes'],
    ['patch', 'persistentvolumes', 'yes'],
    ['delete', 'persistentvolumes', 'no'],
    ['get', 'volumesnapshots.snapshot.storage.k8s.io', 'yes'],
    ['delete', 'volumesnapshots.snapshot.storage.k8s.io', 'yes'],
    ['delete', 'volumesnapshotcontents.snapshot.storage.k8s.io', 'no'],
    ['delete', 'jobs.batch', 'yes'],
    ['update', 'jobs.batch', 'no'],
    ['get', 'secrets', 'no'],
    ['update', 'leases.coordination.k8s.io', 'no'],
    ['get', 'controllerrevisions.apps', 'yes'],
    ['get', 'canarystatefulsets.app.example.com', 'yes'],
    ['get', 'statefulsets.apps', 'no'],
    ['get', 'pods', 'no'],
    ['get', 'persistentvolumeclaims', 'yes'],
    ['get', 'services', 'no'],
  ])('to %s %s: %s', async (verb, resource, answer) => {
    const { stdout } = await kubectl(['auth', 'can-i', verb, resource, ...asOperator, ...inNamespace])

    expect(stdout).toBe(answer)
  })

  it('to keep its Lease, in its own namespace', async () => {
    expect(
      (
        await kubectl([
          'auth',
          'can-i',
          'update',
          'leases.coordination.k8s.io',
          ...asOperator,
          '-n',
          'canary-system',
        ])
      ).stdout,
    ).toBe('yes')
  })
})
