/** Migrations with real Redis: beside the canary over the network, or on the claims by a Redis of their own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repository } from './cluster.ts'
import type { CanaryStatefulSetSpecInput } from '../../src/api/v1alpha1/types.ts'

type Migration = NonNullable<CanaryStatefulSetSpecInput['migration']>
type JobTemplate = NonNullable<Migration['jobTemplate']>

const image = 'redis:7.0.5'

/** A Job of one container that runs this once. */
export function jobTemplate(script: string, more: object = {}): JobTemplate {
  const container = { name: 'migrate', image, command: ['sh', '-c', script], ...more }
  return {
    spec: {
      backoffLimit: 0,
      template: { spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}

/** The one of the guide, as it stands in examples/. */
export function exampleMigration(): Migration | undefined {
  return exampleSpec('redis-migration').migration
}

/** The same, of the check after a rollback. */
export function exampleRollback(): CanaryStatefulSetSpecInput['rollback'] {
  return exampleSpec('redis-check').rollback
}

function exampleSpec(name: string): CanaryStatefulSetSpecInput {
  const file = readFileSync(join(repository, 'examples', `${name}.yaml`), 'utf8')
  return (parse(file) as { readonly spec: CanaryStatefulSetSpecInput }).spec
}

/** Writes into the canary of the top replica, under the key `migrated`, what it was told of the new version. */
export function beside(more: Partial<Migration> = {}): Migration {
  const host = '$CANARY_RESOURCE-canary-2.redis-headless'
  const script = `test "$(redis-cli -h ${host} SET migrated "$CANARY_TO_IMAGE $CANARY_CLAIMS")" = OK`
  return { jobTemplate: jobTemplate(script), ...more }
}

/** Runs a Redis on each claim, writes the same there, and saves it. */
export function onClaims(more: Partial<Migration> = {}): Migration {
  const script = `
    redis-server --dir /data --port 6400 &
    until redis-cli -p 6400 ping; do :; done
    redis-cli -p 6400 SET migrated "$CANARY_TO_IMAGE $CANARY_CLAIMS"
    redis-cli -p 6400 SHUTDOWN SAVE
    wait`
  const volumeMounts = [{ name: 'data', mountPath: '/data' }]
  return { mountClaims: true, jobTemplate: jobTemplate(script, { volumeMounts }), ...more }
}
