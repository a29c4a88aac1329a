/**
 * The schema of `spec.template`: Kubernetes' own StatefulSetSpec, of which only the fields stand here that the operator
 * or a rule reads. In the CRD the others have the types that Kubernetes gives them (tools/kubernetes-fields.json); a field
 * that neither names is kept as it is, since it may be newer. The API server judges them all, by dry run of the rendered
 * sets, so nothing is refused here that a StatefulSet may have, but what a rule names. A bound stands only where status
 * repeats the value, or where the API server would else find a CEL rule too dear.
 */
import { z } from 'zod'
import { ownPrefix } from './constants.ts'
import { celRules } from './cel-rules.ts'

const int32 = (minimum: number) => z.int().min(minimum).max(2_147_483_647).meta({ format: 'int32' })
const name = (maxLength: number) => z.string().min(1).max(maxLength)

export const containerSchema = z
  .looseObject({
    name: name(63).meta({ description: 'Name of the container; what `spec.container` refers to.' }),
    image: z.exactOptional(
      z
        .string()
        .max(1024)
        .meta({ description: 'Image; `spec.image` wins over it in the container that it is for.' }),
    ),
    readinessProbe: z.exactOptional(
      z.looseObject({}).meta({
        description:
          'How Kubernetes tells that the container is ready. Give one: without it a process that merely starts counts as ready.',
      }),
    ),
  })
  .meta({ description: 'A container, as in a Pod.' })

export const volumeSchema = z
  .looseObject({
    name: name(63).meta({ description: 'Name of the volume.' }),
    persistentVolumeClaim: z.exactOptional(
      z
        .looseObject({
          claimName: name(253).meta({
            description: 'A claim that exists already and that all replicas share.',
            ...celRules([
              {
                rule: "!self.endsWith('.ordinal')",
                message:
                  'a claim name must not end in .ordinal: the operator writes such names itself and completes them per pod',
              },
            ]),
          }),
        })
        .meta({ description: 'A claim that exists already.' }),
    ),
  })
  .meta({ description: 'A volume, as in a Pod.' })

export const podSpecSchema = z
  .looseObject({
    containers: z.array(containerSchema).min(1).meta({ description: 'Containers.' }),
    volumes: z.exactOptional(
      z.array(volumeSchema).max(1024).meta({ description: 'Volumes besides those of the claim templates.' }),
    ),
    terminationGracePeriodSeconds: z.exactOptional(
      z.int().meta({
        format: 'int64',
        description: 'Seconds that a pod gets to shut down; at least 1.',
        ...celRules([
          {
            rule: 'self > 0',
            message:
              'terminationGracePeriodSeconds must be 1 or more: with 0 a pod is forgotten while it may still write to the claim that its successor mounts',
          },
        ]),
      }),
    ),
    affinity: z.exactOptional(
      z.looseObject({}).meta({ description: 'Scheduling rules; the operator adds its own to the canary.' }),
    ),
  })
  .meta({ description: 'A PodSpec.' })

export const podTemplateSchema = z
  .looseObject({
    metadata: z.exactOptional(
      z
        .looseObject({
          labels: z.exactOptional(
            z.record(z.string(), z.string()).meta({
              description:
                'Labels of the pods. `app` and `controller` are added, with the name of the resource, where they are missing.',
              ...celRules([
                {
                  rule: `self.all(key, !key.startsWith('${ownPrefix}'))`,
                  message: `labels that begin with ${ownPrefix} are the operator's: leave them out`,
                },
              ]),
            }),
          ),
          annotations: z.exactOptional(
            z.record(z.string(), z.string()).meta({
              description: 'Annotations of the pods.',
              ...celRules([
                {
                  rule: `self.all(key, !key.startsWith('${ownPrefix}'))`,
                  message: `annotations that begin with ${ownPrefix} are the operator's: leave them out of the pod template`,
                },
              ]),
            }),
          ),
        })
        .meta({ description: 'Labels and annotations of the pods.' }),
    ),
    spec: podSpecSchema,
  })
  .meta({ description: 'The pod template. A change of it, or of `spec.image`, starts a rollout.' })

