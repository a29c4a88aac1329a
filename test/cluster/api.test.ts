/**
 * The API on a real API server: what it accepts, what it refuses and in which words, its defaults, its transition
 * rules, and the subresources. No operator runs here, so resources have no finalizer and no pods.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withDefaults } from '../../src/api/v1alpha1/defaults.ts'
import type { CanaryStatefulSet, CanaryStatefulSetInput } from '../../src/api/v1alpha1/types.ts'
import { kubectl, kubectlOutput } from '../../tools/kubectl.ts'

const namespace = `api-${process.pid}`
const walkthroughFile = join(import.meta.dirname, '../../examples/redis-canary.yaml')
const walkthrough = parse(readFileSync(walkthroughFile, 'utf8')) as CanaryStatefulSetInput

/** A manifest in all its freedom: tests write fields that the types forbid. */
type Json = { readonly [field: string]: unknown }

const containers = [{ name: 'redis', image: 'redis:6.2.6' }]
const bare = { template: { template: { spec: { containers } } } } as const

function manifest(spec: object, name = 'redis'): Json {
  return {
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name, namespace },
    spec,
  }
}

async function create(spec: object, name: string): Promise<CanaryStatefulSet> {
  return JSON.parse(await kubectlOutput(['create', '-o', 'json', '-f', '-'], manifest(spec, name)))
}

async function dryRun(spec: object): Promise<CanaryStatefulSet> {
  const args = ['create', '--dry-run=server', '-o', 'json', '-f', '-']
  return JSON.parse(await kubectlOutput(args, manifest(spec)))
}

/** What kubectl prints where the API server refuses; fails where it accepts. */
async function refusal(args: readonly string[], input?: object): Promise<string> {
  const { ok, stderr } = await kubectl(args, input)
  if (ok) throw new Error(`accepted: kubectl ${args.join(' ')}`)
  return stderr
}

function patch(name: string, change: object, ...more: readonly string[]): readonly string[] {
  return ['patch', 'csts', name, '-n', namespace, '--type=merge', '--patch', JSON.stringify(change), ...more]
}

beforeAll(async () => {
  await kubectlOutput(['create', 'namespace', namespace])
})
afterAll(async () => {
  await kubectlOutput(['delete', 'namespace', namespace, '--timeout=60s'])
})

describe('the walk-through manifest', () => {
  it('is accepted to the letter', async () => {
    const stored: CanaryStatefulSet = JSON.parse(
      await kubectlOutput(['apply', '--dry-run=server', '-o', 'json', '-f', walkthroughFile]),
    )

    expect(stored.metadata).toMatchObject({ name: 'redis', namespace: 'default' })
    expect(stored.spec).toEqual(withDefaults(walkthrough.spec))
  })

  it('can be applied again and again without a change', async () => {
    const resource = { ...walkthrough, metadata: { name: 'walkthrough', namespace } }
    await kubectlOutput(['apply', '-f', '-'], resource)

    expect(await kubectlOutput(['apply', '-f', '-'], resource)).toBe(
      'canarystatefulset.app.example.com/walkthrough unchanged',
    )
    expect(
      await kubectlOutput([
        'get',
        'csts',
        'walkthrough',
        '-n',
        namespace,
        '-o',
        'jsonpath={.metadata.generation}',
      ]),
    ).toBe('1')
  })
})

describe('defaults', () => {
  it.each([
    ['everything left out', bare],
    ['zeros', { ...bare, replicas: 0, canaryReplicas: 0 }],
    ['empty objects', { ...bare, promotion: {}, strategy: {} }],
    [
      'everything given',
      {
        replicas: 5,
        canaryReplicas: 7,
        image: 'redis:7.0.5',
        container: 'redis',
        template: { ...bare.template, serviceName: 'redis' },
        promotion: { type: 'manual', annotation: 'my.domain/promote' },
        strategy: { progressDeadlineSeconds: 30 },
      },
    ],
  ] as const)('are those of withDefaults: %s', async (_, spec) => {
    expect((await dryRun(spec)).spec).toEqual(withDefaults(spec))
  })
})

