/** Backups and restores by Jobs, as the guide's example has them, and as they fail. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { CanaryStatefulSetSpecInput } from '../../src/api/v1alpha1/types.ts'
import type { Manifest } from '../../src/kube/object.ts'
import { repository } from './cluster.ts'
import { jobTemplate } from './migration.ts'
import { claims } from './objects.ts'
import type { Space } from './space.ts'

type Volumes = NonNullable<CanaryStatefulSetSpecInput['volumes']>

const [claim, resource] = parseAllDocuments(
  readFileSync(join(repository, 'examples', 'redis-backup.yaml'), 'utf8'),
).map((document) => document.toJS() as unknown)

/** Of the guide's example. */
export function backedUp(changes: Partial<Volumes> = {}): Volumes {
  const { spec } = resource as { readonly spec: CanaryStatefulSetSpecInput }
  return { ...spec.volumes, ...changes }
}

/** The claim of that example, in which its Jobs store what they back up. */
export async function createStore({ rest, namespace }: Space): Promise<void> {
  const { metadata, ...rest_ } = claim as Manifest
  await rest.create(claims, { ...rest_, metadata: { ...metadata, namespace } })
}

/** A Job with the claim of its replica, that says this and fails. */
export function failing(words: string): NonNullable<Volumes['backup']> {
  const volumeMounts = [{ name: 'data', mountPath: '/data' }]
  return { jobTemplate: jobTemplate(`echo ${words} >&2; exit 3`, { volumeMounts }), deadlineSeconds: 60 }
}
