/**
 * The one source of the API: the CRD, the reference page and the static types are all made from this schema.
 * Only fields that are built are in it, since an accepted and ignored field would promise what nobody does.
 * Loaded by the generators and by tests; the operator imports its types only, so that zod is not in its process.
 */
import { z } from 'zod'
import { celRules } from './cel-rules.ts'
import { annotations, apiVersion, kind, ownPrefix } from './constants.ts'
import { jobTemplateSchema, migrationSchema } from './migration-schema.ts'
import { statefulSetSpecSchema } from './stateful-set-schema.ts'
import { statusSchema } from './status-schema.ts'

const replicaCount = z.int().min(0).max(2_147_483_647).meta({ format: 'int32' })

const seconds = z.int().min(0).max(2_147_483_647)

const promotionSchema = z
  .strictObject({
    type: z.enum(['manual', 'auto']).default('manual').meta({
      description:
        'Who promotes: `manual`, a person by annotation, or `auto`, the operator itself when the canary was available for its whole bake. Either way a step with `pause` waits for a person.',
    }),
    annotation: z
      .string()
      .max(317)
      .default(annotations.promote)
      .meta({
        description:
          'The annotation that promotes: `true` while the canary is active, or the revision to promote.',
        ...celRules([
          {
            rule: "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
            message: 'spec.promotion.annotation must be the name of an annotation, such as my.domain/promote',
          },
          {
            rule: `self == '${annotations.promote}' || !self.startsWith('${ownPrefix}')`,
            message: `spec.promotion.annotation must be ${annotations.promote} or a name of your own: the others under ${ownPrefix} have a meaning already`,
          },
          {
            rule: "!self.startsWith('kubectl.kubernetes.io/')",
            message:
              'spec.promotion.annotation must be a name of your own: those of kubectl have a meaning already',
          },
        ]),
      }),
    bakeSeconds: seconds.default(0).meta({
      format: 'int32',
      description:
        'How long every canary must have been ready before the next step or the promotion; counted from the last of them. Counts for each step that names no `bakeSeconds` of its own.',
    }),
  })
  .meta({ description: 'How a canary that is available is promoted.' })

const stepSchema = z
  .strictObject({
    canaryReplicas: z.int().min(1).max(2_147_483_647).meta({
      format: 'int32',
      description:
        'Canaries in this step, from the highest ordinal down. More than `replicas` counts as all of them.',
    }),
    bakeSeconds: z.exactOptional(
      seconds.meta({
        format: 'int32',
        description:
          'How long they must have been ready before the next move; `promotion.bakeSeconds` if left out.',
      }),
    ),
    pause: z.boolean().default(false).meta({
      description: 'Wait for a person to approve before the next step, or before the promotion.',
    }),
  })
  .meta({ description: 'One step of a rollout.' })

const strategySchema = z
  .strictObject({
    ordinals: z.enum(['Preserve', 'FromZero']).default('Preserve').meta({
      description:
        'What the canary pods are called: `Preserve` keeps the ordinals of the replicas that they displace (`redis-canary-2`), `FromZero` counts from 0 (`redis-canary-0`) and allows one canary only. The claims are those of the displaced replicas either way. Frozen when a rollout starts.',
    }),
    progressDeadlineSeconds: z.int().min(1).max(2_147_483_647).default(600).meta({
      format: 'int32',
      description: 'Seconds that a canary may take to become available before it is rolled back.',
    }),
    steps: z
      .array(stepSchema)
      .max(20)
      .default([])
      .meta({
        description:
          'The steps by which the canary grows; empty = one step of `spec.canaryReplicas`, which otherwise does not count. Frozen when a rollout starts. In `manual` promotion the last step waits for a person.',
        ...celRules([
          {
            rule: 'self.map(s, s.canaryReplicas).isSorted()',
            message:
              'spec.strategy.steps must not shrink: give each step as many canaryReplicas as the one before it, or more',
          },
        ]),
      }),
  })
  .meta({ description: 'How a rollout proceeds.' })

const checkSchema = z
  .strictObject({
    jobTemplate: jobTemplateSchema,
    deadlineSeconds: z.int().min(1).max(2_147_483_647).default(600).meta({
      format: 'int32',
      description: 'Seconds that the Job may take; then the check has failed.',
    }),
  })
  .meta({
    description:
      'A Job that asserts the data after a rollback, when all replicas are available on the version before and before the rollout is closed: that a version is ready does not prove that it found its data. It mounts no claims. Counts as it stands when the rollback gets there.',
  })

