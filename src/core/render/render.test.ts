/** What is sent for the walk-through's manifest, as files to be read in a review, and the cases that differ from it. */
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { revisionOf, withImage } from '../revision.ts'
import { renderCanaryPod } from './canary-pod.ts'
import { renderCanarySet, renderCanaryTemplate } from './canary-set.ts'
import { renderRevision } from './controller-revision.ts'
import { renderPodTemplate } from './pod-template.ts'
import { renderService } from './service.ts'
import { renderSnapshot } from './snapshot.ts'
import { minReadySecondsOf, renderStableSet } from './stable-set.ts'
import { walkThrough } from './testing/walk-through.ts'

const resource = walkThrough()
const revision = revisionOf(withImage(resource.spec))
const template = renderPodTemplate(resource, revision)
const record = { accepted: revision, proven: false, id: 0 }

describe('the walk-through', () => {
  it.each([
    ['stable-set', renderStableSet(resource, { template, replicas: 3, record })],
    ['canary-set', renderCanarySet(resource, { template, claimOrdinal: 2, attempt: 3 })],
    ['canary-set-of-two', renderCanarySet(resource, { template, claimOrdinal: undefined, attempt: 3 })],
    ['canary-pod', renderCanaryPod(resource, { template, claimOrdinal: 2 })],
    ['service', renderService(resource, 'redis-headless')],
    ['controller-revision', renderRevision(resource, revision, 1)],
  ])('renders %s', async (name, object) => {
    await expect(stringify(object)).toMatchFileSnapshot(`testdata/${name}.yaml`)
  })
})

describe('the stable set', () => {
  const full = walkThrough(
    {},
    {
      replicas: 9,
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
      ordinals: { start: 5 },
      revisionHistoryLimit: 3,
      minReadySeconds: 0,
      newer: { field: 1 },
    },
  )
  const { spec } = renderStableSet(full, { template, replicas: 2, record })

  it('takes over what is the user’s, also fields that nobody here knows', () => {
    expect(spec).toMatchObject({
      ordinals: { start: 5 },
      revisionHistoryLimit: 3,
      minReadySeconds: 0,
      podManagementPolicy: 'Parallel',
      serviceName: 'redis-headless',
      newer: { field: 1 },
    })
  })

  it('overrules what is the operator’s', () => {
    expect(spec).toMatchObject({
      replicas: 2,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
  })
})

describe('minReadySeconds', () => {
  const probed = {
    template: {
      spec: {
        containers: [{ name: 'sidecar' }, { name: 'redis', readinessProbe: { tcpSocket: { port: 6379 } } }],
      },
    },
  }
  it.each([
    ['5 without a probe', {}, 5],
    ['0 with a readiness probe on any container', probed, 0],
    ['what the user says, without a probe', { minReadySeconds: 1 }, 1],
    ['what the user says, with one', { ...probed, minReadySeconds: 7 }, 7],
  ])('is %s', (_, changes, seconds) => {
    expect(minReadySecondsOf(walkThrough({}, changes).spec)).toBe(seconds)
  })
})

describe('pod labels', () => {
  it('keep the user’s, also app and controller, but not ours', () => {
    const labels = { app: 'cache', tier: 'backend' }
    const labelled = walkThrough(
      {},
      { template: { ...resource.spec.template.template, metadata: { labels } } },
    )
    expect(renderPodTemplate(labelled, 'abc').metadata.labels).toEqual({
      app: 'cache',
      tier: 'backend',
      controller: 'redis',
      'canary.example.com/name': 'redis',
      'canary.example.com/role': 'stable',
      'canary.example.com/revision': 'abc',
    })
  })
})

describe('the canary', () => {
  const selector = { 'canary.example.com/name': 'redis', 'canary.example.com/role': 'stable' }
  const guard = {
    labelSelector: { matchLabels: { ...selector, 'apps.kubernetes.io/pod-index': '2' } },
    topologyKey: 'kubernetes.io/os',
  }

  it('adds the scheduler guard to the affinity of the user', () => {
    const spread = { topologyKey: 'zone', labelSelector: {} }
    const nodeAffinity = { required: 1 }
    const podAntiAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: [spread],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }],
    }
    const stored = { ...template, spec: { ...template.spec, affinity: { nodeAffinity, podAntiAffinity } } }
    const { spec } = renderCanaryTemplate(resource, { template: stored, claimOrdinal: 2 })
    expect(spec.affinity).toEqual({
      nodeAffinity,
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [spread, guard],
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }],
      },
    })
  })

  it('guards the pod of its own ordinal where there are several canaries', () => {
    const { spec } = renderCanaryTemplate(resource, { template, claimOrdinal: undefined })
    expect(spec.affinity).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: selector },
            matchLabelKeys: ['apps.kubernetes.io/pod-index'],
            topologyKey: 'kubernetes.io/os',
          },
        ],
      },
    })
  })

  it('mounts the displaced claims beside the user’s volumes, in place of one of the same name', () => {
    const volumes = [
      { name: 'config', configMap: { name: 'redis' } },
      { name: 'data', emptyDir: {} },
    ]
    const stored = { ...template, spec: { ...template.spec, volumes } }
    const { spec } = renderCanaryTemplate(resource, { template: stored, claimOrdinal: 2 })
    expect(spec.volumes).toEqual([
      { name: 'config', configMap: { name: 'redis' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable-2' } },
    ])
  })

  it('has no volumes where there are no claim templates', () => {
    const bare = walkThrough({}, { volumeClaimTemplates: [] })
    const { spec } = renderCanaryTemplate(bare, { template, claimOrdinal: 2 })
    expect(spec.volumes).toBeUndefined()
  })
})

