/** `spec.migration`: what has to be done to the data, or around it, before a new version may take over. */
import { z } from 'zod'
import { celRules } from './cel-rules.ts'

/** As in a CronJob. No field of it is named here: the API server judges it, by dry run, before any pod is touched. */
export const jobTemplateSchema = z
  .looseObject({})
  .meta({ description: 'What to make the Job from, as in a CronJob: `metadata` and `spec`, a JobSpec.' })

export const migrationSchema = z
  .strictObject({
    type: z.enum(['Job', 'External']).default('Job').meta({
      description:
        'Who migrates: `Job`, one that the operator makes from `jobTemplate`, one per attempt; `External`, one that somebody else makes, with the labels `canary.example.com/migration` (the name of this resource) and `canary.example.com/revision` (the revision to come).',
    }),
    jobTemplate: z.exactOptional(jobTemplateSchema),
    timing: z.enum(['BeforePromotion', 'BeforeCanary']).default('BeforePromotion').meta({
      description:
        'When: `BeforePromotion`, when the promotion is decided and before any replica gets the new version for good; `BeforeCanary`, before the first canary starts.',
    }),
    reversible: z.boolean().default(true).meta({
      description:
        'Whether the version before can go on with what the migration leaves. If false, a rollback after its start needs snapshots that cover it, or the annotation `canary.example.com/accept-data-loss`.',
    }),
    mountClaims: z.boolean().default(false).meta({
      description:
        'Whether the Job gets the claims of the displaced replicas as volumes, named as their claim templates (with the ordinal behind it where several replicas are displaced). Then no canary runs meanwhile; otherwise the Job runs beside it.',
    }),
    deadlineSeconds: z.int().min(1).max(2_147_483_647).default(600).meta({
      format: 'int32',
      description: 'Seconds that the Job may take; then it has failed.',
    }),
  })
  .meta({
    description: 'What is done to the data before a new version takes over. A failure rolls it back.',
    ...celRules([
      {
        rule: "self.type != 'Job' || has(self.jobTemplate)",
        message:
          'spec.migration needs a spec.migration.jobTemplate to make its Job from; where somebody else makes that Job, give spec.migration.type External',
      },
      {
        rule: "self.type != 'External' || !has(self.jobTemplate)",
        message:
          'spec.migration.type External takes no jobTemplate, since somebody else makes the Job: leave spec.migration.jobTemplate out, or give type Job',
      },
      {
        rule: "self.type != 'External' || !self.mountClaims",
        message:
          'spec.migration.type External mounts nothing, since somebody else makes the Job: leave spec.migration.mountClaims out, or give type Job',
      },
    ]),
  })
