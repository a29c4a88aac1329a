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
  /** As in `spec.volumes`. */
  readonly volumes?: CanaryStatefulSetSpecInput['volumes']
  /** As in `spec.migration`. */
  readonly migration?: CanaryStatefulSetSpecInput['migration']
  /** As in `spec.rollback`. */
  readonly rollback?: CanaryStatefulSetSpecInput['rollback']
  /** Flags for Redis. */
  readonly args?: readonly string[]
}

/** To the letter, where only the namespace is given. */
export function walkthrough(changes: Changes): CanaryStatefulSet {
  const {
    namespace,
    name,
    image,
    replicas,
    canaryReplicas,
    volumes,
    migration,
    rollback,
    args,
    probe = false,
  } = changes
  const file = parse(
    readFileSync(join(repository, 'examples', 'redis-canary.yaml'), 'utf8'),
  ) as CanaryStatefulSet
  const manifest = { ...file, metadata: { ...file.metadata, namespace, ...(name !== undefined && { name }) } }
  const spec = {
    ...file.spec,
    ...(image !== undefined && { image }),
    ...(replicas !== undefined && { replicas }),
    ...(canaryReplicas !== undefined && { canaryReplicas }),
    ...(volumes !== undefined && { volumes }),
    ...(migration !== undefined && { migration }),
    ...(rollback !== undefined && { rollback }),
  }
  const container = { ...(probe && { readinessProbe }), ...(args !== undefined && { args }) }
  return { ...manifest, spec: withContainer(spec as CanaryStatefulSet['spec'], container) }
}

const readinessProbe = { tcpSocket: { port: 6379 }, periodSeconds: 1 }

function withContainer(spec: CanaryStatefulSet['spec'], more: object): CanaryStatefulSet['spec'] {
  const pod = spec.template.template
  const containers = (pod?.spec?.containers ?? []).map((container) => ({ ...container, ...more }))
  const template = { ...pod, spec: { ...pod?.spec, containers } }
  return { ...spec, template: { ...spec.template, template } }
}
