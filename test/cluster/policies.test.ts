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
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
}

/** Creates a resource, and sets and claims as its operator would have made them. */
async function givenManaged(name: string, replicas: number, metadata: object = {}): Promise<void> {
  const spec = { replicas, template: { template: { spec: { containers } }, volumeClaimTemplates: [claim] } }
  await make({
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name, ...metadata },
    spec,
  })
  await make(statefulSet(`${name}-stable`))
}

function statefulSet(name: string, team = 'a'): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name,
      labels: { 'canary.example.com/role': 'stable', team },
      annotations: { 'canary.example.com/rollout': '{"id":1}', note: 'a' },
    },
    spec: {
      replicas: 0,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
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

async function make(object: object): Promise<void> {
  await kubectlOutput(['create', ...inNamespace, '-f', '-'], object)
}

/** What kubectl prints where the API server refuses. */
function refused(...args: readonly string[]): Promise<string> {
  return refusal([...args, ...inNamespace])
}

async function accepted(...args: readonly string[]): Promise<string> {
  return kubectlOutput([...args, ...inNamespace])
}

beforeAll(async () => {
  await givenManaged('redis', 2)
  await make(statefulSet('redis-canary'))
  await make(statefulSet('other-stable', 'b'))
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
      'claim data-redis-stable-1 holds the data of a replica of CanaryStatefulSet redis: scale that down first, or annotate it canary.example.com/unprotected=true',
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
    const probe = ['patch', set, ...asOperator, '--dry-run=server', '--patch', '{"spec":{"replicas":1}}']

    expect(await refused(...probe, '--field-manager=canary-guard-probe')).toContain(
      changeThat('redis-stable'),
    )
    expect(await accepted(...probe)).toBe('statefulset.apps/redis-stable patched')
  })
})

describe('the guard lets through', () => {
  const set = 'statefulset/redis-stable'

  it.each([
    [
      "the operator's own changes",
      [
        'patch',
        set,
        ...asOperator,
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
    ['create', 'events.events.k8s.io', 'yes'],
    ['update', 'canarystatefulsets.app.example.com', 'no'],
    ['delete', 'canarystatefulsets.app.example.com', 'no'],
    ['update', 'statefulsets.apps/scale', 'no'],
    ['delete', 'services', 'no'],
    ['patch', 'controllerrevisions.apps', 'no'],
    ['delete', 'persistentvolumeclaims', 'no'],
    ['create', 'persistentvolumeclaims', 'no'],
    ['list', 'persistentvolumes', 'no'],
    ['get', 'secrets', 'no'],
    ['update', 'leases.coordination.k8s.io', 'no'],
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
