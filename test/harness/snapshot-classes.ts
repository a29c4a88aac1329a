/** VolumeSnapshotClasses of a test: for the whole cluster, so they are of names of its own and end with it. */
import { onTestFinished } from 'vitest'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import { type Snapshot, type SnapshotClass, volumeSnapshotClasses, volumeSnapshots } from './objects.ts'
import type { Space } from './space.ts'

/** The class that the cluster has, the default one. */
export const usualClass = 'standard'

const isDefault = 'snapshot.storage.kubernetes.io/is-default-class'

/** A class of the same driver as the cluster's, if not said otherwise, and not the default. */
export async function createSnapshotClass(
  space: Space,
  title: string,
  changes: Partial<SnapshotClass> = {},
): Promise<string> {
  const { rest, namespace } = space
  const { driver, deletionPolicy } = await rest.get(volumeSnapshotClasses, { name: usualClass })
  const name = `${title}-${namespace}`
  const manifest = { metadata: { name }, driver, deletionPolicy, ...changes }
  onTestFinished(() => deleteSnapshotClass(space, name))
  await rest.create(volumeSnapshotClasses, manifest)
  return name
}

export async function deleteSnapshotClass({ rest }: Space, name: string): Promise<void> {
  try {
    await rest.delete(volumeSnapshotClasses, { name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

export async function markDefault({ rest }: Space, name: string, value: boolean): Promise<void> {
  const body = { metadata: { annotations: { [isDefault]: String(value) } } }
  await rest.patch(volumeSnapshotClasses, { name }, { type: 'merge', body })
}

/** Those of the namespace. */
export async function snapshotsOf({ rest, namespace }: Space): Promise<readonly Snapshot[]> {
  return (await rest.list(volumeSnapshots, { namespace })).items
}