describe('a VolumeSnapshot', () => {
  it('is nobody’s: a deletion in the foreground would take it before anything is restored from it', () => {
    const claim = { name: 'data-redis-stable-2', uid: 'claim-uid' }
    const order = { snapshot: 'snapshot', claim, className: 'csi', attempt: 3 }
    expect(renderSnapshot(resource, order).metadata).not.toHaveProperty('ownerReferences')
  })
})

describe('the Service', () => {
  it('is nobody’s where the replicas outlive the resource', () => {
    const { metadata } = renderService(walkThrough({ deletionPolicy: 'Orphan' }), 'x')
    expect(metadata).not.toHaveProperty('ownerReferences')
  })

  function portsOf(...containers: readonly { readonly name: string; readonly ports?: readonly object[] }[]) {
    const spec = { containers: containers.map(({ name, ports }) => ({ name, ports })) }
    return renderService(walkThrough({}, { template: { spec } }), 'x').spec.ports
  }

  it.each([
    ['no ports', [{ name: 'a' }], []],
    [
      'a port without a name',
      [{ name: 'a', ports: [{ containerPort: 80 }] }],
      [{ name: 'tcp-80', port: 80, protocol: 'TCP' }],
    ],
    [
      'one port of two containers',
      [
        { name: 'a', ports: [{ containerPort: 80, name: 'web' }] },
        { name: 'b', ports: [{ containerPort: 80, name: 'other' }] },
      ],
      [{ name: 'web', port: 80, protocol: 'TCP' }],
    ],
    [
      'one name for two ports, and one port of two protocols',
      [
        { name: 'a', ports: [{ containerPort: 80, name: 'web' }] },
        {
          name: 'b',
          ports: [
            { containerPort: 81, name: 'web' },
            { containerPort: 80, protocol: 'UDP' },
          ],
        },
      ],
      [
        { name: 'web', port: 80, protocol: 'TCP' },
        { name: 'tcp-81', port: 81, protocol: 'TCP' },
        { name: 'udp-80', port: 80, protocol: 'UDP' },
      ],
    ],
  ])('copes with %s', (_, containers, ports) => {
    expect(portsOf(...containers)).toEqual(ports)
  })
})