export const claimTemplateSchema = z
  .looseObject({
    metadata: z
      .looseObject({
        name: name(63).meta({
          description: "Name of the volume; also the first part of the claims' names.",
          ...celRules([
            {
              rule: "!self.endsWith('.ordinal')",
              message: "a claim template's name must not end in .ordinal: that suffix is the operator's",
            },
          ]),
        }),
      })
      .meta({ description: 'Name, labels and annotations of the claims.' }),
    spec: z.looseObject({}).meta({ description: 'A PersistentVolumeClaimSpec.' }),
  })
  .meta({ description: 'A claim that every replica gets for itself, and keeps.' })

/** Without orValue(), which the API server prices as if the value had no bound. */
const unchanged = (field: string) =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`

/** A transition rule: `rule` compares `self` with `oldSelf`, and no CanaryStatefulSet may ever change the field. */
const immutable = (field: string, rule: string) => ({
  rule,
  message: `spec.template.${field} cannot change after creation: put the old value back, or create a resource of another name`,
})

export const statefulSetSpecSchema = z
  .looseObject({
    serviceName: z.exactOptional(
      z.string().max(63).meta({
        description:
          'The headless Service that names the pods; made by the operator where it does not exist. Cannot change.',
      }),
    ),
    podManagementPolicy: z.exactOptional(
      z
        .enum(['OrderedReady', 'Parallel'])
        .meta({ description: 'How pods are started and stopped; OrderedReady if left out. Cannot change.' }),
    ),
    minReadySeconds: z.exactOptional(
      int32(0).meta({
        description:
          'Seconds that a pod must stay ready before it counts; 5 where neither this nor a readiness probe is given.',
      }),
    ),
    revisionHistoryLimit: z.exactOptional(
      int32(0).meta({
        description:
          'How many stored revisions are kept besides the newest and those that run, are wanted or were rejected; 10 if left out.',
      }),
    ),
    ordinals: z.exactOptional(
      z
        .looseObject({
          start: z.exactOptional(int32(0).meta({ description: 'The first ordinal; 0 if left out.' })),
        })
        .meta({ description: 'How replicas are numbered. Cannot change.' }),
    ),
    template: podTemplateSchema,
    volumeClaimTemplates: z.exactOptional(
      z
        .array(claimTemplateSchema)
        .max(64)
        .meta({ description: 'Claims that every replica gets for itself. Cannot change.' }),
    ),
    selector: z.exactOptional(
      z.looseObject({}).meta({ description: 'Refused: the operator makes the selectors.' }),
    ),
    replicas: z.exactOptional(int32(0).meta({ description: 'Overruled by `spec.replicas`.' })),
    updateStrategy: z.exactOptional(
      z
        .looseObject({})
        .meta({ description: 'Overruled: the operator moves the partition of a RollingUpdate itself.' }),
    ),
    persistentVolumeClaimRetentionPolicy: z.exactOptional(
      z.looseObject({}).meta({ description: 'Overruled: claims are always retained.' }),
    ),
  })
  .meta({
    description:
      'A StatefulSetSpec, without its selector. Fields that are not named here are passed on as they are.',
    ...celRules([
      { rule: '!has(self.selector)', message: 'leave out spec.template.selector: the operator makes it' },
      {
        rule: '!has(self.volumeClaimTemplates) || !has(self.template.spec.volumes) || self.template.spec.volumes.all(v, !self.volumeClaimTemplates.exists(t, t.metadata.name == v.name))',
        message:
          'spec.template.template.spec.volumes must not repeat the name of a claim template: the claim would silently take its place',
      },
      immutable('serviceName', unchanged('serviceName')),
      immutable(
        'podManagementPolicy',
        "(has(self.podManagementPolicy) ? self.podManagementPolicy : 'OrderedReady') == (has(oldSelf.podManagementPolicy) ? oldSelf.podManagementPolicy : 'OrderedReady')",
      ),
      immutable('ordinals.start', 'self.?ordinals.?start.orValue(0) == oldSelf.?ordinals.?start.orValue(0)'),
      immutable('volumeClaimTemplates', unchanged('volumeClaimTemplates')),
    ]),
  })
