/**
 * The schema's defaults as plain code, for specs that no API server has filled in: tests, the simulator, manifests on
 * disk. The API server applies the same ones from the CRD; a cluster test compares the two.
 */
import { annotations } from './constants.ts'
import type { CanaryStatefulSetSpec, CanaryStatefulSetSpecInput } from './types.ts'

/** The spec as the API server would store it. Idempotent; below `template` nothing is defaulted. */
export function withDefaults(written: CanaryStatefulSetSpecInput): CanaryStatefulSetSpec {
  const { migration, ...spec } = written
  return {
    ...spec,
    replicas: spec.replicas ?? 1,
    canaryReplicas: spec.canaryReplicas ?? 1,
    promotion: {
      type: spec.promotion?.type ?? 'manual',
      annotation: spec.promotion?.annotation ?? annotations.promote,
      bakeSeconds: spec.promotion?.bakeSeconds ?? 0,
    },
    strategy: {
      ordinals: spec.strategy?.ordinals ?? 'Preserve',
      progressDeadlineSeconds: spec.strategy?.progressDeadlineSeconds ?? 600,
      steps: (spec.strategy?.steps ?? []).map((step) => ({ ...step, pause: step.pause ?? false })),
    },
    rollback: {
      automatic: spec.rollback?.automatic ?? true,
      ...(spec.rollback?.check !== undefined && {
        check: withDeadline(spec.rollback.check),
      }),
    },
    volumes: {
      snapshot: {
        ...spec.volumes?.snapshot,
        policy: spec.volumes?.snapshot?.policy ?? 'Auto',
        keep: spec.volumes?.snapshot?.keep ?? 1,
        onDelete: spec.volumes?.snapshot?.onDelete ?? 'Delete',
      },
      ...(spec.volumes?.retained !== undefined && { retained: spec.volumes.retained }),
      ...(spec.volumes?.backup !== undefined && { backup: withDeadline(spec.volumes.backup) }),
      ...(spec.volumes?.restore !== undefined && { restore: withDeadline(spec.volumes.restore) }),
      onRollback: spec.volumes?.onRollback ?? 'Restore',
    },
    ...(migration !== undefined && { migration: withMigrationDefaults(migration) }),
    deletionPolicy: spec.deletionPolicy ?? 'Delete',
    paused: spec.paused ?? false,
  }
}

function withDeadline<Job extends { readonly deadlineSeconds?: number | undefined }>(
  job: Job,
): Job & { readonly deadlineSeconds: number } {
  return { ...job, deadlineSeconds: job.deadlineSeconds ?? 600 }
}

function withMigrationDefaults(
  migration: NonNullable<CanaryStatefulSetSpecInput['migration']>,
): NonNullable<CanaryStatefulSetSpec['migration']> {
  return {
    ...(migration.jobTemplate !== undefined && { jobTemplate: migration.jobTemplate }),
    type: migration.type ?? 'Job',
    timing: migration.timing ?? 'BeforePromotion',
    reversible: migration.reversible ?? true,
    mountClaims: migration.mountClaims ?? false,
    deadlineSeconds: migration.deadlineSeconds ?? 600,
  }
}