const rollbackSchema = z
  .strictObject({
    check: z.exactOptional(checkSchema),
    automatic: z.boolean().default(true).meta({
      description:
        'Whether a canary that fails, or is not available in time, is rolled back by itself. If false it is held as it is, and a person reverts the spec or aborts.',
    }),
  })
  .meta({ description: 'What happens to a canary that fails, and how a rollback is checked.' })

const snapshotSchema = z
  .strictObject({
    policy: z.enum(['Auto', 'Required', 'None']).default('Auto').meta({
      description:
        'Whether a claim is snapshotted before a new version can write to it: `Auto`, where the storage of all claims has a snapshot class; `Required`, or no rollout starts; `None`.',
    }),
    className: z.exactOptional(
      z.string().min(1).max(253).meta({
        description:
          "The VolumeSnapshotClass to use; if left out, the default one of the claims' driver, or its only one.",
      }),
    ),
    keep: z.int().min(0).max(1000).default(1).meta({
      format: 'int32',
      description:
        'Of how many rollouts that have ended the snapshots are kept; one whose snapshots never became ready does not count, and those of the rollout under way always are.',
    }),
    ttlSeconds: z.exactOptional(
      seconds.meta({
        format: 'int32',
        description:
          'How long the snapshots of a rollout that has ended are kept, counted from when they were asked for, also where `keep` allows for more; if left out, as long as `keep` says.',
      }),
    ),
    onDelete: z.enum(['Delete', 'Keep']).default('Delete').meta({
      description: 'What becomes of the snapshots when this resource is deleted.',
    }),
  })
  .meta({ description: 'Snapshots of the claims that a new version is about to write to.' })

const retainedSchema = z
  .strictObject({
    ttlSeconds: z.exactOptional(
      seconds.meta({
        format: 'int32',
        description:
          'After how many seconds such a volume is let go: no rollout is under way, all replicas are available, and no claim has taken it. It gets its own reclaim policy back, so that it goes with its disk where that is Delete. If left out, it stays until a person lets it go.',
      }),
    ),
  })
  .meta({
    description:
      'Volumes that a restore took out of use, with what the new version wrote: `status.retainedVolumes`.',
  })

const deadline = z.int().min(1).max(2_147_483_647).default(600)

const backupSchema = z
  .strictObject({
    jobTemplate: jobTemplateSchema,
    deadlineSeconds: deadline.meta({
      format: 'int32',
      description:
        'Seconds that the Job may take; then the backup has failed, and the rollout is rolled back.',
    }),
  })
  .meta({
    description:
      'A Job that backs up one replica before a new version can write to its claims, where no VolumeSnapshots are taken: with `snapshot.policy` `None`, or with `Auto` where the storage has no snapshot class. It gets the claims of its replica as read-only volumes, named as their claim templates, while no pod has them, and stores what is in them under the name in its environment variable `CANARY_BACKUP`.',
  })

const restoreSchema = z
  .strictObject({
    jobTemplate: jobTemplateSchema,
    deadlineSeconds: deadline.meta({
      format: 'int32',
      description:
        'Seconds that the Job may take; then the restore has failed, and the replica gets its volume back as the new version left it.',
    }),
  })
  .meta({
    description:
      'A Job that fills new, empty claims of one replica with what was stored under `CANARY_BACKUP`, before the version before comes back to them.',
  })

const volumesSchema = z
  .strictObject({
    snapshot: snapshotSchema.prefault({}),
    retained: z.exactOptional(retainedSchema),
    backup: z.exactOptional(backupSchema),
    restore: z.exactOptional(restoreSchema),
    onRollback: z.enum(['Restore', 'KeepData']).default('Restore').meta({
      description:
        'What the old version finds after a rollback: `Restore`, its data as it was, where there are snapshots or backups (the volume with what the new version wrote is kept aside, see `status.retainedVolumes`); `KeepData`, what the new version wrote.',
    }),
  })
  .meta({
    description: 'What happens to the data.',
    ...celRules([
      {
        rule: 'has(self.backup) == has(self.restore)',
        message:
          'spec.volumes.backup and spec.volumes.restore belong together, since a backup is a way back only with a Job that restores it: give both, or neither',
      },
      {
        rule: "!has(self.backup) || self.snapshot.policy != 'Required'",
        message:
          'spec.volumes.backup takes the place of VolumeSnapshots, and spec.volumes.snapshot.policy Required asks for these: give policy Auto or None, or leave spec.volumes.backup and spec.volumes.restore out',
      },
    ]),
  })

