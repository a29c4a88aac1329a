/**
 * The types of what stands below `spec.template`: Kubernetes' own, so that a wrong one is refused at once and in words
 * that name the field, while nothing is refused that a StatefulSet may have. So that this is no opinion of ours, each
 * template here goes to the API server as a StatefulSet, too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderPodTemplate } from '../../src/core/render/pod-template.ts'
import { renderStableSet } from '../../src/core/render/stable-set.ts'
import { ApiError } from '../../src/kube/client/api-error.ts'
import type { KubernetesObject, Manifest } from '../../src/kube/object.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { fieldType, kubernetesTypes, reducedTypes } from '../../tools/kubernetes-fields.ts'
import { uniqueByKeys } from '../../tools/kubernetes-structure.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { connectToCluster, type TestCluster } from '../harness/cluster.ts'
import { type CanaryStatefulSet, canaryStatefulSets, statefulSets } from '../harness/objects.ts'
import { bareNamespace } from './bare-namespace.ts'

const space = bareNamespace('api-template')
const types = kubernetesTypes()
let cluster: TestCluster

beforeAll(async () => {
  cluster = await connectToCluster()
})
afterAll(() => cluster.close())

type Fields = Readonly<Record<string, unknown>>

/** What becomes of a write that is a dry run: the object, or the refusal. */
async function dryRun<T extends KubernetesObject & { readonly spec: object }>(of: Resource<T>, spec: Fields) {
  const manifest = { metadata: { namespace: space.name, name: 'x' }, spec } as Manifest
  try {
    const { object } = await cluster.rest.create(of, manifest, { dryRun: true, fieldValidation: 'Strict' })
    return { status: 201, message: '', spec: object.spec as Fields }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status: error.status, message: error.message, spec: {} }
  }
}

const asResource = (template: Fields) => dryRun(canaryStatefulSets, { template })
const asStatefulSet = (template: Fields) => dryRun(statefulSets, template)

/** A value of every type without fields of its own, and what a list of one or a map makes of an entry. */
interface Sample {
  readonly plain: Fields
  readonly list: (entry: unknown) => readonly unknown[]
  readonly map: (entry: unknown) => Fields
}

const usual: Sample = {
  plain: {
    string: 'x',
    boolean: true,
    int32: 1,
    int64: 1,
    time: '2026-01-01T00:00:00Z',
    object: { any: 1 },
    quantity: '1Gi',
    intOrString: 1,
  },
  list: (entry) => [entry],
  map: (entry) => ({ key: entry }),
}

/** A value of this type with every field that Kubernetes knows, all the way down. */
function everyField(type: string, sample: Sample): unknown {
  const fields = types[type]
  if (fields === undefined) return sample.plain[type]
  const values = Object.entries(fields).map(([field, text]) => {
    const { of, collection } = fieldType(text)
    const value = everyField(of, sample)
    return [field, collection === undefined ? value : sample[collection](value)] as const
  })
  return Object.fromEntries(values)
}

/** A template with every field but those that are refused for another reason than their type. */
function everyFieldOfTemplate(sample: Sample): Fields {
  const { selector: _, ...template } = everyField('StatefulSetSpec', sample) as Fields
  const claimTemplate = everyField('PersistentVolumeClaim', sample) as Fields & { metadata: Fields }
  const named = { ...claimTemplate, metadata: { ...claimTemplate.metadata, name: 'claim' } }
  return { ...template, podManagementPolicy: 'Parallel', volumeClaimTemplates: [named] }
}

