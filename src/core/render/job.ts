/**
 * A Job as we make one from a template of the user's: suspended, unless it only looks, owned by the resource, and never cleaned
 * away by its own clock, since its end has to be read. Its containers are told what they are for; where it gets claims, the
 * scheduler keeps it from every pod that has them.
 */
import { annotations, labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import type { HandedClaim, JobOrder, ReplicaOrder } from '../jobs/job-order.ts'
import { podIndexLabel } from './canary-set.ts'
import { type Fields, fieldsOf, listOf } from './fields.ts'
import { stableSetName } from './names.ts'
import { ownerOf } from './owner.ts'
import type { Rendered, RenderedMeta } from './rendered.ts'
import { setSelector } from './stable-set.ts'

export interface JobContent {
  readonly order: JobOrder
  readonly template: Fields
  readonly deadlineSeconds: number
}

export interface RenderedJob extends Rendered {
  readonly spec: Fields & { readonly template: JobPodTemplate }
}

interface JobPodTemplate {
  readonly metadata: Fields
  readonly spec: Fields
}

export interface RenderedJobPod extends Rendered {
  readonly spec: Fields
}

/** As the spec has it. */
export function jobContent({ spec }: CanaryStatefulSet, order: JobOrder): JobContent {
  const written = {
    migrate: spec.migration,
    check: spec.rollback.check,
    backup: spec.volumes.backup,
    restore: spec.volumes.restore,
  }
  const { jobTemplate = {}, deadlineSeconds = 0 } = written[order.purpose] ?? {}
  return { order, template: jobTemplate, deadlineSeconds }
}

export function renderJob(
  resource: CanaryStatefulSet,
  { order, template, deadlineSeconds }: JobContent,
): RenderedJob {
  const { name, namespace, uid, generation, deletionTimestamp } = resource.metadata
  const written = fieldsOf(template['metadata'])
  const { ttlSecondsAfterFinished: _, suspend: __, ...spec } = fieldsOf(template['spec'])
  const { activeDeadlineSeconds } = spec
  const isSooner = typeof activeDeadlineSeconds === 'number' && activeDeadlineSeconds < deadlineSeconds
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: order.job,
      namespace,
      labels: {
        ...(fieldsOf(written['labels']) as RenderedMeta['labels']),
        [labels.name]: name,
        [labels.uid]: uid,
        [labels.revision]: order.to,
        ...(order.replica && { [labels.purpose]: order.purpose }),
      },
      annotations: {
        ...(fieldsOf(written['annotations']) as RenderedMeta['labels']),
        [annotations.attempt]: `${order.attempt}`,
        [annotations.generation]: `${generation}`,
        ...(order.replica && replicaAnnotations(order.replica)),
      },
      // Where the resource goes already, a foreground deletion would take it away before its end.
      ...(deletionTimestamp === undefined && { ownerReferences: [ownerOf(resource)] }),
    },
    spec: {
      ...spec,
      ...(order.purpose !== 'check' && { suspend: true }),
      // One pod at a time, and the next one only when the one before has ended: they have the claims.
      ...(order.mounts && { parallelism: 1, podReplacementPolicy: 'Failed' }),
      activeDeadlineSeconds: isSooner ? activeDeadlineSeconds : deadlineSeconds,
      template: renderPod(resource, order, fieldsOf(spec['template'])),
    },
  }
}

function replicaAnnotations({ claimUids, pod }: ReplicaOrder): Readonly<Record<string, string>> {
  return {
    [annotations.claims]: JSON.stringify(claimUids),
    ...(pod !== undefined && { [annotations.podUid]: pod }),
  }
}

/** One pod of it, for dry runs only: it finds what a Job's dry run cannot. The name is left to the server. */
export function renderJobPod({ metadata, spec }: RenderedJob): RenderedJobPod {
  const pod = spec.template
  const generateName = `${metadata.name}-`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...(pod.metadata as RenderedMeta & Fields), generateName, namespace: metadata.namespace },
    spec: pod.spec,
  }
}

function renderPod(resource: CanaryStatefulSet, order: JobOrder, template: Fields): JobPodTemplate {
  const metadata = fieldsOf(template['metadata'])
  const spec = fieldsOf(template['spec'])
  const env = environment(resource, order)
  return {
    // By this label its pods are listed live with those of the sets; without the role none of them takes them for its own.
    metadata: {
      ...metadata,
      labels: { ...fieldsOf(metadata['labels']), [labels.name]: resource.metadata.name },
    },
    spec: {
      restartPolicy: 'Never',
      ...spec,
      ...containersWith(env, spec, 'initContainers'),
      ...containersWith(env, spec, 'containers'),
      ...(order.mounts && mounting(resource, order, spec)),
    },
  }
}