export const specSchema = z
  .strictObject({
    replicas: replicaCount.default(1).meta({
      format: 'int32',
      description: 'Replicas in all, stable and canary together. Also set by `kubectl scale`.',
    }),
    canaryReplicas: replicaCount.default(1).meta({
      format: 'int32',
      description:
        'How many replicas, from the highest ordinal down, try a new revision first. 0 = no canary: a new revision goes straight in. More than `replicas` counts as all of them.',
    }),
    image: z.exactOptional(
      z.string().min(1).max(1024).meta({ description: "The image to run; wins over the template's." }),
    ),
    container: z.exactOptional(
      z
        .string()
        .min(1)
        .max(63)
        .meta({ description: 'The container that `image` is for; the first one if left out.' }),
    ),
    template: statefulSetSpecSchema,
    promotion: promotionSchema.prefault({}),
    strategy: strategySchema.prefault({}),
    rollback: rollbackSchema.prefault({}),
    volumes: volumesSchema.prefault({}),
    migration: z.exactOptional(migrationSchema),
    deletionPolicy: z.enum(['Delete', 'Orphan']).default('Delete').meta({
      description:
        'What a deletion of this resource leaves: `Delete`, only the claims; `Orphan`, also the stable set with all its replicas, and the headless Service, to be managed without the operator. A rollout under way is rolled back first, or left as it is where promotion has begun to replace replicas.',
    }),
    paused: z.boolean().default(false).meta({
      description:
        'Holds a rollout where it stands, and starts none. Healing and scaling go on, and so do reverting and aborting.',
    }),
  })
  .meta({
    description: 'What to run, and how to try a new version of it.',
    ...celRules([
      {
        rule: "self.strategy.ordinals != 'FromZero' || (size(self.strategy.steps) == 0 ? self.canaryReplicas <= 1 : self.strategy.steps.all(s, s.canaryReplicas <= 1))",
        message:
          'spec.strategy.ordinals FromZero allows one canary only, since a pod called 0 cannot tell whose claim it is to have: give spec.canaryReplicas and every one of spec.strategy.steps 1 canary, or use Preserve',
      },
      {
        rule: "!has(self.migration) || !self.migration.mountClaims || self.migration.timing != 'BeforeCanary' || size(self.strategy.steps) <= 1",
        message:
          'spec.migration with mountClaims and timing BeforeCanary runs once, on the claims of the first canaries, so it allows one step only: leave spec.strategy.steps out, or give timing BeforePromotion',
      },
      {
        rule: '!has(self.migration) || !self.migration.mountClaims || size(self.strategy.steps) > 0 || self.canaryReplicas > 0',
        message:
          'spec.migration with mountClaims gets the claims of the replicas that canaries displace, and spec.canaryReplicas 0 displaces none: give spec.canaryReplicas 1 or more, or leave spec.migration.mountClaims out',
      },
      {
        rule: '!has(self.container) || self.template.template.spec.containers.exists(c, c.name == self.container)',
        message: 'spec.container must be the name of one of spec.template.template.spec.containers',
        messageExpression:
          "'spec.container is ' + self.container + ', which is not the name of one of spec.template.template.spec.containers'",
      },
    ]),
  })

/** The schema of the whole resource, but for `metadata`, which is Kubernetes' own. */
export const canaryStatefulSetSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).meta({ description: `Always ${apiVersion}.` }),
    kind: z.literal(kind).meta({ description: `Always ${kind}.` }),
    metadata: z
      .looseObject({})
      .meta({ description: 'Standard metadata; the name has at most 45 characters and no dots.' }),
    spec: specSchema,
    status: z.exactOptional(statusSchema),
  })
  .meta({
    description:
      'A StatefulSet whose new versions are first tried on the data of the replicas that they will replace.',
    ...celRules([
      {
        rule: 'size(self.metadata.name) <= 45',
        message:
          'metadata.name must have at most 45 characters: the sets are called <name>-stable and <name>-canary, and Kubernetes adds a revision to that in a label of 63',
      },
      {
        rule: "!self.metadata.name.contains('.')",
        message: "metadata.name must have no dots: it becomes part of the pods' host names",
      },
    ]),
  })