describe('the types of the template', () => {
  it('are those of this API server: if not, run tools/kubernetes-fields.ts against it', async () => {
    const document = await kubectlOutput(['get', '--raw', '/openapi/v3/apis/apps/v1'])

    expect(types).toEqual(reducedTypes(JSON.parse(document)))
  })

  // A StatefulSet of such values is not read (400) where a type is wrong, and refused (422) where it is not.
  it.each([
    ['every field', usual],
    [
      'fractions for quantities, and words for ports',
      { ...usual, plain: { ...usual.plain, quantity: 0.5, intOrString: 'http' } },
    ],
    [
      'nulls in lists and maps',
      {
        ...usual,
        list: (entry: unknown) => [typeof entry === 'object' ? entry : null],
        map: () => ({ key: null }),
      },
    ],
  ])('let every value through that a StatefulSet can read: %s', async (_, sample) => {
    const template = everyFieldOfTemplate(sample)

    expect(await asResource(template)).toMatchObject({ message: '', status: 201 })
    expect((await asStatefulSet({ ...template, selector: {} })).status).toBe(422)
  })

  it('keep every field as it is, and add none', async () => {
    const template = everyFieldOfTemplate(usual)

    expect((await asResource(template)).spec['template']).toEqual(template)
  })

  it('take a field that is null for one that is not there, as a StatefulSet does', async () => {
    const nothing = (type: string) => Object.fromEntries(Object.keys(types[type] ?? {}).map((f) => [f, null]))
    const container = { ...nothing('Container'), name: 'a', image: 'a' }
    const pod = { ...nothing('PodSpec'), containers: [container] }
    const labels = { app: 'a' }
    const metadata = { ...nothing('ObjectMeta'), labels }
    const template = { ...nothing('StatefulSetSpec'), template: { metadata, spec: pod } }

    expect((await asResource(template)).spec['template']).toEqual({
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } },
    })
    expect((await asStatefulSet({ ...template, selector: { matchLabels: labels } })).status).toBe(201)
  })
})

const container = { name: 'a', image: 'a' }

/** A template that the API server takes as it is, with these fields in the pod's spec. */
function templateOf(pod: Fields): Fields {
  return { template: { metadata: { labels: { app: 'a' } }, spec: { containers: [container], ...pod } } }
}

const selector = { matchLabels: { app: 'a' } }
const twice = <T>(entry: T): readonly T[] => [entry, entry]

/** The stable set, as the operator would create it for this template, tried out on the API server. */
async function asStableSet(template: Fields) {
  const { metadata, spec } = await space.dryRun({ replicas: 2, template })
  const resource = { metadata: { ...metadata, name: 'x' }, spec } as CanaryStatefulSet
  const record = { accepted: 'abc', proven: false, id: 0 }
  const rendered = renderPodTemplate(resource, 'abc')
  return dryRun(statefulSets, renderStableSet(resource, { template: rendered, replicas: 2, record }).spec)
}

describe('what the CRD lets through', () => {
  const written = {
    hostname: 'a',
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['10.0.0.1'], options: [{ name: 'ndots', value: '1' }] },
    hostAliases: [{ ip: '127.0.0.1', hostnames: ['a', 'b'] }],
    tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
    securityContext: { runAsUser: 1, fsGroup: 2, sysctls: [{ name: 'a', value: 'b' }] },
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaces: ['a'] }],
      },
    },
    initContainers: [{ name: 'first', image: 'a', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'a',
        image: 'a',
        env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
        resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } },
        readinessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, periodSeconds: 1 },
        livenessProbe: { tcpSocket: { port: 80 } },
        lifecycle: { preStop: { exec: { command: ['true'] } } },
      },
    ],
    volumes: [
      { name: 'v', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'p', projected: { sources: [{ configMap: { name: 'c', optional: true } }] } },
    ],
  }

  it('is in the stable set as it was written', async () => {
    const { message, spec } = await asStableSet({ template: { spec: written } })

    expect(message).toBe('')
    expect(spec['template']).toMatchObject({ spec: written })
  })

  it('is in the stable set although neither we nor this Kubernetes know it: the set is refused for it', async () => {
    const { message } = await asStableSet({
      newer: 1,
      template: {
        newer: 1,
        spec: {
          newer: 1,
          containers: [{ ...container, newer: 1, ports: [{ containerPort: 80, newer: 1 }] }],
          affinity: { nodeAffinity: { newer: 1 } },
        },
      },
      volumeClaimTemplates: [{ newer: 1, metadata: { name: 'data', newer: 1 }, spec: { newer: 1 } }],
    })

    for (const where of [
      'spec',
      'spec.template',
      'spec.template.spec',
      'spec.template.spec.containers[0]',
      'spec.template.spec.containers[0].ports[0]',
      'spec.template.spec.affinity.nodeAffinity',
      'spec.volumeClaimTemplates[0]',
      'spec.volumeClaimTemplates[0].metadata',
      'spec.volumeClaimTemplates[0].spec',
    ])
      expect(message).toContain(`unknown field "${where}.newer"`)
  })
})