describe('what is refused', () => {
  it.each([
    [
      'a field that is not built',
      { ...bare, analysis: {} },
      'strict decoding error: unknown field "spec.analysis"',
    ],
    [
      'automatic promotion',
      { ...bare, promotion: { type: 'auto' } },
      'spec.promotion.type: Unsupported value: "auto": supported values: "manual"',
    ],
    ['no template', {}, 'spec.template: Required value'],
    [
      'no containers',
      { template: { template: { spec: { containers: [] } } } },
      'spec.template.template.spec.containers: Invalid value: 0: spec.template.template.spec.containers in body should have at least 1 items',
    ],
    [
      'fewer than no replicas',
      { ...bare, replicas: -1 },
      'spec.replicas in body should be greater than or equal to 0',
    ],
    [
      'fewer than no canaries',
      { ...bare, canaryReplicas: -1 },
      'spec.canaryReplicas in body should be greater than or equal to 0',
    ],
    ['an empty image', { ...bare, image: '' }, 'spec.image in body should be at least 1 chars long'],
    [
      'no time to progress',
      { ...bare, strategy: { progressDeadlineSeconds: 0 } },
      'spec.strategy.progressDeadlineSeconds in body should be greater than or equal to 1',
    ],
    [
      'an image for a container that is not there',
      { ...bare, image: 'a', container: 'cache' },
      'spec.container is cache, which is not the name of one of spec.template.template.spec.containers',
    ],
    [
      'a selector',
      { template: { ...bare.template, selector: { matchLabels: { app: 'redis' } } } },
      'leave out spec.template.selector: the operator makes it',
    ],
    [
      'a pod management policy that does not exist',
      { template: { ...bare.template, podManagementPolicy: 'Random' } },
      'supported values: "OrderedReady", "Parallel"',
    ],
    [
      'an annotation with another meaning',
      { ...bare, promotion: { annotation: 'canary.example.com/rollout' } },
      'spec.promotion.annotation must be canary.example.com/promote or a name of your own: the others under canary.example.com/ have a meaning already',
    ],
    [
      'an annotation that cannot be one',
      { ...bare, promotion: { annotation: 'not a name' } },
      'spec.promotion.annotation must be the name of an annotation, such as my.domain/promote',
    ],
    [
      'pods that are killed without waiting',
      { template: { template: { spec: { containers, terminationGracePeriodSeconds: 0 } } } },
      'terminationGracePeriodSeconds must be 1 or more: with 0 a pod is forgotten while it may still write to the claim that its successor mounts',
    ],
    [
      'our labels on pods',
      {
        template: {
          template: { metadata: { labels: { 'canary.example.com/role': 'stable' } }, spec: { containers } },
        },
      },
      "labels that begin with canary.example.com/ are the operator's: leave them out",
    ],
    [
      'our annotations on pods',
      {
        template: {
          template: { metadata: { annotations: { 'canary.example.com/x': '' } }, spec: { containers } },
        },
      },
      "annotations that begin with canary.example.com/ are the operator's: leave them out of the pod template",
    ],
    [
      'a claim template with our suffix',
      {
        template: {
          ...bare.template,
          volumeClaimTemplates: [{ metadata: { name: 'data.ordinal' }, spec: {} }],
        },
      },
      "a claim template's name must not end in .ordinal: that suffix is the operator's",
    ],
    [
      'a claim with our suffix',
      {
        template: {
          template: {
            spec: { containers, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x.ordinal' } }] },
          },
        },
      },
      'a claim name must not end in .ordinal: the operator writes such names itself and completes them per pod',
    ],
    [
      'a volume with the name of a claim template',
      {
        template: {
          template: { spec: { containers, volumes: [{ name: 'data', emptyDir: {} }] } },
          volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
        },
      },
      'spec.template.template.spec.volumes must not repeat the name of a claim template: the claim would silently take its place',
    ],
    [
      'two containers of one name',
      { template: { template: { spec: { containers: [...containers, ...containers] } } } },
      'spec.template.template.spec.containers[1]: Duplicate value: {"name":"redis"}',
    ],
  ])('is %s', async (_, spec, sentence) => {
    expect(await refusal(['create', '--dry-run=server', '-f', '-'], manifest(spec))).toContain(sentence)
  })

  it.each([
    [
      'a name from which no set name can be made',
      'a'.repeat(46),
      'metadata.name must have at most 45 characters: the sets are called <name>-stable and <name>-canary, and Kubernetes adds a revision to that in a label of 63',
    ],
    [
      'a name that is no host name',
      'a.b',
      "metadata.name must have no dots: it becomes part of the pods' host names",
    ],
  ])('is %s', async (_, name, sentence) => {
    expect(await refusal(['create', '--dry-run=server', '-f', '-'], manifest(bare, name))).toContain(sentence)
  })

  it('is not the longest name that fits', async () => {
    const { metadata } = await create(bare, 'a'.repeat(45))

    expect(metadata.name).toHaveLength(45)
  })
})

function claims(size: string, more: object = {}): readonly object[] {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...more }
  return [{ metadata: { name: 'data' }, spec }]
}

