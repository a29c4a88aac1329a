/** Volumes that a restore has kept aside, as a person finds and opens them. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manifest } from '../../src/kube/object.ts'
import { claims, isReady, persistentVolumes, type Pod } from './objects.ts'
import { createRedisOn } from './plain-set.ts'
import { podNamed } from './rollout.ts'
import type { Space } from './space.ts'
import { until } from './wait.ts'

/** Those that the status lists, as `CLAIM VOLUME`. */
export function keptVolumes({ seen }: Space): readonly string[] {
  const listed = seen.resource()?.status?.retainedVolumes ?? []
  return listed.map(({ claim, name }) => `${claim} ${name}`).toSorted()
}

/** Whether its disk is there, after the volume itself has gone, too: resolves with a function that looks. */
export async function diskOf({ rest }: Space, volume: string): Promise<() => boolean> {
  const { spec } = await rest.get(persistentVolumes, { name: volume })
  const directory = join(dirname(process.env['KUBECONFIG'] ?? ''), '..', 'csi', 'volumes')
  return () => existsSync(join(directory, spec.csi?.volumeHandle ?? ''))
}

/** A Redis on that very volume, by a claim of the reader's own. */
export async function redisOnKept(
  space: Space,
  volume: string,
  image: string,
  args: readonly string[] = [],
): Promise<Pod> {
  const { rest, namespace, seen } = space
  const name = `kept-${volume.slice(-12)}`
  // For nobody else: a claim takes any volume that is free, be it one that is to be restored.
  const claimRef = { namespace, name, uid: null, resourceVersion: null }
  await rest.patch(persistentVolumes, { name: volume }, { type: 'merge', body: { spec: { claimRef } } })
  const spec = {
    accessModes: ['ReadWriteOnce'],
    volumeName: volume,
    resources: { requests: { storage: '1Gi' } },
  }
  await rest.create(claims, { metadata: { name, namespace }, spec } as Manifest)
  await createRedisOn(space, name, image, args)
  await until(space, `a Redis on the kept volume ${volume} is ready`, () => isReady(seen.pod(`on-${name}`)))
  return podNamed(seen, `on-${name}`)
}

/** Which nodes reach a volume. */
export async function placeOf({ rest }: Space, name = ''): Promise<object | undefined> {
  return (await rest.get(persistentVolumes, { name })).spec.nodeAffinity
}