type Variable = { readonly name: string } & ({ readonly value: string } | { readonly valueFrom: Fields })

/** The uid of the Job that a pod is of, as Kubernetes labels it: no two Jobs have one. */
const jobUid = { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } }

function environment({ metadata }: CanaryStatefulSet, order: JobOrder): readonly Variable[] {
  const values = {
    CANARY_RESOURCE: metadata.name,
    CANARY_NAMESPACE: metadata.namespace,
    CANARY_STABLE_SET: stableSetName(metadata.name),
    CANARY_FROM_REVISION: order.from,
    CANARY_TO_REVISION: order.to,
    CANARY_FROM_IMAGE: order.fromImage,
    CANARY_TO_IMAGE: order.toImage,
    CANARY_CLAIMS: order.claims.map(({ name }) => name).join(','),
    CANARY_ATTEMPT: `${order.attempt}`,
  }
  const variables = Object.entries(values).map(([name, value]) => ({ name, value }))
  return order.replica === undefined ? variables : [...variables, ...ofReplica(order.replica)]
}

function ofReplica({ ordinal, backup }: ReplicaOrder): readonly Variable[] {
  const identifier = backup === undefined ? { valueFrom: jobUid } : { value: backup }
  return [
    { name: 'CANARY_ORDINAL', value: `${ordinal}` },
    { name: 'CANARY_BACKUP', ...identifier },
  ]
}

/** Ours first, so that the user's own may be made of them. What a container logs last is told of its failure. */
function containersWith(env: readonly Variable[], spec: Fields, field: string): Fields {
  if (spec[field] === undefined) return {}
  const containers = listOf(spec[field]).map((container) => {
    const { env: own, ...rest } = fieldsOf(container)
    return { terminationMessagePolicy: 'FallbackToLogsOnError', ...rest, env: [...env, ...listOf(own)] }
  })
  return { [field]: containers }
}

function mounting(resource: CanaryStatefulSet, order: JobOrder, spec: Fields): Fields {
  const { claims } = order
  const names = claims.map((claim) => volumeName(claims, claim))
  const others = listOf(spec['volumes']).filter(
    (volume) => !names.some((name) => name === fieldsOf(volume)['name']),
  )
  const handed = claims.map((claim) => ({
    name: volumeName(claims, claim),
    persistentVolumeClaim: {
      claimName: claim.name,
      ...(order.purpose === 'backup' && { readOnly: true }),
    },
  }))
  return { volumes: [...others, ...handed], affinity: withGuard(resource, order, spec['affinity']) }
}

/** That of its claim template, with the ordinal where there are several. */
function volumeName(claims: readonly HandedClaim[], { template, ordinal }: HandedClaim): string {
  const isOne = claims.every((claim) => claim.ordinal === ordinal)
  return isOne ? template : `${template}-${ordinal}`
}

/**
 * As the canary's (canary-set.ts): no pod of it beside one whose claim it has. For a further step replicas are backed up while canaries
 * run on claims of others.
 */
function withGuard(
  { metadata, spec }: CanaryStatefulSet,
  { purpose, claims }: JobOrder,
  affinity: unknown,
): Fields {
  const podAntiAffinity = fieldsOf(fieldsOf(affinity)['podAntiAffinity'])
  const required = listOf(podAntiAffinity['requiredDuringSchedulingIgnoredDuringExecution'])
  const topologyKey = 'kubernetes.io/os'
  const ordinals = [...new Set(claims.map(({ ordinal }) => `${ordinal}`))]
  const matchExpressions = [{ key: podIndexLabel, operator: 'In', values: ordinals }]
  const isBesideCanaries = purpose === 'backup' && spec.strategy.ordinals === 'Preserve'
  const guards = [
    { labelSelector: { matchLabels: setSelector(metadata.name, 'stable'), matchExpressions }, topologyKey },
    {
      labelSelector: {
        matchLabels: setSelector(metadata.name, 'canary'),
        ...(isBesideCanaries && { matchExpressions }),
      },
      topologyKey,
    },
  ]
  return {
    ...fieldsOf(affinity),
    podAntiAffinity: {
      ...podAntiAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: [...required, ...guards],
    },
  }
}
