/** Backups and restores by Jobs, as the guide's example has them, and as they fail. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { CanaryStatefulSetSpecInput } from '../../src/api/v1alpha1/types.ts'
import type { Manifest } from '../../src/kube/object.ts'
import { repository } from './cluster.ts'
import { jobTemplate } from './migration.ts'
import { claims, isReady, type Pod } from './objects.ts'
import { withRedis } from './redis.ts'
import type { Space } from './space.ts'
import { until } from './wait.ts'

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

const holdPort = 6400

/** The example's restore, but it waits until it is let go: a Redis of its own runs first, and is to be shut down. */
export function heldRestore(): NonNullable<Volumes['restore']> {
  const { jobTemplate } = backedUp().restore as unknown as HeldJob
  const pod = jobTemplate.spec.template.spec
  const hold = `redis-server --save "" --port ${holdPort} --protected-mode no`
  const containers = pod.containers.map((container) => ({
    ...container,
    command: ['sh', '-ec', `${hold}; cp -a "/backup/$CANARY_BACKUP/." /data`],
    readinessProbe: { tcpSocket: { port: holdPort }, periodSeconds: 1 },
  }))
  const template = { spec: { ...pod, terminationGracePeriodSeconds: 1, containers } }
  return { jobTemplate: { spec: { backoffLimit: 0, template } }, deadlineSeconds: 300 }
}

interface HeldJob {
  readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: HeldPod } } }
}

interface HeldPod {
  readonly containers: readonly object[]
}

/** A pod of a restore that waits, and is not that one. */
export function heldPod(space: Space, other?: Pod): Promise<Pod> {
  return until(
    space,
    'a restore waits until it is let go',
    (seen) => seen.pods().find((pod) => isHeld(pod) && pod.metadata.uid !== other?.metadata.uid),
    { within: 90 },
  )
}

function isHeld(pod: Pod): boolean {
  const { name, deletionTimestamp } = pod.metadata
  return name.includes('-restore-') && deletionTimestamp === undefined && isReady(pod)
}

/** Its Redis ends with the answer. */
export async function letGo(pod: Pod): Promise<void> {
  await withRedis(pod, (redis) => redis.send(['SHUTDOWN', 'NOSAVE']), holdPort).catch(() => undefined)
}
