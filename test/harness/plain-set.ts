/**
 * Plain StatefulSets and pods, of which the operator knows nothing: for tests of what the platform does by itself.
 */
import type { Manifest } from '../../src/kube/object.ts'
import { claims, pods, services, statefulSets } from './objects.ts'
import type { Space } from './space.ts'

export interface PlainSet {
  readonly name: string
  readonly image: string
  readonly replicas: number
}

const redisPort = { containerPort: 6379, name: 'redis' }
const readinessProbe = { tcpSocket: { port: 6379 }, periodSeconds: 1 }
const storage = (size: string) => ({
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: size } },
})

/** Creates a StatefulSet of Redis with a claim for each pod, its headless Service and one with a ClusterIP. */
export async function createPlainSet(space: Space, { name, image, replicas }: PlainSet): Promise<void> {
  const { rest, namespace } = space
  const labels = { app: name }
  const ports = [{ port: 6379, name: 'redis' }]
  const service = (suffix: string, spec: object) => ({
    metadata: { name: `${name}-${suffix}`, namespace },
    spec: { selector: labels, ports, ...spec },
  })
  await rest.create(services, service('headless', { clusterIP: 'None' }))
  await rest.create(services, service('front', {}))
  const container = {
    name: 'redis',
    image,
    ports: [redisPort],
    readinessProbe,
    // A container's last words stay in the pod's status, also when the container itself was collected.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }
  await rest.create(statefulSets, {
    metadata: { name, namespace },
    spec: {
      replicas,
      serviceName: `${name}-headless`,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 10, containers: [container] },
      },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: storage('1Gi') }],
    },
  } as Manifest)
}

/** A claim made from another claim or from a snapshot. */
export async function createClaimFrom(
  space: Space,
  name: string,
  source: { readonly kind: string; readonly name: string; readonly apiGroup?: string },
): Promise<void> {
  const { rest, namespace } = space
  const spec = { ...storage('1Gi'), dataSource: source }
  await rest.create(claims, { metadata: { name, namespace }, spec } as Manifest)
}

/** A single Redis on a claim. */
export async function createRedisOn(
  space: Space,
  claim: string,
  image: string,
  args: readonly string[] = [],
): Promise<void> {
  await createPod(space, `on-${claim}`, {
    terminationGracePeriodSeconds: 5,
    containers: [
      { name: 'redis', image, args, readinessProbe, volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
  })
}

export async function createPod(space: Space, name: string, spec: object): Promise<void> {
  const { rest, namespace } = space
  await rest.create(pods, { metadata: { name, namespace }, spec } as Manifest)
}