function unchangeable(field: string): string {
  return `spec.template.${field} cannot change after creation: put the old value back, or create a resource of another name`
}

describe('what cannot change', () => {
  beforeAll(async () => {
    await create(
      {
        template: {
          ...bare.template,
          serviceName: 'a',
          podManagementPolicy: 'Parallel',
          ordinals: { start: 1 },
          volumeClaimTemplates: claims('1Gi'),
        },
      },
      'full',
    )
    await create(bare, 'empty')
  })

  it.each([
    ['serviceName', { serviceName: 'b' }],
    ['serviceName', { serviceName: null }],
    ['podManagementPolicy', { podManagementPolicy: 'OrderedReady' }],
    ['podManagementPolicy', { podManagementPolicy: null }],
    ['ordinals.start', { ordinals: { start: 2 } }],
    ['ordinals.start', { ordinals: null }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('2Gi') }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('1Gi', { someNewerField: 'x' }) }],
    ['volumeClaimTemplates', { volumeClaimTemplates: null }],
  ])('is spec.template.%s: %o', async (field, template) => {
    expect(await refusal(patch('full', { spec: { template } }))).toContain(unchangeable(field))
  })

  it.each([
    ['serviceName', { serviceName: 'b' }],
    ['podManagementPolicy', { podManagementPolicy: 'Parallel' }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('1Gi') }],
  ])('is spec.template.%s where it was left out: %o', async (field, template) => {
    expect(await refusal(patch('empty', { spec: { template } }))).toContain(unchangeable(field))
  })

  it('is not a default written out, nor anything that a rollout or a person may change', async () => {
    const template = {
      podManagementPolicy: 'OrderedReady',
      ordinals: { start: 0 },
      minReadySeconds: 3,
      template: { spec: { containers: [{ name: 'redis', image: 'redis:7.0.5' }] } },
    }
    await kubectlOutput(
      patch('empty', { spec: { replicas: 4, canaryReplicas: 2, image: 'redis:8', template } }),
    )

    expect(
      await kubectlOutput([
        'get',
        'csts',
        'empty',
        '-n',
        namespace,
        '-o',
        'jsonpath={.spec.replicas} {.spec.template.template.spec.containers[0].image}',
      ]),
    ).toBe('4 redis:7.0.5')
  })
})

describe('fields that the schema does not name', () => {
  it('are kept at every level of the template', async () => {
    const template = {
      template: {
        spec: {
          containers: [
            {
              name: 'redis',
              image: 'redis',
              resources: { requests: { cpu: '100m' } },
              newer: [1, { a: 'b' }],
            },
          ],
          initContainers: [{ name: 'first', command: ['true'] }],
          volumes: [
            { name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } },
            { name: 'c', persistentVolumeClaim: { claimName: 'c', readOnly: true } },
          ],
          hostAliases: [{ ip: '127.0.0.1' }],
          affinity: { nodeAffinity: { newer: true } },
        },
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' }, newer: 1 },
        newer: true,
      },
      ordinals: { start: 0, newer: 1 },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data', labels: { x: 'y' } },
          spec: { resources: { requests: { storage: 1 }, newer: 1 }, newer: 2 },
          newer: 3,
        },
      ],
      newer: { deep: { deeper: null } },
    }

    expect((await dryRun({ template })).spec.template).toEqual(template)
  })
})

