/**
 * The walk-through's manifest, read from examples/ and changed as a test needs it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { CanaryStatefulSetSpecInput } from '../../src/api/v1alpha1/types.ts'
import { repository } from './cluster.ts'
import type { CanaryStatefulSet } from './objects.ts'

export interface Changes {
  readonly namespace: string
  readonly name?: string
  readonly image?: string
  readonly replicas?: number
  readonly canaryReplicas?: number
  /**
   * Add a readiness probe. Without one, as in the walk-through, the operator has a pod be ready for 5 s before it
   * counts; a test that is not about this need not wait for it.
   */
  readonly probe?: boolean
  /**
   * As in `spec.volumes`; `{}` is what the API makes of nothing. Where left out no snapshots are taken: most tests are about
   * something else.
   */
  readonly volumes?: CanaryStatefulSetSpecInput['volumes']
  /** As in `spec.migration`. */
  readonly migration?: CanaryStatefulSetSpecInput['migration']
  /** As in `spec.rollback`. */
  readonly rollback?: CanaryStatefulSetSpecInput['rollback']
  /** Flags for Redis. */
  readonly args?: readonly string[]
  /** Goes over the spec of each claim template. */
  readonly claim?: object
  /** A second Redis in each pod, on `walPort` and with a claim `wal` of its own. */
  readonly wal?: boolean
}

export const walPort = 6380

/** To the letter, where only the namespace and empty `volumes` are given. */
export function walkthrough(changes: Changes): CanaryStatefulSet {
  const {
    namespace,
    name,
    image,
    replicas,
    canaryReplicas,
    migration,
    rollback,
    args,
    probe = false,
  } = changes
  const { volumes = { snapshot: { policy: 'None' } } } = changes
  const file = parse(
    readFileSync(join(repository, 'examples', 'redis-canary.yaml'), 'utf8'),
  ) as CanaryStatefulSet
  const manifest = { ...file, metadata: { ...file.metadata, namespace, ...(name !== undefined && { name }) } }
  const spec = {
    ...file.spec,
    ...(image !== undefined && { image }),
    ...(replicas !== undefined && { replicas }),
    ...(canaryReplicas !== undefined && { canaryReplicas }),
    volumes,
    ...(migration !== undefined && { migration }),
    ...(rollback !== undefined && { rollback }),
  }
  const container = { ...(probe && { readinessProbe }), ...(args !== undefined && { args }) }
  const changed = withContainer(spec as CanaryStatefulSet['spec'], container)
  const whole = changes.wal === true ? withWal(changed) : changed
  return { ...manifest, spec: changes.claim === undefined ? whole : withClaim(whole, changes.claim) }
}

const readinessProbe = { tcpSocket: { port: 6379 }, periodSeconds: 1 }

function withContainer(spec: CanaryStatefulSet['spec'], more: object): CanaryStatefulSet['spec'] {
  const pod = spec.template.template
  const containers = (pod?.spec?.containers ?? []).map((container) => ({ ...container, ...more }))
  const template = { ...pod, spec: { ...pod?.spec, containers } }
  return { ...spec, template: { ...spec.template, template } }
}

/** The first container once more, of the image that it began with. */
function withWal(spec: CanaryStatefulSet['spec']): CanaryStatefulSet['spec'] {
  const { template: pod, volumeClaimTemplates: claims = [] } = spec.template
  const containers = pod?.spec?.containers ?? []
  const [redis] = containers
  const [data] = claims
  const wal = {
    ...redis,
    name: 'wal',
    image: spec.image,
    args: ['--port', String(walPort)],
    ports: [{ containerPort: walPort, name: 'wal' }],
    readinessProbe: { ...readinessProbe, tcpSocket: { port: walPort } },
    volumeMounts: [{ name: 'wal', mountPath: '/data' }],
  }
  const template = { ...pod, spec: { ...pod?.spec, containers: [...containers, wal] } }
  const volumeClaimTemplates = [...claims, { ...data, metadata: { name: 'wal' } }]
  return {
    ...spec,
    template: { ...spec.template, template, volumeClaimTemplates },
  } as CanaryStatefulSet['spec']
}

function withClaim(spec: CanaryStatefulSet['spec'], claim: object): CanaryStatefulSet['spec'] {
  const volumeClaimTemplates = spec.template.volumeClaimTemplates?.map((template) => ({
    ...template,
    spec: { ...template.spec, ...claim },
  }))
  return { ...spec, template: { ...spec.template, volumeClaimTemplates } } as CanaryStatefulSet['spec']
}
