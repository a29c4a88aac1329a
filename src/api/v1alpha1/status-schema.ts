/**
 * The status half of the schema: what the operator reports. Every field is optional, because status is a mirror: an
 * older operator may have left a field out, and deleting the whole of it loses only how long a missing canary was
 * waited for. Bounds are those of metav1.Condition where it has some.
 */
import { z } from 'zod'
import { phases } from './constants.ts'

const count = (description: string) =>
  z.int().min(0).max(2_147_483_647).meta({ format: 'int32', description })
const text = (maxLength: number, description: string) => z.string().max(maxLength).meta({ description })
const moment = (description: string) => z.string().max(64).meta({ format: 'date-time', description })

/** A metav1.Condition. */
export const conditionSchema = z
  .strictObject({
    type: text(316, 'Ready, Reconciling or Stalled.'),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether the condition holds.' }),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .meta({ description: 'Why, in one CamelCase word that stays the same from release to release.' }),
    message: text(32_768, 'Why, in one sentence, and what to do next.'),
    lastTransitionTime: moment('When `status` last changed.'),
    observedGeneration: z.exactOptional(
      z
        .int()
        .min(0)
        .meta({ format: 'int64', description: 'The generation of the spec that this was said about.' }),
    ),
  })
  .meta({ description: 'One condition, as in metav1.Condition.' })

/** What the rollout waits for, where it waits. */
const waitingSchema = z
  .strictObject({
    for: text(1024, 'What is awaited, in a few words.'),
    since: moment('Since when.'),
  })
  .meta({ description: 'What the operator waits for at the moment; left out when it waits for nothing.' })

const imagesSchema = z
  .strictObject({
    stable: z.exactOptional(text(1024, 'The image that the stable set runs.')),
    canary: z.exactOptional(
      text(1024, 'The image that the canary set runs; left out when there is no canary.'),
    ),
  })
  .meta({ description: 'Images of the container that `spec.image` is for.' })

const rollbackStatusSchema = z
  .strictObject({
    possible: z.boolean().meta({
      description:
        'Whether the version before would find its data as it was before the new one could write to it.',
    }),
    reason: text(1024, 'Why, in one CamelCase word.'),
    dataSince: z.exactOptional(
      moment('What was written since this moment is lost to the version before, but kept in the volumes.'),
    ),
    dataLossSeconds: z.exactOptional(
      count(
        'How much that is, once it grows no more: 0 while nothing was written, else when the rollback was decided.',
      ),
    ),
  })
  .meta({ description: 'What a rollback costs; left out when no rollout is under way.' })

const retainedVolumeSchema = z
  .strictObject({
    name: text(253, 'The PersistentVolume.'),
    claim: text(253, 'The claim that it was taken from.'),
    since: z.exactOptional(moment('Since when.')),
  })
  .meta({ description: 'A volume with what a version wrote that was rolled back.' })

export const statusSchema = z
  .strictObject({
    phase: z.exactOptional(z.enum(phases).meta({ description: 'Where the rollout stands, for people.' })),
    message: z.exactOptional(text(32_768, 'What is happening and what to do next, in one sentence.')),
    waiting: z.exactOptional(waitingSchema),
    observedGeneration: z.exactOptional(
      z
        .int()
        .min(0)
        .meta({ format: 'int64', description: 'The generation of the spec that this status describes.' }),
    ),
    targetRevision: z.exactOptional(
      text(
        63,
        'The revision that the spec asks for: ten hexadecimal digits, also the label canary.example.com/revision.',
      ),
    ),
    stableRevision: z.exactOptional(text(63, 'The controller-revision-hash of the stable set.')),
    canaryRevision: z.exactOptional(
      text(63, 'The controller-revision-hash of the canary set; left out when there is no canary.'),
    ),
    replicas: z.exactOptional(
      count('Pods of both sets, counted together so that an autoscaler does not misread the gap.'),
    ),
    stableReplicas: z.exactOptional(count('Pods of the stable set.')),
    canaryReplicas: z.exactOptional(count('Pods of the canary set.')),
    readyReplicas: z.exactOptional(count('Ready pods of both sets.')),
    selector: z.exactOptional(
      text(4096, 'The pods of both sets as a label selector, for the scale subresource.'),
    ),
    images: z.exactOptional(imagesSchema),
    rollback: z.exactOptional(rollbackStatusSchema),
    retainedVolumes: z.exactOptional(
      z.array(retainedVolumeSchema).max(1000).meta({
        description:
          'Volumes that restores took out of use. They are kept until a person lets them go, or for `spec.volumes.retained.ttlSeconds`.',
      }),
    ),
    conditions: z.exactOptional(
      z
        .array(conditionSchema)
        .max(16)
        .meta({
          description: 'Ready, Reconciling and Stalled.',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
        }),
    ),
  })
  .meta({
    description:
      'What the operator last saw. It can be deleted: all that may be lost is how long a missing canary was waited for.',
  })