describe('a key that is there twice', () => {
  const block = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]
  const resourceClaims = [{ name: 'c', resourceClaimName: 'c' }]
  const spread = { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 }
  const refused: readonly (readonly [list: string, pod: Fields])[] = [
    [
      'Container.volumeDevices',
      {
        containers: [{ ...container, volumeDevices: twice({ name: 'v', devicePath: '/dev/a' }) }],
        volumes: block,
      },
    ],
    [
      'Container.volumeMounts',
      {
        containers: [{ ...container, volumeMounts: twice({ name: 'v', mountPath: '/a' }) }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    ],
    ['PodSpec.containers', { containers: twice(container) }],
    ['PodSpec.initContainers', { initContainers: twice({ ...container, name: 'b' }) }],
    ['PodSpec.resourceClaims', { resourceClaims: [...resourceClaims, ...resourceClaims] }],
    ['PodSpec.schedulingGates', { schedulingGates: twice({ name: 'example.com/a' }) }],
    ['PodSpec.topologySpreadConstraints', { topologySpreadConstraints: twice(spread) }],
    ['PodSpec.volumes', { volumes: twice({ name: 'v', emptyDir: {} }) }],
    [
      'ResourceRequirements.claims',
      { containers: [{ ...container, resources: { claims: twice({ name: 'c' }) } }], resourceClaims },
    ],
  ]

  it('is looked at in all lists that the CRD reads by keys', () => {
    expect(refused.map(([list]) => list)).toEqual([...uniqueByKeys])
  })

  it.each(refused)('is refused in %s, also of a StatefulSet', async (_, pod) => {
    expect((await asResource(templateOf(pod))).message).toMatch(/spec\.template\S+: Duplicate value/)
    expect((await asStatefulSet({ ...templateOf(pod), selector })).message).toMatch(
      /Duplicate value|must be unique/,
    )
  })

  it.each([
    ['env', { containers: [{ ...container, env: twice({ name: 'A', value: 'b' }) }] }],
    ['ports', { containers: [{ ...container, ports: twice({ containerPort: 80 }) }] }],
    ['imagePullSecrets', { imagePullSecrets: twice({ name: 'a' }) }],
    ['hostAliases', { hostAliases: twice({ ip: '127.0.0.1', hostnames: ['a'] }) }],
  ])('is let through in %s, as of a StatefulSet', async (_, pod) => {
    expect(await asResource(templateOf(pod))).toMatchObject({ message: '', status: 201 })
    expect(await asStatefulSet({ ...templateOf(pod), selector })).toMatchObject({ message: '', status: 201 })
  })
})

describe('a wrong type is refused, with the name of the field', () => {
  it.each([
    ['containers[0].ports[0].containerPort', 'integer', { ports: [{ containerPort: '6379' }] }],
    ['containers[0].env[0].value', 'string', { env: [{ name: 'A', value: 1 }] }],
    ['containers[0].tty', 'boolean', { tty: 'yes' }],
    ['containers[0].args', 'array', { args: '--appendonly' }],
    ['containers[0].livenessProbe', 'object', { livenessProbe: 'none' }],
    [
      'containers[0].livenessProbe.httpGet.port',
      'integer,string',
      { livenessProbe: { httpGet: { port: true } } },
    ],
    ['containers[0].resources.limits', 'object', { resources: { limits: '1Gi' } }],
  ])('%s is %s', async (field, type, fields) => {
    const { message } = await asResource(templateOf({ containers: [{ ...container, ...fields }] }))

    expect(message).toContain(`spec.template.template.spec.${field} in body must be of type ${type}: `)
  })
})

describe('kubectl explain', () => {
  it('knows the fields of a container', async () => {
    const words = await kubectlOutput(['explain', 'csts.spec.template.template.spec.containers'])

    for (const field of ['env\t<[]Object>', 'image\t<string>', 'readinessProbe\t<Object>', 'tty\t<boolean>'])
      expect(words).toContain(field)
  })
})