describe('status and subresources', () => {
  const status = {
    phase: 'CanaryActive',
    message: 'The canary runs redis:7.0.5 on the data of redis-stable-2.',
    waiting: { for: 'a decision', since: '2026-01-01T00:00:00Z' },
    replicas: 3,
    stableReplicas: 2,
    canaryReplicas: 1,
    readyReplicas: 3,
    selector: 'canary.example.com/name=status',
    images: { stable: 'redis:6.2.6', canary: 'redis:7.0.5' },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Available',
        message: 'All is well',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      },
    ],
  }

  beforeAll(async () => {
    await create({ ...bare, replicas: 3 }, 'status')
    await kubectlOutput(patch('status', { status }, '--subresource=status'))
  })

  it('show phase, counts, and with -o wide the images', async () => {
    const short = await kubectlOutput(['get', 'csts', 'status', '-n', namespace])
    const wide = await kubectlOutput(['get', 'csts', 'status', '-n', namespace, '-o', 'wide'])

    expect(short.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['NAME', 'PHASE', 'STABLE', 'CANARY', 'READY', 'AGE'],
      ['status', 'CanaryActive', '2', '1', '3', expect.stringMatching(/^\d+s$/)],
    ])
    expect(wide.split('\n').map((line) => line.trim().split(/ {2,}/).slice(6))).toEqual([
      ['STABLE IMAGE', 'CANARY IMAGE'],
      ['redis:6.2.6', 'redis:7.0.5'],
    ])
  })

  it('let kubectl wait for a condition, and refuse a phase that does not exist', async () => {
    await kubectlOutput(['wait', '--for=condition=Ready', 'csts/status', '-n', namespace, '--timeout=5s'])

    expect(
      await refusal(patch('status', { status: { phase: 'Nonsense' } }, '--subresource=status')),
    ).toContain('status.phase: Unsupported value: "Nonsense"')
  })

  it('ignore a status that is written with the spec, and a spec that is written with the status', async () => {
    await kubectlOutput(patch('status', { status: { phase: 'Promoting' } }))
    await kubectlOutput(patch('status', { spec: { replicas: 9 } }, '--subresource=status'))

    expect(
      await kubectlOutput([
        'get',
        'csts',
        'status',
        '-n',
        namespace,
        '-o',
        'jsonpath={.status.phase} {.spec.replicas}',
      ]),
    ).toBe('CanaryActive 3')
  })

  it('scale the resource, and tell an autoscaler which pods it has', async () => {
    await create({ ...bare, replicas: 1 }, 'scaled')
    await kubectlOutput(
      patch(
        'scaled',
        { status: { replicas: 1, selector: 'canary.example.com/name=scaled' } },
        '--subresource=status',
      ),
    )
    await kubectlOutput(['scale', 'csts', 'scaled', '-n', namespace, '--replicas=5'])

    const scale = JSON.parse(
      await kubectlOutput([
        'get',
        '--raw',
        `/apis/app.example.com/v1alpha1/namespaces/${namespace}/canarystatefulsets/scaled/scale`,
      ]),
    )
    expect(scale).toMatchObject({
      spec: { replicas: 5 },
      status: { replicas: 1, selector: 'canary.example.com/name=scaled' },
    })
    expect(await refusal(['scale', 'csts', 'scaled', '-n', namespace, '--replicas=-1'])).toContain(
      '--replicas=COUNT',
    )
  })

  it('are listed by the category all, and explained', async () => {
    expect(await kubectlOutput(['get', 'all', '-n', namespace, '-o', 'name'])).toContain(
      'canarystatefulset.app.example.com/status',
    )
    expect(await kubectlOutput(['explain', 'csts.spec.image'])).toContain(
      "The image to run; wins over the template's.",
    )
  })
})
